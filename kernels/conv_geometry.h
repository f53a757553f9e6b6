// A convolution's sizes as the loops want them: always three spatial axes, absent ones of length 1.
#pragma once

#include "kernels/conv.h"

namespace tare::kernels {

struct ConvGeometry {
  int64_t n = 0, c = 0, o = 0, groups = 1;
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  int64_t in_plane() const { return in[0] * in[1] * in[2]; }
  int64_t out_plane() const { return out[0] * out[1] * out[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t group_c() const { return c / groups; }
  int64_t group_o() const { return o / groups; }
  /// Multiply-adds of the forward pass.
  int64_t work() const { return n * o * out_plane() * group_c() * taps(); }
  bool depthwise() const { return groups == c && groups > 1; }
  bool pointwise() const {
    for (int i = 0; i < 3; i++)
      if (kernel[i] != 1 || stride[i] != 1 || padding[i] != 0) return false;
    return true;
  }
};

/// Sizes of a convolution that check_conv has accepted.
ConvGeometry conv_geometry(const Shape& input, const Shape& weight, const ConvParams& p);

}  // namespace tare::kernels
