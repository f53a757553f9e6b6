// SmoothGrad: removing noise by adding noise (Smilkov et al., 2017, arXiv:1706.03825). The gradient of a logit fluctuates over tiny changes of the input;
// its average over noisy copies is a sharper map:
//
//   sigma = stdev_spread (max x - min x)                      of each clean sample, over all its numbers; a constant
//   M(x)  = 1/n sum_k dS_c/dx (x + sigma e_k),  e_k ~ N(0, 1)
//
// With `magnitude` the gradients are squared before they are averaged (the default of the authors' library; no root is taken). Averages are in float64.
// Without a target the class of the largest logit of the clean input, for all copies. The model evaluates, always.
#pragma once

#include "nn/saliency/saliency.h"
#include "nn/layer.h"

namespace tare::nn {

struct SmoothGradOptions {
  AnyModule model{};           ///< (N, ...) -> logits (N, classes)
  double stdev_spread = 0.15;  ///< noise as a share of each sample's range; 0: the plain gradient
  int64_t nsamples = 25;
  bool magnitude = false;      ///< the mean of squares
  void visit(Visitor& v);
};

class SmoothGrad : public Layer<SmoothGrad> {
 public:
  static constexpr std::string_view type = "SmoothGrad";
  using Options = SmoothGradOptions;
  explicit SmoothGrad(Options options);
  /// x (N, ...), target int64 (N) -> the signed map, as x. `noise` (nsamples, N, ...) takes the place of e.
  Tensor forward(const Tensor& x, const Tensor& target = {}, const Tensor& noise = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

extern template class Layer<SmoothGrad>;

}  // namespace tare::nn
