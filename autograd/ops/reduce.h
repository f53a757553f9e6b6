// Reductions: many numbers to one, along axes.
//
// An empty list of axes means all of them; negative axes count from the end; keepdim leaves reduced axes with size 1.
#pragma once

#include <utility>

#include "core/tensor.h"

namespace tare {

/// Values, and where along the axis they were (int64, without gradient).
struct ValuesAndIndices {
  Tensor values, indices;
};

/// Sums of integers and bools are int64.
Tensor sum(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor mean(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// The same without the elements that are NaN.
Tensor nansum(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor nanmean(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor prod(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Sum of squared distances from the mean over n - correction.
Tensor var(const Tensor& x, const Shape& axes = {}, double correction = 1, bool keepdim = false);
Tensor std(const Tensor& x, const Shape& axes = {}, double correction = 1, bool keepdim = false);
std::pair<Tensor, Tensor> var_mean(const Tensor& x, const Shape& axes = {}, double correction = 1, bool keepdim = false);
std::pair<Tensor, Tensor> std_mean(const Tensor& x, const Shape& axes = {}, double correction = 1, bool keepdim = false);

/// Largest and smallest; equal extremes share the gradient.
Tensor amax(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
std::pair<Tensor, Tensor> aminmax(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
inline Tensor max(const Tensor& x) { return amax(x); }
inline Tensor min(const Tensor& x) { return amin(x); }
/// Along one axis, with the first position of the extreme, which gets the gradient.
ValuesAndIndices max(const Tensor& x, int64_t axis, bool keepdim = false);
ValuesAndIndices min(const Tensor& x, int64_t axis, bool keepdim = false);
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, int64_t axis, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, int64_t axis, bool keepdim = false);

Tensor any(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor all(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor count_nonzero(const Tensor& x, const Shape& axes = {}, bool keepdim = false);

Tensor logsumexp(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// (sum |x|^p)^(1/p), p any number or +-infinity. The derivative at 0 is 0.
Tensor norm(const Tensor& x, double p = 2, const Shape& axes = {}, bool keepdim = false);
/// x scaled to norm 1 along an axis; norms below eps count as eps.
Tensor normalize(const Tensor& x, double p = 2, int64_t axis = 1, double eps = 1e-12);

Tensor cumsum(const Tensor& x, int64_t axis);
Tensor cumprod(const Tensor& x, int64_t axis);
Tensor logcumsumexp(const Tensor& x, int64_t axis);
ValuesAndIndices cummax(const Tensor& x, int64_t axis);
ValuesAndIndices cummin(const Tensor& x, int64_t axis);
/// n-th differences of neighbours along an axis.
Tensor diff(const Tensor& x, int64_t n = 1, int64_t axis = -1);
/// Trapezoidal rule with spacing dx.
Tensor trapezoid(const Tensor& y, double dx = 1, int64_t axis = -1);

/// Sums the axes along which `shape` was broadcast to x's shape: broadcasting's adjoint.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// Broadcasts to `shape` without copying: sum_to's adjoint. A size of -1 keeps x's own.
Tensor expand(const Tensor& x, const Shape& shape);

}  // namespace tare
