// GradientFilterConv2d: Efficient On-device Training via Gradient Filtering (Yang et al., 2023, arXiv:2301.00330). The forward pass is Conv2d's; in the backward
// pass the gradient of the output is replaced by its means over r x r patches, and everything happens on the small maps of patches:
//
//   kept        x_sum (N, I, ph, pw)  sums of x over (r s) x (r s) patches, ph = ceil(Hy / r);   w_sum (O, I)  sums of the kernels
//   gbar        means of gy over r x r patches, of the pixels that there are
//   grad_x      w_sum^T gbar at each patch, the same for all of its pixels
//   grad_w      sum over samples and patches of gbar x_sum^T, the same for all positions of the kernel;  grad_b = sum of gy, exact
//
// Patches of both are centred: the deficit is padded on both sides, ceil of half of it. x_sum is a sum over zero-padded patches, gbar a mean. Depthwise (groups = in =
// out): the products are channel by channel. Exact for r = 1, a 1 x 1 kernel and stride 1; otherwise an approximation by design, which finite differences refute. Roughly
// r^2 and kernel size times fewer operations. In evaluation a plain convolution. Not differentiable twice.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct GradientFilterConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};  ///< odd
  Sizes stride = 1;
  Sizes padding = 0;    ///< (kernel_size - 1) / 2
  int64_t groups = 1;   ///< 1, or in_channels = out_channels
  bool bias = true;
  int64_t radius = 4;   ///< r, the side of a patch of the output
  void visit(Visitor& v);
};

/// (N, I, H, W) -> (N, O, Hy, Wy).
class GradientFilterConv2d : public Layer<GradientFilterConv2d> {
 public:
  static constexpr std::string_view type = "GradientFilterConv2d";
  using Options = GradientFilterConv2dOptions;
  explicit GradientFilterConv2d(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;

 private:
  Shape stride_, padding_;
};

extern template class Layer<GradientFilterConv2d>;

}  // namespace tare::nn
