// Elementwise operations: NumPy broadcasting, PyTorch's names and promotion.
//
// A Scalar in a tensor's place is a number: it widens nothing of its own category. Functions that need floating numbers
// compute integers in the default floating type. Derivatives at kinks are PyTorch's: zero for abs and relu at 0, for rounding
// and for sign; equal values of maximum and minimum share the gradient. Comparisons and tests give bools without gradient.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace tare {

/// The values as another dtype; the gradient is cast back.
Tensor to(const Tensor& x, DType dtype);

// ---- arithmetic (elementwise.cpp)

Tensor neg(const Tensor& x);
Tensor add(const Tensor& a, const Tensor& b);
Tensor add(const Tensor& a, const Scalar& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Scalar& b);
Tensor sub(const Scalar& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Scalar& b);
/// True division; integers give the default floating type.
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Scalar& b);
Tensor div(const Scalar& a, const Tensor& b);
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, const Scalar& exponent);
Tensor pow(const Scalar& base, const Tensor& b);
Tensor square(const Tensor& x);
Tensor reciprocal(const Tensor& x);
/// input + value * a * b.
Tensor addcmul(const Tensor& input, const Tensor& a, const Tensor& b, double value = 1);
/// input + value * a / b.
Tensor addcdiv(const Tensor& input, const Tensor& a, const Tensor& b, double value = 1);

// ---- functions of one number (unary.cpp, special.cpp)

Tensor abs(const Tensor& x);
Tensor sign(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor exp2(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tan(const Tensor& x);
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor asinh(const Tensor& x);
Tensor acosh(const Tensor& x);
Tensor atanh(const Tensor& x);
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
Tensor trunc(const Tensor& x);
/// Halves to even; `decimals` digits after the point are kept.
Tensor round(const Tensor& x, int64_t decimals = 0);
/// x - trunc(x).
Tensor frac(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor erfc(const Tensor& x);
Tensor erfinv(const Tensor& x);
/// log |Gamma(x)|.
Tensor lgamma(const Tensor& x);
Tensor digamma(const Tensor& x);
/// The n-th derivative of digamma.
Tensor polygamma(int64_t n, const Tensor& x);
Tensor sigmoid(const Tensor& x);
/// log(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given.
Tensor logit(const Tensor& x, std::optional<double> eps = {});
/// sin(pi x) / (pi x), 1 at 0.
Tensor sinc(const Tensor& x);
Tensor deg2rad(const Tensor& x);
Tensor rad2deg(const Tensor& x);
/// NaN, inf and -inf replaced; by default with 0 and the largest finite numbers.
Tensor nan_to_num(const Tensor& x, double nan = 0, std::optional<double> posinf = {}, std::optional<double> neginf = {});

// ---- functions of two numbers (binary.cpp)

Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// maximum and minimum that ignore a NaN beside a number.
Tensor fmax(const Tensor& a, const Tensor& b);
Tensor fmin(const Tensor& a, const Tensor& b);
Tensor atan2(const Tensor& a, const Tensor& b);
Tensor hypot(const Tensor& a, const Tensor& b);
/// log(exp(a) + exp(b)).
Tensor logaddexp(const Tensor& a, const Tensor& b);
Tensor logaddexp2(const Tensor& a, const Tensor& b);
/// a log(b), 0 where a is 0.
Tensor xlogy(const Tensor& a, const Tensor& b);
Tensor xlogy(const Tensor& a, const Scalar& b);
Tensor xlogy(const Scalar& a, const Tensor& b);
/// Remainder with the sign of the dividend.
Tensor fmod(const Tensor& a, const Tensor& b);
Tensor fmod(const Tensor& a, const Scalar& b);
/// Remainder with the sign of the divisor.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, const Scalar& b);
Tensor remainder(const Scalar& a, const Tensor& b);
/// floor(a / b) of the promoted type; no gradient.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, const Scalar& b);
Tensor floor_divide(const Scalar& a, const Tensor& b);
/// trunc(a / b) of the promoted type; no gradient.
Tensor trunc_divide(const Tensor& a, const Tensor& b);
Tensor trunc_divide(const Tensor& a, const Scalar& b);
/// |a| with the sign of b.
Tensor copysign(const Tensor& a, const Tensor& b);
/// 0 where x < 0, 1 where x > 0, `values` where x is 0; no gradient.
Tensor heaviside(const Tensor& x, const Tensor& values);

// ---- several inputs (select.cpp)

/// a where condition (bool), b elsewhere.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
/// min(max(x, lo), hi); the gradient flows where lo <= x <= hi.
Tensor clamp(const Tensor& x, std::optional<Scalar> lo, std::optional<Scalar> hi = {});
/// The same with bounds that are tensors (either may be undefined) and get gradients where they hold.
Tensor clamp(const Tensor& x, const Tensor& lo, const Tensor& hi);
/// a + weight (b - a).
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight);
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight);

// ---- comparisons and tests: bools, no gradient (compare.cpp)

Tensor eq(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, const Scalar& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Scalar& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Scalar& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Scalar& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Scalar& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Scalar& b);
Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
Tensor signbit(const Tensor& x);
Tensor logical_not(const Tensor& x);
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
/// |a - b| <= atol + rtol |b|, elementwise.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether isclose holds everywhere.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether shapes and all elements are equal.
bool equal(const Tensor& a, const Tensor& b);

// ---- operators

inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator+(const Tensor& a, const Scalar& b) { return add(a, b); }
inline Tensor operator+(const Scalar& a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator-(const Tensor& a, const Scalar& b) { return sub(a, b); }
inline Tensor operator-(const Scalar& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(const Tensor& a, const Scalar& b) { return mul(a, b); }
inline Tensor operator*(const Scalar& a, const Tensor& b) { return mul(b, a); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator/(const Tensor& a, const Scalar& b) { return div(a, b); }
inline Tensor operator/(const Scalar& a, const Tensor& b) { return div(a, b); }
/// Rebinds x to x + y; the old tensor is not written.
inline Tensor& operator+=(Tensor& x, const Tensor& y) { return x = add(x, y); }
inline Tensor& operator-=(Tensor& x, const Tensor& y) { return x = sub(x, y); }
inline Tensor& operator*=(Tensor& x, const Tensor& y) { return x = mul(x, y); }
inline Tensor& operator/=(Tensor& x, const Tensor& y) { return x = div(x, y); }

}  // namespace tare
