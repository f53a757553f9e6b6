// Reparameterizations' functions in the table of functions.
#include "autograd/functions.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/samples.h"
#include "core/options.h"
#include "nn/conv/lc_conv.h"
#include "nn/conv/tucker_conv.h"
#include "nn/reparam/autosparse.h"
#include "nn/reparam/rows.h"
#include "nn/reparam/weight_compander.h"
#include "nn/reparam/weight_conditioning.h"
#include "nn/residual/nf_block.h"
#include "nn/signal.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

// An option that a reparameterization's own options name: its words are spelled once.
template <class Options>
Options options_with(Keywords& o, std::string_view function, std::string_view key) {
  Options options{};
  if (o.has(key)) options_from_json(options, Json(Json::Object{{std::string(key), o.json(key)}}), std::string(function));
  return options;
}

Tensors call_autosparse_alpha(const Inputs& x, Keywords& o) {
  auto schedule = options_with<AutoSparseOptions>(o, "autosparse_alpha", "schedule").schedule;
  double alpha0 = o.real("alpha0", 0.75);
  int64_t total = o.integer("total_steps");
  std::vector<double> out;
  for (int64_t i : x[0].to_vector<int64_t>()) out.push_back(autosparse_alpha(i, alpha0, total, schedule));
  return {from_vector(out, x[0].shape(), DType::float64)};
}

Samples nf_samples() {
  Samples all;
  for (const char* name : {"identity", "relu", "silu", "gelu", "tanh", "elu", "leaky_relu", "sigmoid", "softplus"}) all.push_back({{spread({2, 3})}, with({{"activation", name}})});
  all.push_back({{spread({})}, with({{"activation", "relu"}, {"gamma", 1.5}})});
  return all;
}

std::vector<int64_t> modes_of(Keywords& o) {
  Shape modes = o.shape("modes", {0, 1});
  return {modes.begin(), modes.end()};
}
// A core, as many factors as it has axes, and what is left.
Tucker tucker_of(const Inputs& x, Tensors* rest = nullptr) {
  size_t n = size_t(x[0].dim());
  x[n];
  if (rest) *rest = Tensors(x.all().begin() + 1 + int64_t(n), x.all().end());
  return {x[0], Tensors(x.all().begin() + 1, x.all().begin() + 1 + int64_t(n))};
}
Tensors call_tucker_augment(const Inputs& x, Keywords& o) {
  Tensors grads;
  std::vector<int64_t> modes = modes_of(o);
  Tucker t = tucker_augment(tucker_of(x, &grads), grads, modes);
  Tensors out{t.full()};
  for (int64_t m : modes) out.push_back(matmul(t.factors[size_t(m)], transpose(t.factors[size_t(m)])));
  return out;
}
Tensors call_tucker_truncate(const Inputs& x, Keywords& o) {
  Tucker t = tucker_truncate(tucker_of(x), o.real("tau"), modes_of(o), o.integer("min_rank", 1), o.maybe_integer("max_rank"));
  std::vector<int64_t> ranks;
  for (int i = 0; i < t.core.dim(); i++) ranks.push_back(t.core.size(i));
  return {t.full(), from_vector(ranks, {t.core.dim()})};
}

const Function kReparam[] = {
    {"autosparse_alpha", call_autosparse_alpha, nullptr, Gradient::none, "AutoSparse's annealed alpha at optimizer steps.", "autosparse"},
    {"condition_number_equilibrated",
     [](const Inputs& x, Keywords& o) -> Tensors {
       Equilibrate mode = options_with<WeightConditioningOptions>(o, "condition_number_equilibrated", "mode").mode;
       return {cond(as_matrix(x[0])), cond(as_matrix(equilibrate(x[0], mode)))};
     },
     [] { return Samples{{{spread({4, 3})}}, {{spread({3, 2, 2})}, with({{"mode", "row_column"}})}}; }, Gradient::exact,
     "Condition numbers of a matrix before and after equilibration.", "weight_conditioning"},
    {"fold_lc_weights", [](const Inputs& x, Keywords&) -> Tensors { return {fold_lc_weights(x[0], x[1])}; },
     [] { return Samples{{{spread({4, 1, 2, 2}), spread({2, 4, 1, 1}, -2, 2, 1)}}}; }, Gradient::exact, "Filters and their linear combinations as one filter bank.",
     "random_conv_combination"},
    {"nf_activation", [](const Inputs& x, Keywords& o) -> Tensors { return {nf_activation(x[0], o.word("activation"), o.maybe_real("gamma"))}; }, nf_samples, Gradient::exact,
     "gamma act(x): variance 1 for x ~ N(0, 1).", "nf_resnet_signal"},
    {"signal_metrics",
     [](const Inputs& x, Keywords&) -> Tensors {
       SignalMetrics m = signal_metrics(x[0]);
       return {m.mean_squared, m.variance};
     },
     [] { return Samples{{{spread({2, 3, 2})}}, {{spread({3, 2})}}}; }, Gradient::exact, "Average squared channel mean and average channel variance.", "nf_resnet_signal"},
    {"tucker_augment", call_tucker_augment, nullptr, Gradient::none, "A Tucker tensor with bases enlarged by gradients, and projectors on them.", "rank_adaptive_tucker"},
    {"tucker_truncate", call_tucker_truncate, nullptr, Gradient::none, "A Tucker tensor cut to a tolerance, and its ranks.", "rank_adaptive_tucker"},
    {"weight_compander_inverse",
     [](const Inputs& x, Keywords& o) -> Tensors { return {weight_compander_inverse(x[0], o.real("a", 0.15), o.real("b", 0.1))}; },
     [] { return Samples{{{spread({2, 3}, -0.7, 0.7)}, with({{"a", 0.5}, {"b", 0.35}})}}; }, Gradient::exact, "b tan(w / a).", "weight_compander"},
};

}  // namespace

std::span<const Function> reparam() { return kReparam; }

}  // namespace tare::nn::tables
