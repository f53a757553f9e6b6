// Views and rearrangements: reshape, slices, joins, flips. Views share their input's memory and are recorded like any operation.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "core/tensor.h"

namespace tare {

// ---- views (shape.cpp, slice.cpp)

/// The same elements in another shape; one size may be -1. A view when the data is contiguous, a copy otherwise.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Axes start..end merged into one.
Tensor flatten(const Tensor& x, int64_t start = 0, int64_t end = -1);
/// One axis split into several; one size may be -1.
Tensor unflatten(const Tensor& x, int64_t axis, const Shape& sizes);
/// Axes reordered: a view.
Tensor permute(const Tensor& x, const Shape& axes);
/// Two axes exchanged: a view.
Tensor transpose(const Tensor& x, int64_t axis0 = -2, int64_t axis1 = -1);
/// Axes moved from `source` to `destination`; the others keep their order.
Tensor movedim(const Tensor& x, const Shape& source, const Shape& destination);
/// Axes of size 1 removed: all of them, or those listed.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, const Shape& axes);
/// An axis of size 1 inserted at `axis`.
Tensor unsqueeze(const Tensor& x, int64_t axis);
/// x[start:end:step] along an axis: a view. Negative start and end count from the end; both are clipped to the axis. step > 0.
Tensor slice(const Tensor& x, int64_t axis, int64_t start = 0, int64_t end = std::numeric_limits<int64_t>::max(), int64_t step = 1);
/// `length` elements from `start` on: a view. Throws IndexError when they do not exist.
Tensor narrow(const Tensor& x, int64_t axis, int64_t start, int64_t length);
/// One position along an axis, which leaves the shape: a view.
Tensor select(const Tensor& x, int64_t axis, int64_t index);
/// The diagonal of axes (axis1, axis2), as a new last axis: a view.
Tensor diagonal(const Tensor& x, int64_t offset = 0, int64_t axis1 = 0, int64_t axis2 = 1);
/// Windows of `size` taken every `step` along an axis, as a new last axis: a view (PyTorch's Tensor.unfold).
Tensor windows(const Tensor& x, int64_t axis, int64_t size, int64_t step);
/// Row-major memory: x itself when it already is.
Tensor contiguous(const Tensor& x);
/// A copy with a tape of its own input: same values, new memory.
Tensor clone(const Tensor& x);

/// Consecutive pieces of the given size (the last may be smaller): views.
Tensors split(const Tensor& x, int64_t size, int64_t axis = 0);
/// Consecutive pieces of the given sizes, which add up to the axis.
Tensors split(const Tensor& x, const std::vector<int64_t>& sizes, int64_t axis = 0);
/// At most `chunks` pieces of equal size.
Tensors chunk(const Tensor& x, int64_t chunks, int64_t axis = 0);
/// All positions along an axis.
Tensors unbind(const Tensor& x, int64_t axis = 0);

// ---- joins (join.cpp)

/// Tensors joined along an axis.
Tensor cat(const Tensors& parts, int64_t axis = 0);
/// Tensors of one shape joined along a new axis.
Tensor stack(const Tensors& parts, int64_t axis = 0);
/// Joined along axis 1 (axis 0 for vectors); along axis 0, vectors as rows; along axis 2.
Tensor hstack(const Tensors& parts);
Tensor vstack(const Tensors& parts);
Tensor dstack(const Tensors& parts);
/// Coordinate grids of vectors. indexing: "ij" or "xy".
Tensors meshgrid(const Tensors& vectors, std::string_view indexing = "ij");

// ---- rearrangements (rearrange.cpp)

Tensor flip(const Tensor& x, const Shape& axes);
inline Tensor fliplr(const Tensor& x) { return flip(x, {1}); }
inline Tensor flipud(const Tensor& x) { return flip(x, {0}); }
/// Turned by k right angles in the plane of two axes.
Tensor rot90(const Tensor& x, int64_t k = 1, const Shape& axes = {0, 1});
/// Shifted around; without axes the flattened tensor is.
Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes = {});
/// Copies along each axis; more repeats than axes add leading axes.
Tensor repeat(const Tensor& x, const Shape& repeats);
/// NumPy's tile: fewer repeats than axes count from the last.
Tensor tile(const Tensor& x, const Shape& repeats);
/// Each slice along an axis repeated on the spot; without axis, each element of the flattened tensor.
Tensor repeat_interleave(const Tensor& x, int64_t repeats);
Tensor repeat_interleave(const Tensor& x, int64_t repeats, int64_t axis);
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int64_t axis);
/// Zeros above (below) a diagonal of the last two axes.
Tensor tril(const Tensor& x, int64_t diagonal = 0);
Tensor triu(const Tensor& x, int64_t diagonal = 0);
/// A vector as a diagonal matrix, or the diagonal of a matrix.
Tensor diag(const Tensor& x, int64_t diagonal = 0);
/// Square matrices with the last axis on a diagonal.
Tensor diag_embed(const Tensor& x, int64_t offset = 0, int64_t axis1 = -2, int64_t axis2 = -1);
/// The sum of a matrix's diagonal.
Tensor trace(const Tensor& x);
/// Padding pairs (before, after) from the last axis backwards; negative ones crop. mode: constant, reflect, replicate, circular.
Tensor pad(const Tensor& x, const std::vector<int64_t>& padding, std::string_view mode = "constant", double value = 0);

}  // namespace tare
