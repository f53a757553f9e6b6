// Pooling over the last one, two or three axes, with PyTorch's conventions. Any number of leading axes (batch, channels).
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// One entry for each pooled axis; the length of `kernel` says how many axes are pooled. An empty stride means the kernel's
/// size, an empty padding 0, an empty dilation 1; a list of one entry holds for every axis.
struct PoolParams {
  Shape kernel{}, stride{}, padding{}, dilation{};
  bool ceil_mode = false;
};

/// The shape after pooling. Throws ShapeError or ValueError naming `what`, the input and the parameters.
Shape pool_output_shape(std::string_view what, const Shape& input, const PoolParams& p);

/// Values, and for each the int64 position of its source, counted within the input's pooled axes.
struct MaxPooled {
  Tensor values, indices;
};

/// Largest value of each window; padding never wins, the first of equal values does, and NaN wins over everything.
MaxPooled max_pool(const Tensor& x, const PoolParams& p);
/// Sends each gradient to the position named by `indices`, adding where windows overlap. Also the unpooling of `grad`.
Tensor max_pool_backward(const Tensor& grad, const Tensor& indices, const Shape& input_shape, int pooled_axes);

/// The average of each window. count_include_pad divides by the window's size with its padded part (but not what ceil_mode
/// adds beyond the padding); divisor_override, when not 0, divides by itself. p.dilation must be 1.
Tensor avg_pool(const Tensor& x, const PoolParams& p, bool count_include_pad = true, int64_t divisor_override = 0);
Tensor avg_pool_backward(const Tensor& grad, const Shape& input_shape, const PoolParams& p, bool count_include_pad = true,
                         int64_t divisor_override = 0);

/// Windows [floor(i in / out), ceil((i + 1) in / out)) along each of the last output_size.size() axes.
Tensor adaptive_avg_pool(const Tensor& x, const Shape& output_size);
Tensor adaptive_avg_pool_backward(const Tensor& grad, const Shape& input_shape, int pooled_axes);
/// Gradient by max_pool_backward.
MaxPooled adaptive_max_pool(const Tensor& x, const Shape& output_size);

}  // namespace tare::kernels
