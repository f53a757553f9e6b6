#include "nn/recurrent/layer_norm_lstm.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void LayerNormLSTMCellOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("eps", eps);
}
void LayerNormLSTMOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("num_layers", num_layers);
  v.option("batch_first", batch_first);
  v.option("eps", eps);
}

LayerNormLSTMCell::LayerNormLSTMCell(Options o)
    : options((check<ConfigError>(o.input_size >= 1 && o.hidden_size >= 1, type, ": input_size and hidden_size must be at least 1, not ", o.input_size, " and ",
                                  o.hidden_size),
               o)),
      ln_ih({.normalized_shape = {4 * o.hidden_size}, .eps = o.eps}),
      ln_hh({.normalized_shape = {4 * o.hidden_size}, .eps = o.eps}),
      ln_c({.normalized_shape = {o.hidden_size}, .eps = o.eps}) {
  double bound = 1 / std::sqrt(double(o.hidden_size));
  weight_ih = Parameter(init::uniform({4 * o.hidden_size, o.input_size}, -bound, bound));
  weight_hh = Parameter(init::uniform({4 * o.hidden_size, o.hidden_size}, -bound, bound));
  bias = Parameter(init::uniform({4 * o.hidden_size}, -bound, bound));
}
LayerNormLSTMCell::LayerNormLSTMCell(int64_t input_size, int64_t hidden_size)
    : LayerNormLSTMCell(Options{.input_size = input_size, .hidden_size = hidden_size}) {}

void LayerNormLSTMCell::visit(Visitor& v) {
  v.parameter("weight_ih", weight_ih);
  v.parameter("weight_hh", weight_hh);
  v.parameter("bias", bias, Role::bias);
  v.child("ln_ih", ln_ih);
  v.child("ln_hh", ln_hh);
  v.child("ln_c", ln_c);
}

Tensor LayerNormLSTMCell::from_input(const Tensor& x) { return ln_ih(linear(x, weight_ih())) + bias(); }

LSTMCellOutput LayerNormLSTMCell::step(const Tensor& input_gates, const Tensor& h, const Tensor& c) {
  Tensors gate = chunk(input_gates + ln_hh(linear(h, weight_hh())), 4, 1);
  Tensor next = sigmoid(gate[1]) * c + sigmoid(gate[0]) * tanh(gate[2]);
  return {sigmoid(gate[3]) * tanh(ln_c(next)), next};
}

LSTMCellOutput LayerNormLSTMCell::forward(const Tensor& x, const Tensor& h, const Tensor& c) {
  Tensor in = cell_input(type, x, options.input_size);
  LSTMCellOutput next = step(from_input(in), cell_state(type, h, x, options.hidden_size), cell_state(type, c, x, options.hidden_size));
  return {cell_output(next.h, x), cell_output(next.c, x)};
}

LayerNormLSTM::LayerNormLSTM(Options o) : options(o) {
  check<ConfigError>(o.num_layers >= 1, "LayerNormLSTM: num_layers must be at least 1, not ", o.num_layers);
  for (int64_t i = 0; i < o.num_layers; i++) cells.emplace_back(LayerNormLSTMCellOptions{i == 0 ? o.input_size : o.hidden_size, o.hidden_size, o.eps});
}
LayerNormLSTM::LayerNormLSTM(int64_t input_size, int64_t hidden_size) : LayerNormLSTM(Options{.input_size = input_size, .hidden_size = hidden_size}) {}

void LayerNormLSTM::visit(Visitor& v) {
  for (size_t i = 0; i < cells.size(); i++) v.child(text(i), cells[i]);
}

LSTMOutput LayerNormLSTM::forward(const Tensor& input, const Tensor& h_0, const Tensor& c_0) {
  check<ShapeError>(input.dim() == 3 && input.shape()[2] == options.input_size, "LayerNormLSTM: expected an input ", options.batch_first ? "(N, T, " : "(T, N, ",
                    options.input_size, ") but it is ", input.shape());
  Tensor x = options.batch_first ? transpose(input, 0, 1) : input;
  int64_t steps = x.shape()[0], batch = x.shape()[1];
  check<ShapeError>(steps >= 1, "LayerNormLSTM: the sequence has no steps: ", input.shape());
  Shape states{options.num_layers, batch, options.hidden_size};
  for (const Tensor& s : {h_0, c_0})
    check<ShapeError>(!s.defined() || s.shape() == states, "LayerNormLSTM: expected states of shape ", states, " but found ", s.defined() ? s.shape() : Shape());
  Tensors last_h, last_c;
  for (size_t k = 0; k < cells.size(); k++) {
    auto start = [&](const Tensor& s) { return s.defined() ? select(s, 0, int64_t(k)) : zeros({batch, options.hidden_size}, x.dtype()); };
    LSTMCellOutput state{start(h_0), start(c_0)};
    Tensors outputs;
    for (const Tensor& gates : unbind(cells[k].from_input(x), 0)) {
      state = cells[k].step(gates, state.h, state.c);
      outputs.push_back(state.h);
    }
    x = stack(outputs, 0);
    last_h.push_back(state.h);
    last_c.push_back(state.c);
  }
  return {options.batch_first ? transpose(x, 0, 1) : x, stack(last_h, 0), stack(last_c, 0)};
}

template class Layer<LayerNormLSTMCell>;
template class Layer<LayerNormLSTM>;

}  // namespace tare::nn
