// Interpolation of signals, images and volumes to another size, and channels rearranged as pixels.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace tare {

struct InterpolateParams {
  Shape size{};                        ///< one number for each spatial axis, or one for all; either this or scale_factor
  std::vector<double> scale_factor{};
  std::string_view mode = "nearest";   ///< nearest, nearest-exact, linear (N, C, L), bilinear and bicubic (N, C, H, W), trilinear, area
  std::optional<bool> align_corners{};  ///< the corner pixels' centres stay where they are; otherwise the corners' outer edges. Not for nearest and area
  bool recompute_scale_factor = false;  ///< positions from the rounded size instead of the given scale_factor
};
/// x (N, C, *space) -> (N, C, *size), as torch.nn.functional.interpolate.
Tensor interpolate(const Tensor& x, const InterpolateParams& params);

/// (*, C r^2, H, W) -> (*, C, H r, W r), and back (Shi et al. 2016, arXiv:1609.05158).
Tensor pixel_shuffle(const Tensor& x, int64_t upscale_factor);
Tensor pixel_unshuffle(const Tensor& x, int64_t downscale_factor);
/// (N, g k, *) with the channels of the groups interleaved (Zhang et al. 2017, arXiv:1707.01083).
Tensor channel_shuffle(const Tensor& x, int64_t groups);

}  // namespace tare
