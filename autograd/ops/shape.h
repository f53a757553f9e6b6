// Views and rearrangements.
#pragma once

#include "core/tensor.h"

namespace tare {

/// The same elements in another shape; one size may be -1. A view when the data is contiguous, a copy otherwise.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Axes reordered: a view.
Tensor permute(const Tensor& x, const Shape& axes);
/// Two axes exchanged: a view.
Tensor transpose(const Tensor& x, int64_t axis0 = -2, int64_t axis1 = -1);
/// Row-major memory: x itself when it already is.
Tensor contiguous(const Tensor& x);

}  // namespace tare
