// A tensor as a matrix along one of its axes: what preconditioners with one matrix an axis are made of.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

/// G G^T (n, n) of the unfolding G (n, rest) along the axis of length n.
Tensor gram_along(const Tensor& g, int axis);
/// The diagonal of gram_along (n): the squared norm of each slice.
Tensor squares_along(const Tensor& g, int axis);
/// Every line along the axis times m (k, n): out[.., i, ..] = sum_j m[i, j] g[.., j, ..].
Tensor times_along(const Tensor& g, const Tensor& m, int axis);
/// a^power of a symmetric matrix by its eigenvalues, those under `least` taken as `least`.
Tensor symmetric_power(const Tensor& a, double power, double least);

}  // namespace tare::optim
