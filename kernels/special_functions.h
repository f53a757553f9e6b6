// Special functions the C library lacks or evaluates with side effects, in double precision.
#pragma once

#include <cstdint>

namespace tare::kernels::special {

/// x with erf(x) = y; infinite at +-1, NaN outside [-1, 1].
double erfinv(double y);
/// log |Gamma(x)|; infinite at 0, -1, -2, ... Does not touch the C library's global sign.
double lgamma(double x);
/// Gamma'(x) / Gamma(x); NaN at negative integers, infinite with the opposite sign at +-0.
double digamma(double x);
/// The n-th derivative of digamma, n >= 1.
double polygamma(int64_t n, double x);

}  // namespace tare::kernels::special
