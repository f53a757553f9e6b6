// Convolution layers: y[n, o] = bias[o] + sum over the group's channels c of weight[o, c] * x[n, c], * the cross-correlation over space.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct ConvLayerOptions {
  int64_t in_channels = 0;   ///< a multiple of groups
  int64_t out_channels = 0;  ///< a multiple of groups
  Sizes kernel_size{};
  Sizes stride{1};
  Sizes padding{0};  ///< on both sides of each axis; or "valid" (none), or "same" (the output is as large as the input; stride 1)
  Sizes dilation{1};
  int64_t groups = 1;
  bool bias = true;
  std::string padding_mode = "zeros";  ///< zeros, reflect, replicate or circular
  void visit(Visitor& v);
};

/// Conv1d, Conv2d, Conv3d: x (N, in_channels, *space) or without the batch -> (N, out_channels, *space). weight (out_channels, in_channels / groups,
/// *kernel_size), bias (out_channels), both from U(-k, k), k = 1 / sqrt(in_channels / groups * prod(kernel_size)).
template <int D>
class ConvNd : public Layer<ConvNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "Conv1d" : D == 2 ? "Conv2d" : "Conv3d";
  using Options = ConvLayerOptions;
  explicit ConvNd(Options options);
  ConvNd(int64_t in_channels, int64_t out_channels, Sizes kernel_size);
  Tensor forward(const Tensor& x);
  /// relu(forward(x)) in one pass: what Sequential calls for such a pair.
  Tensor forward_relu(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;

 private:
  Tensor convolution(const Tensor& x, bool relu);

  Shape stride_, dilation_, padding_;  // padding_: what the kernel adds itself
  std::vector<int64_t> sides_;         // what pad() adds before, in its order; empty when nothing
};
using Conv1d = ConvNd<1>;
using Conv2d = ConvNd<2>;
using Conv3d = ConvNd<3>;

extern template class ConvNd<1>;
extern template class ConvNd<2>;
extern template class ConvNd<3>;
extern template class Layer<Conv1d>;
extern template class Layer<Conv2d>;
extern template class Layer<Conv3d>;

}  // namespace tare::nn
