// Checks of derivatives against finite differences, in float64.
//
// For outputs y_k and fixed random G_k, L(x) = sum_k <G_k, y_k(x)> is one number, whose gradient by the tape is compared, element by
// element, with the five-point difference
//   L'(x) ~ (8 (L(x+h) - L(x-h)) - (L(x+2h) - L(x-2h))) / 12h,
// which is exact up to terms of order h^4. A wrong vjp passes only for G in a set of measure zero.
#pragma once

#include <string_view>

#include "autograd/transforms.h"

namespace tare {

struct GradcheckOptions {
  double step = 1e-4;        ///< h, times max(1, |x|)
  double tolerance = 1e-7;   ///< allowed error, relative to max(1, |derivative|)
  uint64_t seed = 1;         ///< of the G_k
};

/// Checks f's derivative in every float64 input (others are constants). Inputs may have any strides but no element twice.
/// Throws GradError naming `name`, the input, the element and both values.
void gradcheck(std::string_view name, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options = {});

/// Checks the derivative of the derivative: gradcheck of (x, G) -> dL/dx; and that recording the backward pass does not change it.
void gradgradcheck(std::string_view name, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options = {});

}  // namespace tare
