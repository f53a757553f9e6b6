// Reductions: many numbers in, one out, along any axes of tensors of any strides.
//
// An empty list of axes means all of them; `keepdim` leaves reduced axes in place with size 1. Every sum is taken in a
// fixed order that depends on the shape alone, with partial sums of short runs that are themselves summed in double
// precision, so that results are the same bits for any number of threads and nearly exact for long axes.
#pragma once

#include <utility>

#include "core/tensor.h"

namespace tare::kernels {

// ---- along any axes

/// Sums of bools and integers are int64. The sum of nothing is 0.
Tensor sum(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Integers give the default floating type. The mean of nothing is NaN.
Tensor mean(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Products of bools and integers are int64. The product of nothing is 1.
Tensor prod(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// The largest element, NaN if there is one. Throws ValueError where there is nothing to choose from.
Tensor amax(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Whether any (every) element is not 0. NaN counts as not 0.
Tensor any(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor all(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// How many elements are not 0: int64.
Tensor count_nonzero(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Sum of squared distances from the mean over (n - correction), in two passes. NaN where n <= correction and n is 0 or the sum is 0.
Tensor var(const Tensor& x, const Shape& axes = {}, double correction = 1, bool keepdim = false);
/// log(sum(exp(x))) without overflow; -inf for nothing.
Tensor logsumexp(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// (sum |x|^p)^(1/p); p may be 0 (how many are not 0), +-infinity (largest, smallest absolute value) or any other number.
Tensor norm(const Tensor& x, double p = 2, const Shape& axes = {}, bool keepdim = false);
/// Sums over the axes along which `shape` was broadcast to x's shape; the result has shape `shape`.
Tensor sum_to(const Tensor& x, const Shape& shape);

// ---- along one axis, with positions (int64). Of equal extremes the first counts; a NaN counts as the extreme.

std::pair<Tensor, Tensor> max(const Tensor& x, int64_t axis, bool keepdim = false);
std::pair<Tensor, Tensor> min(const Tensor& x, int64_t axis, bool keepdim = false);
Tensor argmax(const Tensor& x, int64_t axis, bool keepdim = false);
Tensor argmin(const Tensor& x, int64_t axis, bool keepdim = false);
/// Position in the flattened tensor, 0-d.
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);

// ---- running, along one axis; shapes stay

Tensor cumsum(const Tensor& x, int64_t axis);
Tensor cumprod(const Tensor& x, int64_t axis);
/// The largest so far and where it was; of equal ones the last counts, as in PyTorch.
std::pair<Tensor, Tensor> cummax(const Tensor& x, int64_t axis);
std::pair<Tensor, Tensor> cummin(const Tensor& x, int64_t axis);
Tensor logcumsumexp(const Tensor& x, int64_t axis);

}  // namespace tare::kernels
