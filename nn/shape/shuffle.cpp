#include "nn/shape/shuffle.h"

#include "autograd/ops/interpolate.h"

namespace tare::nn {

void PixelShuffleOptions::visit(Visitor& v) { v.option("upscale_factor", upscale_factor); }
void PixelUnshuffleOptions::visit(Visitor& v) { v.option("downscale_factor", downscale_factor); }
void ChannelShuffleOptions::visit(Visitor& v) { v.option("groups", groups); }

PixelShuffle::PixelShuffle(Options o) : options(o) {
  check<ConfigError>(o.upscale_factor >= 1, "PixelShuffle: expected upscale_factor of at least 1, not ", o.upscale_factor);
}
PixelShuffle::PixelShuffle(int64_t upscale_factor) : PixelShuffle(Options{.upscale_factor = upscale_factor}) {}
Tensor PixelShuffle::forward(const Tensor& x) { return pixel_shuffle(x, options.upscale_factor); }

PixelUnshuffle::PixelUnshuffle(Options o) : options(o) {
  check<ConfigError>(o.downscale_factor >= 1, "PixelUnshuffle: expected downscale_factor of at least 1, not ", o.downscale_factor);
}
PixelUnshuffle::PixelUnshuffle(int64_t downscale_factor) : PixelUnshuffle(Options{.downscale_factor = downscale_factor}) {}
Tensor PixelUnshuffle::forward(const Tensor& x) { return pixel_unshuffle(x, options.downscale_factor); }

ChannelShuffle::ChannelShuffle(Options o) : options(o) { check<ConfigError>(o.groups >= 1, "ChannelShuffle: expected groups of at least 1, not ", o.groups); }
ChannelShuffle::ChannelShuffle(int64_t groups) : ChannelShuffle(Options{.groups = groups}) {}
Tensor ChannelShuffle::forward(const Tensor& x) { return channel_shuffle(x, options.groups); }

template class Layer<PixelShuffle>;
template class Layer<PixelUnshuffle>;
template class Layer<ChannelShuffle>;

}  // namespace tare::nn
