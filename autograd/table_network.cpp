// Normalizations, attention, recurrent steps, embeddings and dropout, under their names in torch.nn.functional (cells: torch.lstm_cell ...).
#include "autograd/ops/attention.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/recurrent.h"
#include "autograd/ops/reduce.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

double eps_of(Keywords& o) { return o.real("eps", 1e-5); }

// batch_norm(x, running_mean, running_var, weight, bias) with "training": by the batch's statistics; otherwise by the running ones.
Tensors call_batch_norm(const Inputs& x, Keywords& o) {
  bool training = o.flag("training", false);
  double eps = eps_of(o);
  o.real("momentum", 0.1);  // of running statistics, which a function leaves alone
  if (training) return {batch_norm(x[0], x.optional(3), x.optional(4), eps).y};
  return {batch_norm(x[0], x[1], x[2], x.optional(3), x.optional(4), eps)};
}

Tensors call_attention(const Inputs& x, Keywords& o) {
  AttentionParams p{.mask = x.optional(3), .dropout = o.real("dropout_p", 0), .is_causal = o.flag("is_causal", false), .scale = o.maybe_real("scale")};
  return {scaled_dot_product_attention(x[0], x[1], x[2], p)};
}

RecurrentWeights weights(const Inputs& x, size_t first) { return {x[first], x[first + 1], x.optional(first + 2), x.optional(first + 3)}; }
Tensors call_lstm_cell(const Inputs& x, Keywords&) {
  LSTMState s = lstm_cell(x[0], {x[1], x[2]}, weights(x, 3));
  return {s.h, s.c};
}

Tensors call_embedding_bag(const Inputs& x, Keywords& o) {
  std::string mode = o.word("mode", "mean");
  check<ConfigError>(mode == "sum" || mode == "mean" || mode == "max", "embedding_bag: mode must be sum, mean or max, not \"", mode, "\"");
  EmbeddingBagParams p{.mode = mode == "sum" ? BagMode::sum : mode == "mean" ? BagMode::mean : BagMode::max,
                       .include_last_offset = o.flag("include_last_offset", false),
                       .padding_idx = o.integer("padding_idx", -1),
                       .scale_grad_by_freq = o.flag("scale_grad_by_freq", false)};
  return {embedding_bag(x[0], x[1], x.optional(2), x.optional(3), p)};
}

Tensor a(const Shape& s) { return spread(s); }
Tensor b(const Shape& s) { return spread(s, -1, 1, 1); }
Tensor c(const Shape& s) { return spread(s, -1, 1, 2); }
Tensor positive(const Shape& s) { return (square(spread(s, -1, 1, 3)) + 0.5).detach(); }
Tensor below(int64_t n, const Shape& shape) {
  std::vector<int64_t> v;
  for (int64_t i = 0; i < shape.numel(); i++) v.push_back(i * 7 % n);
  return from_vector(v, shape);
}

// Nothing is drawn for p = 0 and out of training: what a random function is without its randomness can be checked.
using Drop = Tensor (*)(const Tensor&, double, bool);
template <Drop drop>
Tensors call_dropout(const Inputs& x, Keywords& o) {
  return {drop(x[0], o.real("p", 0.5), o.flag("training", true))};
}
Samples undropped() { return {{{a({2, 3, 2})}, with({{"p", 0.0}})}, {{a({2, 3, 2})}, with({{"training", false}})}}; }
Tensor drop_channels(const Tensor& x, double p, bool training) { return feature_dropout(x, p, training); }

const Function kRows[] = {
    {"alpha_dropout", call_dropout<alpha_dropout>, undropped, Gradient::exact, "Dropout that keeps mean 0 and variance 1 behind SELU."},
    {"batch_norm", call_batch_norm,
     [] {
       return Samples{{{a({4, 3}), b({3}).detach(), positive({3}), b({3}), c({3})}, with({{"training", true}})},
                      {{a({2, 2, 3}), b({2}), positive({2}), b({2}), c({2})}, with({{"eps", 0.1}})}};
     },
     Gradient::exact, "Channels by mean and variance of the batch, or by given ones."},
    {"drop_path", call_dropout<drop_path>, undropped, Gradient::exact, "Whole samples set to 0 at random."},
    {"dropout", call_dropout<dropout>, undropped, Gradient::exact, "Single numbers set to 0 at random."},
    {"embedding",
     [](const Inputs& x, Keywords& o) -> Tensors {
       return {embedding(x[1], x[0], {.padding_idx = o.integer("padding_idx", -1), .scale_grad_by_freq = o.flag("scale_grad_by_freq", false)})};
     },
     [] { return Samples{{{below(4, {2, 3}), a({4, 2})}}}; }, Gradient::exact, "Rows of a table by index."},
    {"embedding_bag", [](const Inputs& x, Keywords& o) -> Tensors { return call_embedding_bag(x, o); },
     [] { return Samples{{{a({5, 2}), below(5, {6}), from_vector(std::vector<int64_t>{0, 2, 3}, {3})}, with({{"mode", "sum"}})}, {{a({5, 2}), below(5, {2, 3})}}}; }, Gradient::exact,
     "Sums, means or maxima of bags of rows of a table."},
    {"feature_alpha_dropout", call_dropout<feature_alpha_dropout>, undropped, Gradient::exact, "alpha_dropout of whole channels."},
    {"feature_dropout", call_dropout<drop_channels>, undropped, Gradient::exact, "Whole channels set to 0 at random."},
    {"group_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {group_norm(x[0], o.integer("num_groups"), x.optional(1), x.optional(2), eps_of(o))}; },
     [] { return Samples{{{a({2, 4, 3}), b({4}), c({4})}, with({{"num_groups", 2}})}}; }, Gradient::exact, "Groups of channels by mean and variance of each sample."},
    {"gru_cell", [](const Inputs& x, Keywords&) -> Tensors { return {gru_cell(x[0], x[1], weights(x, 2))}; },
     [] { return Samples{{{a({2, 3}), b({2, 2}), b({6, 3}), c({6, 2}), b({6}), c({6})}}}; }, Gradient::exact, "One step of a GRU."},
    {"instance_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {instance_norm(x[0], x.optional(1), x.optional(2), eps_of(o))}; },
     [] { return Samples{{{a({2, 2, 4}), b({2}), c({2})}}}; }, Gradient::exact, "Channels by mean and variance of each sample."},
    {"layer_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {layer_norm(x[0], o.shape("normalized_shape"), x.optional(1), x.optional(2), eps_of(o))}; },
     [] { return Samples{{{a({3, 4}), b({4}), c({4})}, with({{"normalized_shape", 4}})}, {{a({2, 2, 3})}, with({{"normalized_shape", Json::Array{2, 3}}})}}; }, Gradient::exact,
     "Trailing dimensions by their mean and variance."},
    {"local_response_norm",
     [](const Inputs& x, Keywords& o) -> Tensors { return {local_response_norm(x[0], o.integer("size"), o.real("alpha", 1e-4), o.real("beta", 0.75), o.real("k", 1))}; },
     [] { return Samples{{{a({2, 4, 2})}, with({{"size", 3}, {"alpha", 0.5}})}}; }, Gradient::exact, "Channels divided by the activity of their neighbours."},
    {"lstm_cell", call_lstm_cell, [] { return Samples{{{a({2, 3}), b({2, 2}), c({2, 2}), b({8, 3}), c({8, 2}), b({8}), c({8})}}}; }, Gradient::exact, "One step of an LSTM."},
    {"rms_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {rms_norm(x[0], o.shape("normalized_shape"), x.optional(1), o.maybe_real("eps"))}; },
     [] { return Samples{{{a({3, 4}), b({4})}, with({{"normalized_shape", 4}})}}; }, Gradient::exact, "Trailing dimensions by their root mean square."},
    {"rnn_relu_cell", [](const Inputs& x, Keywords&) -> Tensors { return {rnn_relu_cell(x[0], x[1], weights(x, 2))}; },
     [] { return Samples{{{a({2, 3}), b({2, 2}), b({2, 3}), c({2, 2}), b({2}), c({2})}}}; }, Gradient::exact, "One step of a recurrent network with ReLU."},
    {"rnn_tanh_cell", [](const Inputs& x, Keywords&) -> Tensors { return {rnn_tanh_cell(x[0], x[1], weights(x, 2))}; },
     [] { return Samples{{{a({2, 3}), b({2, 2}), b({2, 3}), c({2, 2}), b({2}), c({2})}}}; }, Gradient::exact, "One step of a recurrent network with tanh."},
    {"scaled_dot_product_attention", call_attention,
     [] {
       return Samples{{{a({2, 3, 2}), b({2, 4, 2}), c({2, 4, 3})}},
                      {{a({1, 3, 2}), b({1, 3, 2}), c({1, 3, 2})}, with({{"is_causal", true}, {"scale", 0.7}})},
                      {{a({1, 2, 2}), b({1, 3, 2}), c({1, 3, 2}), b({2, 3})}}};
     },
     Gradient::exact, "softmax(q k^T / sqrt(d)) v."},
    {"window_sum", [](const Inputs& x, Keywords& o) -> Tensors { return {window_sum(x[0], o.integer("dim", 1), o.integer("before", 0), o.integer("after", 0))}; },
     [] { return Samples{{{a({2, 5})}, with({{"before", 1}, {"after", 2}})}}; }, Gradient::exact, "Sums over neighbours along an axis."},
};

}  // namespace

std::span<const Function> network() { return kRows; }

}  // namespace tare::tables
