// Attention's functions in the table of functions.
#include "autograd/functions.h"
#include "autograd/samples.h"
#include "nn/attention/limits.h"
#include "nn/attention/nag.h"
#include "nn/attention/nala.h"
#include "nn/attention/sinkhorn_attention.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

Samples normalize_samples() {
  Samples all{{{spread({5})}}};
  for (const char* kind : {"softmax", "ssmax", "sparsemax"}) all.push_back({{spread({2, 4})}, with({{"kind", kind}, {"temperature", 0.7}})});
  return all;
}
Samples sinkhorn_samples() {
  Samples all;
  for (int n = 0; n <= 5; n++) all.push_back({{spread({2, 3, 4})}, with({{"n_iters", n}, {"eps", 0.5}})});
  return all;
}

const Function kAttention[] = {
    {"attention_normalize", [](const Inputs& x, Keywords& o) -> Tensors { return {attention_normalize(x[0], options_of<AttentionNormalizeOptions>(o))}; }, normalize_samples,
     Gradient::exact, "Weights of attention by softmax, scalable softmax or sparsemax.", "attention_norm_limits"},
    {"nala_attention", [](const Inputs& x, Keywords& o) -> Tensors { return {nala_attention(x[0], x[1], x[2], options_of<NalaAttentionOptions>(o))}; },
     [] { return Samples{{{spread({1, 2, 3, 4}), spread({1, 2, 3, 4}, -2, 2, 1), spread({1, 2, 3, 4}, -2, 2, 2)}}}; }, Gradient::exact,
     "Linear attention that is sharper for longer queries.", "nalaformer"},
    {"normalized_attention_guidance",
     [](const Inputs& x, Keywords& o) -> Tensors { return {normalized_attention_guidance(x[0], x[1], options_of<NAGOptions>(o))}; },
     [] {
       return Samples{{{spread({3, 4}), spread({3, 4}, -2, 2, 1)}}, {{spread({3, 4}), spread({3, 4}, -2, 2, 1)}, with({{"scale", 1.1}, {"p", 2}})}};
     },
     Gradient::exact, "What a query attends to, led away from a negative prompt, its growth bounded.", "nag_guidance"},
    {"selection_distance",
     [](const Inputs& x, Keywords& o) -> Tensors {
       SelectionDistance d = selection_distance(x[0], x[1], o.integer("top_n"), o.real("temperature", 1));
       return {d.distance, d.selected};
     },
     [] { return Samples{{{spread({2, 4}), spread({2, 4, 3})}, with({{"top_n", 2}, {"temperature", 0.7}})}}; }, Gradient::exact,
     "How far the tokens of largest weight are from the others, and their weighted sum.", "attention_norm_limits"},
    {"separable_fraction", [](const Inputs& x, Keywords& o) -> Tensors { return {separable_fraction(x[0], x[1], o.integer("top_n"), o.real("temperature", 1))}; }, nullptr,
     Gradient::none, "Share of the selected tokens that are nearer to their sum than any other token.", "attention_norm_limits"},
    {"sinkhorn", [](const Inputs& x, Keywords& o) -> Tensors { return {sinkhorn(x[0], o.integer("n_iters", 3), o.real("eps", 1))}; }, sinkhorn_samples, Gradient::exact,
     "Scores normalized over rows and columns in turn.", "sinkformer"},
    {"softmax_jacobian_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {softmax_jacobian_norm(x[0], o.real("temperature", 1))}; },
     [] { return Samples{{{spread({2, 4})}, with({{"temperature", 0.5}})}}; }, Gradient::exact, "Spectral norm of softmax's Jacobian.", "attention_norm_limits"},
};

}  // namespace

std::span<const Function> attention() { return kAttention; }

}  // namespace tare::nn::tables
