// Affine recurrences over the rows of a table: what sequential statistics are made of.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// s_0 = start (C), s_{i+1} = a_i s_i + b_i for rows i of a and b (N, C): all N + 1 states, (N + 1, C). Accumulates in double precision.
/// All three must be of one floating dtype.
Tensor affine_scan(const Tensor& start, const Tensor& a, const Tensor& b);

}  // namespace tare::kernels
