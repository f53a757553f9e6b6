// Patches of images as columns (im2col) and their transpose (col2im), for any floating type.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// Two numbers each: (height, width).
struct PatchParams {
  Shape kernel, stride, padding, dilation;
};

/// (N, C, H, W) to (N, C kh kw, L), L patches in row-major order; zeros outside the image.
Tensor unfold(const Tensor& x, const PatchParams& p);
/// (N, C kh kw, L) to (N, C, *size): numbers of overlapping patches add up.
Tensor fold(const Tensor& columns, const Shape& size, const PatchParams& p);

}  // namespace tare::kernels
