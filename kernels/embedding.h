// Rows of a table by index, and the scatter-add that is its gradient.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// weight (V, D), indices int64 of any shape S -> (S..., D). Throws IndexError naming the first index outside [0, V).
Tensor embedding(const Tensor& weight, const Tensor& indices);

/// Gradient of the table (V, D) from grad (S..., D): the rows of equal index are added in order of position, for any
/// number of threads. Rows of `padding_idx` (negative: none) count for nothing. With `scale_by_frequency` each row is
/// divided by the number of times its index occurs.
Tensor embedding_backward(const Tensor& grad, const Tensor& indices, int64_t rows, int64_t padding_idx = -1, bool scale_by_frequency = false);

}  // namespace tare::kernels
