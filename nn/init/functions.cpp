// Initializations, and what deep residual nets do at the start, in the table of functions.
#include "autograd/functions.h"
#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "nn/init/data_dependent.h"
#include "nn/init/filter_bank.h"
#include "nn/init/fixup.h"
#include "nn/residual/scaled_residual.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;

Tensors call_residual_expansion(const Inputs& x, Keywords& o) {
  std::vector<int64_t> orders;
  for (int64_t k : o.shape("orders", {1, 2})) orders.push_back(k);
  return residual_expansion(x[0], Tensors(x.all().begin() + 1, x.all().end()), o.real("lambda", 1), o.word("activation", "identity"), orders);
}

std::vector<FunctionSample> residual_samples() {
  Tensors in{spread({2}), spread({2, 2}), spread({2, 2}, -2, 2, 1), spread({2, 2}, -2, 2, 2)};
  return {{in, with({{"lambda", 0.5}})}, {in, with({{"lambda", 0.3}, {"activation", "tanh"}})}, {{spread({2})}, with({{"orders", 1}})}};
}

const Function kInit[] = {
    {"contrast_normalize", [](const Inputs& x, Keywords& o) -> Tensors { return {init::contrast_normalize(x[0], o.real("eps", 0.1))}; },
     [] { return std::vector<FunctionSample>{{{spread({3, 4})}}}; }, Gradient::exact, "Patches with mean 0 and deviation close to 1.", "conv_filter_design"},
    {"fixup_branch_scale",
     [](const Inputs&, Keywords& o) -> Tensors { return {full({1}, init::fixup_branch_scale(o.integer("num_branches"), o.integer("layers_per_branch", 2)), DType::float64)}; },
     nullptr, Gradient::none, "What Fixup multiplies a branch's weights by: L^(-1 / (2m - 2)).", "fixup"},
    {"gabor_filter_bank", [](const Inputs&, Keywords& o) -> Tensors { return {init::gabor_filter_bank(options_of<init::GaborOptions>(o))}; }, nullptr, Gradient::none,
     "Waves under a bell, in several directions.", "conv_filter_design"},
    {"residual_expansion", call_residual_expansion, residual_samples, Gradient::exact, "A residual tower and the first terms of its expansion in lambda.", "residual_depth"},
    {"residual_path_count",
     [](const Inputs&, Keywords& o) -> Tensors { return {scalar(residual_path_count(o.integer("n"), o.integer("k")), DType::float64)}; }, nullptr, Gradient::none,
     "How many selections of k of n residual modules there are.", "residual_depth"},
    {"som_step",
     [](const Inputs& x, Keywords& o) -> Tensors { return {init::som_step(x[0], x[1], o.integer("rows"), o.integer("cols"), o.real("sigma"), o.real("lr"))}; }, nullptr,
     Gradient::none, "A self-organizing map after one sample.", "conv_filter_design"},
    {"spherical_kmeans_step", [](const Inputs& x, Keywords&) -> Tensors { return {init::spherical_kmeans_step(x[0], x[1])}; }, nullptr, Gradient::none,
     "Centroids of length 1 after one step.", "conv_filter_design"},
    {"weight_norm_data_dependent_init",
     [](const Inputs& x, Keywords& o) -> Tensors {
       auto [g, b] = init::weight_norm_data_dependent_init(x[0], x[1], o.real("floor", 1e-3));
       return {g, b};
     },
     nullptr, Gradient::none, "g and b of a weight-normalized layer with outputs of mean 0 and deviation 1.", "weight_norm"},
    {"zca_whiten",
     [](const Inputs& x, Keywords& o) -> Tensors {
       auto [white, matrix] = init::zca_whiten(x[0], o.real("eps", 0.1));
       return {white, matrix};
     },
     nullptr, Gradient::none, "Patches with the identity as covariance, as close as possible to themselves.", "conv_filter_design"},
};

}  // namespace

std::span<const Function> init() { return kInit; }

}  // namespace tare::nn::tables
