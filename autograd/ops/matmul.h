// Matrix products.
#pragma once

#include "core/tensor.h"

namespace tare {

/// NumPy's matmul: 1-D, 2-D and batched operands with broadcasting batch axes.
Tensor matmul(const Tensor& a, const Tensor& b);
/// x (*, in), weight (out, in), bias (out) or undefined: x weight^T + bias, (*, out).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace tare
