#include "nn/recurrent/stack.h"

#include <cmath>

#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

// Step by step, with each sequence's states held where its steps are over.
Tensors padded_sequence(const RecurrentKind& kind, const Tensor& x, Tensors states, const RecurrentWeights& w, RecurrentOptions o, const Tensor& lengths) {
  int time = o.batch_first ? 1 : 0;
  int64_t steps = x.shape()[time];
  for (Tensor& s : states)
    if (!s.defined()) s = zeros({x.shape()[1 - time], w.w_hh.shape()[1]}, x.dtype());
  Tensors y(static_cast<size_t>(steps));
  Tensor column = unsqueeze(lengths, 1);
  for (int64_t i = 0; i < steps; i++) {
    int64_t t = o.reverse ? steps - 1 - i : i;
    Tensor counts = gt(column, t);
    Tensors next = kind.step(select(x, time, t), states, w);
    y[size_t(t)] = where(counts, next[0], 0.0);
    for (size_t k = 0; k < states.size(); k++) states[k] = where(counts, next[k], states[k]);
  }
  Tensors out{stack(y, time)};
  out.insert(out.end(), states.begin(), states.end());
  return out;
}

}  // namespace

void SequenceArguments::visit(Visitor& v) { v.option("lengths", lengths); }

RecurrentStack::RecurrentStack(const RecurrentKind& kind, const Form& s) : directions_(s.bidirectional ? 2 : 1) {
  check<ConfigError>(s.input_size >= 1 && s.hidden_size >= 1 && s.num_layers >= 1, kind.type, ": input_size, hidden_size and num_layers must be at least 1, not ",
                     s.input_size, ", ", s.hidden_size, " and ", s.num_layers);
  check<ConfigError>(s.dropout >= 0 && s.dropout <= 1, kind.type, ": expected dropout between 0 and 1, not ", s.dropout);
  double bound = 1 / std::sqrt(double(s.hidden_size));
  int64_t gates = kind.gates * s.hidden_size;
  for (int64_t layer = 0; layer < s.num_layers; layer++)
    for (int64_t direction = 0; direction < directions_; direction++) {
      slots_.emplace_back(init::uniform({gates, layer == 0 ? s.input_size : directions_ * s.hidden_size}, -bound, bound));
      slots_.emplace_back(init::uniform({gates, s.hidden_size}, -bound, bound));
      for (int i = 0; i < 2; i++) {
        if (s.bias) slots_.emplace_back(init::uniform({gates}, -bound, bound));
        else slots_.emplace_back();
      }
    }
}

void RecurrentStack::visit(Visitor& v) {
  constexpr const char* names[] = {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"};
  for (size_t i = 0; i < slots_.size(); i++) {
    int64_t place = int64_t(i) / 4, layer = place / directions_;
    v.parameter(text(names[i % 4], layer, place % directions_ ? "_reverse" : ""), slots_[i], i % 4 < 2 ? Role::weight : Role::bias);
  }
}

Tensors RecurrentStack::run(const RecurrentKind& kind, const Form& s, const Tensor& input, const Tensors& initial, const SequenceArguments& a, bool training) {
  bool batched = input.dim() == 3;
  check<ShapeError>((batched || input.dim() == 2) && input.shape().back() == s.input_size, kind.type, ": expected an input ",
                    s.batch_first ? "(N, T, " : "(T, N, ", s.input_size, ") or (T, ", s.input_size, ") but it is ", input.shape());
  int time = s.batch_first && batched ? 1 : 0;
  check<ShapeError>(input.shape()[time] >= 1, kind.type, ": expected sequences of at least one step but the input is ", input.shape());
  RecurrentOptions o{.batch_first = s.batch_first && batched};
  Tensor x = batched ? input : unsqueeze(input, 1);
  int64_t n = x.shape()[1 - time], places = s.num_layers * directions_;
  Tensors states;
  for (const Tensor& t : initial) {
    Shape expected = batched ? Shape{places, n, s.hidden_size} : Shape{places, s.hidden_size};
    check<ShapeError>(!t.defined() || t.shape() == expected, kind.type, ": expected initial states of shape ", expected, " but one is ", t.defined() ? t.shape() : Shape{});
    states.push_back(t.defined() && !batched ? unsqueeze(t, 1) : t);
  }
  if (a.lengths.defined()) {
    check<ShapeError>(batched && a.lengths.dtype() == DType::int64 && a.lengths.shape() == Shape{n}, kind.type, ": expected int64 lengths, one for each of ", n,
                      " sequences, but they are ", a.lengths);
    for (int64_t length : a.lengths.to_vector<int64_t>())
      check<ValueError>(length >= 1 && length <= x.shape()[time], kind.type, ": lengths must be between 1 and the ", x.shape()[time], " steps of the input, not ", length);
  }

  std::vector<Tensors> finals(initial.size());
  for (int64_t layer = 0; layer < s.num_layers; layer++) {
    Tensors outputs;
    for (int64_t direction = 0; direction < directions_; direction++) {
      int64_t place = layer * directions_ + direction;
      const Parameter* p = &slots_[size_t(4 * place)];
      RecurrentWeights w{p[0](), p[1](), p[2](), p[3]()};
      Tensors start;
      for (const Tensor& t : states) start.push_back(t.defined() ? select(t, 0, place) : t);
      o.reverse = direction == 1;
      Tensors y = a.lengths.defined() ? padded_sequence(kind, x, start, w, o, a.lengths) : kind.sequence(x, start, w, o);
      outputs.push_back(y[0]);
      for (size_t k = 0; k < finals.size(); k++) finals[k].push_back(y[k + 1]);
    }
    x = directions_ == 1 ? outputs[0] : cat(outputs, 2);
    if (layer + 1 < s.num_layers) x = dropout(x, s.dropout, training);
  }
  Tensors out{batched ? x : squeeze(x, {1})};
  for (const Tensors& f : finals) {
    Tensor all = f.size() == 1 ? unsqueeze(f[0], 0) : stack(f, 0);
    out.push_back(batched ? all : squeeze(all, {1}));
  }
  return out;
}

}  // namespace tare::nn
