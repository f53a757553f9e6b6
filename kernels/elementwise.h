// Elementwise kernels: one number in, one number out, over tensors of any strides.
//
// Tensors are plain values here: nothing is recorded. Results are new contiguous tensors. Operations of two tensors
// broadcast, and promote as promote.h says; what needs floating numbers computes integers in the default floating type.
// A `Scalar` in a tensor's place is a number that widens nothing of its own category.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace tare::kernels {

// ---- copies and conversions (cast.cpp, copy.cpp)

/// The values as another element type. A float to an integer truncates towards zero; anything but 0 is true. Always a copy.
Tensor to(const Tensor& x, DType dtype);
/// `x` itself when it is contiguous, a row-major copy otherwise.
Tensor contiguous(const Tensor& x);
/// A contiguous copy, always.
Tensor copy(const Tensor& x);
/// dst[...] = src, broadcast and converted. dst may have any strides without overlap.
void copy_into(const Tensor& dst, const Tensor& src);
/// dst[...] = value.
void fill(const Tensor& dst, const Scalar& value);
/// dst += alpha * src, broadcast. dst may have any strides; its type is kept.
void add_into(const Tensor& dst, const Tensor& src, double alpha = 1);
/// A view (stride 0 along new axes and axes of size 1) of shape `shape`. Throws ShapeError.
Tensor broadcast_to(const Tensor& x, const Shape& shape);

// ---- one input, floating results (integers are computed in the default floating type)

Tensor exp(const Tensor& x);
Tensor exp2(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);
Tensor reciprocal(const Tensor& x);
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
Tensor erf(const Tensor& x);
Tensor erfc(const Tensor& x);
Tensor erfinv(const Tensor& x);
/// log |Gamma(x)|.
Tensor lgamma(const Tensor& x);
/// d/dx lgamma(x).
Tensor digamma(const Tensor& x);
/// The n-th derivative of digamma, n >= 0.
Tensor polygamma(int64_t n, const Tensor& x);
Tensor sigmoid(const Tensor& x);
/// log(sigmoid(x)), without overflow.
Tensor logsigmoid(const Tensor& x);
/// log(1 + exp(beta x)) / beta, and x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// x sigmoid(x).
Tensor silu(const Tensor& x);
/// x Phi(x), Phi the normal distribution function.
Tensor gelu(const Tensor& x);
/// The tanh approximation of gelu.
Tensor gelu_tanh(const Tensor& x);

// ---- one input, same element type

Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);
Tensor square(const Tensor& x);
/// -1, 0 or 1; NaN stays NaN.
Tensor sign(const Tensor& x);
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
Tensor trunc(const Tensor& x);
/// To the nearest integer, halves to even; `decimals` digits after the point are kept.
Tensor round(const Tensor& x, int64_t decimals = 0);
/// x - trunc(x).
Tensor frac(const Tensor& x);
/// max(x, 0); NaN stays NaN.
Tensor relu(const Tensor& x);
/// x where x > 0, slope * x elsewhere.
Tensor leaky_relu(const Tensor& x, double slope = 0.01);
/// x where x > 0, alpha (exp(scale x) - 1) elsewhere.
Tensor elu(const Tensor& x, double alpha = 1, double scale = 1);
/// min(max(x, lo), hi); either bound may be missing. NaN stays NaN.
Tensor clamp(const Tensor& x, std::optional<Scalar> lo, std::optional<Scalar> hi);

// ---- one input, bool results

Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
Tensor logical_not(const Tensor& x);

// ---- two inputs

Tensor add(const Tensor& a, const Tensor& b);
Tensor add(const Tensor& a, const Scalar& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Scalar& b);
Tensor sub(const Scalar& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Scalar& b);
/// True division: integers give the default floating type.
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Scalar& b);
Tensor div(const Scalar& a, const Tensor& b);
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, const Scalar& b);
Tensor pow(const Scalar& a, const Tensor& b);
/// The larger of the two; NaN if either is.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor maximum(const Tensor& a, const Scalar& b);
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Scalar& b);
Tensor atan2(const Tensor& a, const Tensor& b);
Tensor hypot(const Tensor& a, const Tensor& b);
/// log(exp(a) + exp(b)) without overflow.
Tensor logaddexp(const Tensor& a, const Tensor& b);
/// a log(b), 0 where a is 0 (NaN where b is NaN).
Tensor xlogy(const Tensor& a, const Tensor& b);
Tensor xlogy(const Tensor& a, const Scalar& b);
Tensor xlogy(const Scalar& a, const Tensor& b);
/// The remainder with the sign of the dividend (C's fmod). Integer division by zero throws ValueError.
Tensor fmod(const Tensor& a, const Tensor& b);
Tensor fmod(const Tensor& a, const Scalar& b);
/// The remainder with the sign of the divisor (Python's %).
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, const Scalar& b);
Tensor remainder(const Scalar& a, const Tensor& b);
/// floor(a / b), of the promoted type.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, const Scalar& b);
Tensor floor_divide(const Scalar& a, const Tensor& b);
/// trunc(a / b), of the promoted type.
Tensor trunc_divide(const Tensor& a, const Tensor& b);
Tensor trunc_divide(const Tensor& a, const Scalar& b);

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
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);

// ---- several inputs

/// a where condition (bool), b elsewhere; all three broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
/// a + weight (b - a), exact at weight 0 and 1.
Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight);
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight);

}  // namespace tare::kernels
