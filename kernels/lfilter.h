// Recursive digital filters in transposed direct form II.
#pragma once

#include <utility>

#include "core/tensor.h"

namespace tare::kernels {

/// y and the final state of each row: s = zi; y_t = b_0 x_t + s_1; s_j <- s_(j+1) + b_j x_t - a_j y_t. b (B, m + 1), a (B, m), x (B, T), zi (B, m), all of one floating dtype:
/// (B, T) and (B, m). The state is kept in double precision.
std::pair<Tensor, Tensor> lfilter(const Tensor& b, const Tensor& a, const Tensor& x, const Tensor& zi);

}  // namespace tare::kernels
