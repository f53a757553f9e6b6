// Transposed convolution: the gradient of a convolution with respect to its input, as a layer. It enlarges what the convolution shrinks.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct ConvTransposeLayerOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};
  Sizes stride{1};
  Sizes padding{0};         ///< of the convolution this transposes: it takes away from the output
  Sizes output_padding{0};  ///< more output at the end, less than stride or dilation: which of the possible sizes is meant
  int64_t groups = 1;
  bool bias = true;
  Sizes dilation{1};
  void visit(Visitor& v);
};

/// ConvTranspose1d, 2d, 3d: x (N, in_channels, *space) or without the batch -> (N, out_channels, *) with (in - 1) stride - 2 padding + dilation (kernel - 1)
/// + output_padding + 1 entries along each axis. weight (in_channels, out_channels / groups, *kernel_size), bias (out_channels), from U(-k, k) with
/// k = 1 / sqrt(out_channels / groups * prod(kernel_size)).
template <int D>
class ConvTransposeNd : public Layer<ConvTransposeNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "ConvTranspose1d" : D == 2 ? "ConvTranspose2d" : "ConvTranspose3d";
  using Options = ConvTransposeLayerOptions;
  explicit ConvTransposeNd(Options options);
  ConvTransposeNd(int64_t in_channels, int64_t out_channels, Sizes kernel_size);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};
using ConvTranspose1d = ConvTransposeNd<1>;
using ConvTranspose2d = ConvTransposeNd<2>;
using ConvTranspose3d = ConvTransposeNd<3>;

extern template class ConvTransposeNd<1>;
extern template class ConvTransposeNd<2>;
extern template class ConvTransposeNd<3>;
extern template class Layer<ConvTranspose1d>;
extern template class Layer<ConvTranspose2d>;
extern template class Layer<ConvTranspose3d>;

}  // namespace tare::nn
