// Making tensors: constants, ranges, random numbers.
#pragma once

#include <initializer_list>

#include "core/tensor.h"

namespace tare {

/// Every element `value`. The dtype defaults to the value's: default_dtype() for a floating number, int64, bool.
Tensor full(const Shape& shape, const Scalar& value);
Tensor full(const Shape& shape, const Scalar& value, DType dtype);
Tensor zeros(const Shape& shape);  ///< of default_dtype()
Tensor zeros(const Shape& shape, DType dtype);
Tensor ones(const Shape& shape);
Tensor ones(const Shape& shape, DType dtype);
Tensor full_like(const Tensor& x, const Scalar& value);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
/// Tensor of rank 0.
Tensor scalar(const Scalar& value, DType dtype);

}  // namespace tare
