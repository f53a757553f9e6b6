// Analyses in the table of functions.
#include "autograd/functions.h"
#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "nn/analysis/filters.h"
#include "nn/analysis/hessian.h"
#include "nn/analysis/loss_landscape.h"
#include "nn/analysis/teacher_filter.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;

Tensor figure(double v) { return scalar(v, DType::float64); }

std::vector<FunctionSample> direction_samples() {
  std::vector<FunctionSample> all;
  for (auto how : {"filter", "layer", "weight", "dfilter", "dlayer"}) all.push_back({{spread({3, 2, 2}), spread({3, 2, 2}, -2, 2, 1)}, with({{"norm", how}})});
  return all;
}

const Function kAnalysis[] = {
    {"conv_filter_teacher_loss", [](const Inputs& x, Keywords&) -> Tensors { return {conv_filter_teacher_loss(x[0], x[1], x[2])}; },
     [] { return std::vector<FunctionSample>{{{spread({3}), spread({3}, -2, 2, 1), spread({2, 4, 3})}}}; }, Gradient::exact,
     "Half the mean squared difference of two rectified, summed filters.", "conv_filter_learnability"},
    {"extract_patches_1d", [](const Inputs& x, Keywords& o) -> Tensors { return {extract_patches_1d(x[0], o.integer("kernel_size"), o.integer("stride", 1))}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 7})}, with({{"kernel_size", 3}, {"stride", 2}})}}; }, Gradient::exact, "Windows of signals.",
     "conv_filter_learnability"},
    {"filter_orthogonality", [](const Inputs& x, Keywords&) -> Tensors { return {figure(filter_orthogonality(x[0]))}; }, nullptr, Gradient::none,
     "How close to orthogonal a convolution's filters are.", "filter_robustness"},
    {"filter_sparsity", [](const Inputs& x, Keywords&) -> Tensors { return {figure(filter_sparsity(x[0]))}; }, nullptr, Gradient::none, "The share of a convolution's kernels that are dead.",
     "filter_robustness"},
    {"filter_variance_entropy", [](const Inputs& x, Keywords&) -> Tensors { return {figure(filter_variance_entropy(x[0]))}; }, nullptr, Gradient::none,
     "How evenly a convolution's kernels vary in all directions.", "filter_robustness"},
    {"hessian_criteria",
     [](const Inputs& x, Keywords& o) -> Tensors {
       HessianCriteria c = hessian_criteria(x[0], x[1], o.real("n", 0.5));
       return {figure(c.re), figure(c.khn)};
     },
     nullptr, Gradient::none, "The negative part of a spectrum against the positive one.", "hessian_landscape"},
    {"lanczos_esd",
     [](const Inputs& x, Keywords& o) -> Tensors {
       auto [eigenvalues, weights] = lanczos_esd(x[0], x[1], o.integer("n_iter"));
       return {eigenvalues, weights};
     },
     nullptr, Gradient::none, "Ritz values and their weights in a start vector.", "hessian_landscape"},
    {"normalize_direction",
     [](const Inputs& x, Keywords& o) -> Tensors {
       return {normalize_direction(x[0], x[1], o.word("norm", "filter"), o.is_null("ignore") ? "" : o.word("ignore", "biasbn"))};
     },
     direction_samples, Gradient::exact, "A direction in weight space, rescaled to the weights.", "loss_landscape"},
    {"patch_closeness", [](const Inputs& x, Keywords&) -> Tensors { return {figure(patch_closeness(x[0]))}; }, nullptr, Gradient::none,
     "The largest angle between a patch and its sample's mean patch.", "conv_filter_learnability"},
};

}  // namespace

std::span<const Function> analysis() { return kAnalysis; }

}  // namespace tare::nn::tables
