// Convolutions (cross-correlations) over one, two or three axes, their transposes, and unfold and fold.
//
// Inputs are (N, C, *spatial) or (C, *spatial). A list of one number holds for every axis; padding is in zeros.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare {

struct ConvOptions {
  Shape stride{1}, padding{0}, dilation{1};
  int64_t groups = 1;
};
struct ConvTransposeOptions {
  Shape stride{1}, padding{0}, output_padding{0}, dilation{1};
  int64_t groups = 1;
};

/// y = x * weight + bias. weight (out, in / groups, *kernel), bias (out) or undefined. The number of spatial axes is the weight's. With `relu`,
/// negative results are cut to 0 in the same pass.
Tensor conv(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {}, bool relu = false);
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {}, bool relu = false);
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {}, bool relu = false);
Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvOptions& options = {}, bool relu = false);
/// The gradient of a convolution as an operation: weight (in, out / groups, *kernel).
Tensor conv_transpose(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});
Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});
Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTransposeOptions& options = {});

/// x padded with zeros so that a convolution of stride 1 keeps its spatial sizes (PyTorch's padding = "same"): where the kernel is even,
/// one more at the end. Throws ValueError for other strides.
Tensor pad_same(const Tensor& x, const Shape& weight_shape, const ConvOptions& options);

struct UnfoldOptions {
  Shape dilation{1}, padding{0}, stride{1};
};
/// Patches of (N, C, H, W) as columns: (N, C kh kw, positions).
Tensor unfold(const Tensor& x, const Shape& kernel_size, const UnfoldOptions& options = {});
/// unfold's transpose: columns added up into (N, C, *output_size).
Tensor fold(const Tensor& columns, const Shape& output_size, const Shape& kernel_size, const UnfoldOptions& options = {});

}  // namespace tare
