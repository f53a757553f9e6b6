// A pooling's sizes as the loops want them: planes of always three axes, absent ones of length 1.
#pragma once

#include "kernels/pool.h"

namespace tare::kernels {

struct PoolGeometry {
  int64_t planes = 1;  // product of the leading axes
  int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  int64_t in_plane() const { return in[0] * in[1] * in[2]; }
  int64_t out_plane() const { return out[0] * out[1] * out[2]; }
};

/// Checks as pool_output_shape does, and gives the sizes.
PoolGeometry pool_geometry(std::string_view what, const Shape& input, const PoolParams& p);
/// Sizes for adaptive pooling of the last output_size.size() axes (kernel and stride unused), checked likewise.
PoolGeometry adaptive_geometry(std::string_view what, const Shape& input, const Shape& output_size);
/// Window `at` of `out` windows that cover `in` positions.
struct AdaptiveWindow {
  int64_t begin, end;
};
inline AdaptiveWindow adaptive_window(int64_t at, int64_t in, int64_t out) { return {at * in / out, ((at + 1) * in + out - 1) / out}; }
/// The result's shape for those sizes, with `axes` pooled axes.
Shape pool_result_shape(const PoolGeometry& g, const Shape& input, int axes);

}  // namespace tare::kernels
