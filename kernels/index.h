// Reading and writing by position: gather, scatter, index lists, masks.
//
// Index tensors are int64 and may count from the end; an index out of range throws IndexError with the index, the axis and
// its size, before anything is written. Where several sources meet in one place, they are combined in row-major order of
// the sources, whatever the number of threads.
#pragma once

#include <optional>
#include <string_view>

#include "core/tensor.h"

namespace tare::kernels {

enum class Combine { replace, sum, prod, mean, amax, amin };

/// out[i][j][k] = x[index[i][j][k]][j][k] for axis 0, and so on; index must not exceed x's sizes along the other axes.
Tensor gather(const Tensor& x, int64_t axis, const Tensor& index);
/// A copy of x with out[index[i][j][k]][j][k] = src[i][j][k] for axis 0, and so on.
Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);
Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Scalar& value);
Tensor scatter_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);
/// Combines sources with each other, and with x's own values if `include_self`.
Tensor scatter_reduce(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, Combine reduce, bool include_self = true);

/// Slices of x along `axis` at the positions in `index` (1-d or 0-d).
Tensor index_select(const Tensor& x, int64_t axis, const Tensor& index);
/// A copy of x with alpha * src's slices added at the positions in `index`.
Tensor index_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, double alpha = 1);
/// A copy of x with src's slices in place of those at `index`.
Tensor index_copy(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src);

/// x[i, j, ...]: one index tensor per leading axis; they broadcast to a common shape, which replaces those axes. An
/// undefined entry takes its axis whole; the common shape stands where the indexed axes stood if these are neighbours, and
/// in front otherwise.
Tensor index(const Tensor& x, const Tensors& indices);
/// A copy of x with x[i, j, ...] = values (broadcast), or += values if `accumulate`.
Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate = false);

/// The elements of x where mask (broadcast with x) is true, in row-major order: 1-d.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// value where mask is true, x elsewhere.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);
/// A copy of x whose elements under the mask are src's elements in row-major order.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& src);
/// Elements of x, seen as flat, at `index`; the result has index's shape.
Tensor take(const Tensor& x, const Tensor& index);
/// A copy of x with values written at flat positions.
Tensor put(const Tensor& x, const Tensor& index, const Tensor& values, bool accumulate = false);
/// Coordinates of the elements that are not 0: int64 [count, rank], in row-major order.
Tensor nonzero(const Tensor& x);
/// A bool tensor as the list of index tensors that pick the same elements.
Tensors mask_indices(const Tensor& mask);
/// int64 [..., classes], 1 at each label. classes < 0: the largest label and one more.
Tensor one_hot(const Tensor& labels, int64_t classes = -1);

}  // namespace tare::kernels
