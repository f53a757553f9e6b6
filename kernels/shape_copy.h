// Operations that rearrange elements into a new tensor.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::kernels {

/// Joins tensors along an axis; the other sizes agree. Types promote. Empty 1-d tensors are skipped, as in PyTorch.
Tensor concatenate(const Tensors& parts, int64_t axis = 0);
/// Joins tensors of one type into one whose axes lie in memory in the order that `strides` gives.
Tensor concatenate_as(const Tensors& parts, int axis, const Shape& strides);
/// Joins tensors of one shape along a new axis.
Tensor stack(const Tensors& parts, int64_t axis = 0);
/// Contiguous copies of consecutive pieces of the given sizes.
Tensors split_copies(const Tensor& x, const std::vector<int64_t>& sizes, int64_t axis = 0);
/// Reversed along the given axes (none given: none).
Tensor flip(const Tensor& x, const Shape& axes);
/// Shifted around along axes; without axes the flattened tensor is.
Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes = {});
/// Tiled: repeats[i] times along axis i; new leading axes when there are more repeats than axes.
Tensor repeat(const Tensor& x, const Shape& repeats);
/// Zeros above (below) the given diagonal of the last two axes.
Tensor tril(const Tensor& x, int64_t diagonal = 0);
Tensor triu(const Tensor& x, int64_t diagonal = 0);
/// A square matrix, batched, with the last axis on its `offset` diagonal in axes (axis1, axis2).
Tensor diag_embed(const Tensor& x, int64_t offset = 0, int64_t axis1 = -2, int64_t axis2 = -1);

enum class PadMode { constant, reflect, replicate, circular };
/// "constant", "reflect", "replicate", "circular"; throws ConfigError for any other name.
PadMode pad_mode_from_name(std::string_view name);
/// Padding pairs (before, after) from the last axis backwards, as in PyTorch; negative ones crop (constant mode).
Tensor pad(const Tensor& x, const std::vector<int64_t>& padding, PadMode mode = PadMode::constant, double value = 0);
/// The transpose of pad as a linear map: gradients of the padded tensor summed to x's shape.
Tensor pad_backward(const Tensor& grad, const Shape& shape, const std::vector<int64_t>& padding, PadMode mode);

}  // namespace tare::kernels
