// Complex numbers as a trailing axis of 2: (real, imaginary). Gradients are those of functions of these pairs.
#pragma once

#include "core/tensor.h"

namespace tare {

/// Products of complex numbers, broadcasting. Throws ShapeError unless the last axes are 2, as all functions here.
Tensor complex_mul(const Tensor& a, const Tensor& b);
/// (real, -imaginary).
Tensor complex_conj(const Tensor& x);
/// Moduli; the gradient at 0 is 0. The axis of 2 is gone.
Tensor complex_abs(const Tensor& x);
/// Angles in (-pi, pi]; the gradient at 0 is 0. The axis of 2 is gone.
Tensor complex_angle(const Tensor& x);
/// The pairs of two tensors, broadcasting: (*, 2).
Tensor complex(const Tensor& real, const Tensor& imaginary);

}  // namespace tare
