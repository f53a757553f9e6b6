// One parallel loop over many tensors: what optimizers and gradient transforms do to all parameters at once.
//
// Tensors are contiguous, float32 or float64. Undefined tensors (missing gradients) are skipped.
#pragma once

#include <span>

#include "core/tensor.h"

namespace tare::kernels {

/// sqrt of the sum of all squares, accumulated in double; 0 for no tensors.
double global_norm(std::span<const Tensor> tensors);
/// The largest absolute value; NaN when there is one.
double global_max_abs(std::span<const Tensor> tensors);
/// x *= factor.
void scale_in_place(std::span<const Tensor> tensors, double factor);
/// x = 0.
void fill_zero(std::span<const Tensor> tensors);
/// y += a * x, pairwise; shapes must agree. Pairs with an undefined x are skipped.
void axpy(double a, std::span<const Tensor> x, std::span<const Tensor> y);
/// y = a * y + b * x, pairwise: the moving average of a state.
void axpby(double b, std::span<const Tensor> x, double a, std::span<const Tensor> y);

}  // namespace tare::kernels
