// PixelShuffle, PixelUnshuffle, ChannelShuffle: channels and pixels exchanged, nothing computed.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct PixelShuffleOptions {
  int64_t upscale_factor = 1;
  void visit(Visitor& v);
};
/// (*, C r^2, H, W) -> (*, C, H r, W r): sub-pixel convolution's last step (Shi et al. 2016, arXiv:1609.05158).
class PixelShuffle : public Layer<PixelShuffle> {
 public:
  static constexpr std::string_view type = "PixelShuffle";
  using Options = PixelShuffleOptions;
  explicit PixelShuffle(Options options);
  explicit PixelShuffle(int64_t upscale_factor);
  Tensor forward(const Tensor& x);

  Options options;
};

struct PixelUnshuffleOptions {
  int64_t downscale_factor = 1;
  void visit(Visitor& v);
};
/// The inverse: (*, C, H r, W r) -> (*, C r^2, H, W).
class PixelUnshuffle : public Layer<PixelUnshuffle> {
 public:
  static constexpr std::string_view type = "PixelUnshuffle";
  using Options = PixelUnshuffleOptions;
  explicit PixelUnshuffle(Options options);
  explicit PixelUnshuffle(int64_t downscale_factor);
  Tensor forward(const Tensor& x);

  Options options;
};

struct ChannelShuffleOptions {
  int64_t groups = 1;
  void visit(Visitor& v);
};
/// (N, g k, *): channels of the groups interleaved, so that the next grouped convolution mixes them (Zhang et al. 2017, arXiv:1707.01083).
class ChannelShuffle : public Layer<ChannelShuffle> {
 public:
  static constexpr std::string_view type = "ChannelShuffle";
  using Options = ChannelShuffleOptions;
  explicit ChannelShuffle(Options options);
  explicit ChannelShuffle(int64_t groups);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<PixelShuffle>;
extern template class Layer<PixelUnshuffle>;
extern template class Layer<ChannelShuffle>;

}  // namespace tare::nn
