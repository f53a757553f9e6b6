// Reductions: many numbers to one, along axes.
#pragma once

#include "core/tensor.h"

namespace tare {

/// Sum over `axes` (all when empty); integers and bools sum as int64.
Tensor sum(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor mean(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Sums the axes along which `shape` was broadcast to x's shape: broadcasting's adjoint.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// Broadcasts to `shape` without copying: sum_to's adjoint.
Tensor expand(const Tensor& x, const Shape& shape);

}  // namespace tare
