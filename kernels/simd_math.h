// Elementary functions over contiguous rows, vectorised with run-time dispatch.
//
// Largest errors of the float forms, in units in the last place (tests/kernels/simd_math_test.cpp measures them): log 0.8, exp, erf 1.0,
// tanh 1.3, log1p, sin, cos 1.5, expm1 1.7, softplus, logsigmoid 1.9, sigmoid 2.2, silu 2.9, gelu 5.8 (in the tail as well, down to -13);
// gelu_tanh is good to 1e-8 absolute. Infinities, NaN, denormals and signed zeros come out as from the C library, which the double
// forms call. A number's result does not depend on its place in the row. `x == y` is allowed; other overlap is not.
#pragma once

#include <cstdint>

namespace tare::kernels {

#define TARE_VECTOR_FUNCTION(name)                  \
  void name(const float* x, float* y, int64_t n);   \
  void name(const double* x, double* y, int64_t n)

TARE_VECTOR_FUNCTION(vexp);
TARE_VECTOR_FUNCTION(vexpm1);      ///< e^x - 1, accurate near 0
TARE_VECTOR_FUNCTION(vlog);
TARE_VECTOR_FUNCTION(vlog1p);      ///< log(1 + x), accurate near 0
TARE_VECTOR_FUNCTION(vtanh);
TARE_VECTOR_FUNCTION(vsigmoid);    ///< 1 / (1 + e^-x)
TARE_VECTOR_FUNCTION(vlogsigmoid); ///< -log(1 + e^-x)
TARE_VECTOR_FUNCTION(vsoftplus);   ///< log(1 + e^x)
TARE_VECTOR_FUNCTION(verf);
TARE_VECTOR_FUNCTION(vgelu);       ///< x * (1 + erf(x / sqrt 2)) / 2
TARE_VECTOR_FUNCTION(vgelu_tanh);  ///< x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
TARE_VECTOR_FUNCTION(vsilu);       ///< x * sigmoid(x)
TARE_VECTOR_FUNCTION(vsin);
TARE_VECTOR_FUNCTION(vcos);

#undef TARE_VECTOR_FUNCTION

#define TARE_VECTOR_GRADIENT(name)                                     \
  void name(const float* x, const float* grad, float* dx, int64_t n);  \
  void name(const double* x, const double* grad, double* dx, int64_t n)

/// dx = grad * f'(x). dx may be x or grad.
TARE_VECTOR_GRADIENT(vgelu_backward);
TARE_VECTOR_GRADIENT(vgelu_tanh_backward);
TARE_VECTOR_GRADIENT(vsilu_backward);

#undef TARE_VECTOR_GRADIENT

}  // namespace tare::kernels
