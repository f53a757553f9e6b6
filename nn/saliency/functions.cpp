// Saliency in the table of functions.
#include "autograd/functions.h"
#include "autograd/samples.h"
#include "nn/saliency/cam.h"
#include "nn/saliency/moreau_grad.h"
#include "nn/saliency/normgrad.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;

std::vector<FunctionSample> norm_grad_samples() {
  std::vector<FunctionSample> all;
  for (auto layer : {"conv1x1", "conv3x3", "conv3x3_depthwise", "scaling", "bias"})
    for (auto aggregate : {"norm", "filter_norm", "sum", "max"})
      all.push_back({{spread({1, 2, 2, 3}), spread({1, 2, 2, 3}, -2, 2, 1)}, with({{"layer", layer}, {"aggregate", aggregate}})});
  return all;
}

const Function kSaliency[] = {
    {"cf_cam",
     [](const Inputs& x, Keywords& o) -> Tensors {
       CFCAMResult r = cf_cam(x[0], x[1], o.shape("size"), options_of<CFCAMParams>(o));
       return {r.cam, r.labels};
     },
     nullptr, Gradient::none, "A class activation map with weights shared by clusters of channels.", "cf_cam"},
    {"cf_cam_reference_filter", [](const Inputs& x, Keywords& o) -> Tensors { return {cf_cam_reference_filter(x[0], o.real("sigma_spatial", 5), o.real("sigma_range", 0.1))}; },
     [] { return std::vector<FunctionSample>{{{spread({3, 4})}, with({{"sigma_range", 0.7}})}}; }, Gradient::exact, "A map correlated with a kernel of position and value.", "cf_cam"},
    {"combine_saliency", [](const Inputs& x, Keywords& o) -> Tensors { return {combine_saliency(x.all(), o.shape("size"), o.word("mode", "product"))}; }, nullptr, Gradient::exact,
     "The product of maps brought to one size and range.", "normgrad"},
    {"dbscan", [](const Inputs& x, Keywords& o) -> Tensors { return {dbscan(x[0], o.real("eps"), o.integer("min_samples"))}; }, nullptr, Gradient::none,
     "Clusters of rows by density.", "cf_cam"},
    {"group_soft_threshold", [](const Inputs& x, Keywords& o) -> Tensors { return {group_soft_threshold(x[0], o.real("threshold"), o.integer("group_dim"))}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 2, 2, 4})}, with({{"threshold", 1.5}, {"group_dim", 2}})}}; }, Gradient::exact,
     "Blocks of pixels shortened by a threshold, or zero.", "moreaugrad"},
    {"norm_grad", [](const Inputs& x, Keywords& o) -> Tensors { return {norm_grad(x[0], x[1], o.word("layer", "conv1x1"), o.word("aggregate", "norm"))}; }, norm_grad_samples,
     Gradient::exact, "Each position's share of an identity layer's weight gradient.", "normgrad"},
    {"soft_threshold", [](const Inputs& x, Keywords& o) -> Tensors { return {soft_threshold(x[0], o.real("threshold"))}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 5})}, with({{"threshold", 0.5}})}}; }, Gradient::exact, "Numbers shortened by a threshold, or zero.", "moreaugrad"},
};

}  // namespace

std::span<const Function> saliency() { return kSaliency; }

}  // namespace tare::nn::tables
