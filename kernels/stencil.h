// A weighted sum of shifted copies of a padded plane, and the products that give the gradient of its weights.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace tare::kernels {

/// Output (i, j, k) of `out` reads padded[i step[0] + j step[1] + k step[2] + offsets[q]] for each tap q. The padded plane
/// must be readable for 64 bytes beyond its last number.
struct Stencil {
  int64_t out[3], step[3];
  int64_t taps;
  const int64_t* offsets;
};

/// y = act(bias + sum over q of w[q] padded[... + offsets[q]]); y is contiguous.
void stencil_sum(const Stencil& s, const float* padded, const float* w, float bias, Activation act, float* y);
void stencil_sum(const Stencil& s, const double* padded, const double* w, double bias, Activation act, double* y);

/// dw[q] = sum over outputs of grad[output] padded[... + offsets[q]].
void stencil_products(const Stencil& s, const float* padded, const float* grad, float* dw);
void stencil_products(const Stencil& s, const double* padded, const double* grad, double* dw);

}  // namespace tare::kernels
