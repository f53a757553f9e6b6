// Reading and writing by position. Index tensors are int64 (negative ones count from the end) and get no gradient; an index out of
// range throws IndexError. Nothing is written in place: every function returns a new tensor.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare {

/// out[i][j] = x[index[i][j]][j] along axis 0, and so on.
Tensor gather(const Tensor& x, int64_t axis, const Tensor& index);
/// gather with x and index broadcast against each other elsewhere; without axis, of the flattened tensor.
Tensor take_along_dim(const Tensor& x, const Tensor& index, int64_t axis);
Tensor take_along_dim(const Tensor& x, const Tensor& index);
/// x with out[index[i][j]][j] = src[i][j] along axis 0, and so on. Where places are written twice, the last one stays.
Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);
Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Scalar& value);
Tensor scatter_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);
/// reduce: "sum", "prod", "mean", "amax", "amin".
Tensor scatter_reduce(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, std::string_view reduce, bool include_self = true);

/// Slices at a list of positions.
Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index);
/// x + alpha * src's slices at a list of positions.
Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, double alpha = 1);
/// src's slices in place of x's; value in their place.
Tensor index_copy(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);
Tensor index_fill(const Tensor& x, int64_t axis, const Tensor& index, double value);

/// x[i, j, ...]: one int64 tensor per leading axis (broadcast together), or bool masks; an undefined entry takes its axis whole.
Tensor index(const Tensor& x, const Tensors& indices);
/// x with x[i, j, ...] = values, or += values.
Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate = false);

Tensor masked_select(const Tensor& x, const Tensor& mask);
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);
/// The same with a 0-d tensor, which gets the gradient of the places it fills.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
/// x with src's elements, in order, under the mask.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& src);
/// Elements of the flattened tensor.
Tensor take(const Tensor& x, const Tensor& index);
/// x with values at positions of the flattened tensor.
Tensor put(const Tensor& x, const Tensor& index, const Tensor& values, bool accumulate = false);
/// Coordinates of the elements that are not 0: int64 [count, rank].
Tensor nonzero(const Tensor& x);
Tensor argwhere(const Tensor& x);
/// int64 [..., classes] with 1 at each label; num_classes < 0: the largest label and one more.
Tensor one_hot(const Tensor& labels, int64_t num_classes = -1);

}  // namespace tare
