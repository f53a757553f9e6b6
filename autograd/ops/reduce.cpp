// Reductions along any axes.
#include "autograd/ops/reduce.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

/// The shape of a reduction's result with the reduced axes kept as 1: what its gradient broadcasts from.
Shape kept_shape(const Shape& shape, const Shape& axes) {
  Shape kept = shape;
  for (int64_t a : axes) kept[int(a)] = 1;
  return kept;
}

/// How many elements meet in one.
double reduced_count(const Shape& shape, const Shape& axes) {
  double n = 1;
  for (int64_t a : axes) n *= double(shape[int(a)]);
  return n;
}

// Equal extremes share the gradient evenly.
Tensor to_extremes(const Tensor& grad, const Tensor& y, const Tensor& x, const Shape& axes, const Shape& kept) {
  Tensor at = kernels::to(kernels::eq(x, reshape(y.detach(), kept)), x.dtype());
  return reshape(grad, kept) * kernels::div(at, kernels::sum(at, axes, true));
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("sum", axes, x.dim());
  return record("sum", kernels::sum(x, over, keepdim), from(x, [shape = x.shape(), kept = kept_shape(x.shape(), over)](const Tensor& grad) {
                  return expand(reshape(grad, kept), shape);
                }));
}

Tensor mean(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("mean", axes, x.dim());
  double n = reduced_count(x.shape(), over);
  return record("mean", kernels::mean(x, over, keepdim), from(x, [n, shape = x.shape(), kept = kept_shape(x.shape(), over)](const Tensor& grad) {
                  return expand(reshape(grad, kept) / n, shape);
                }));
}

Tensor nansum(const Tensor& x, const Shape& axes, bool keepdim) {
  return is_floating(x.dtype()) ? sum(where(isnan(x), 0.0, x), axes, keepdim) : sum(x, axes, keepdim);
}
Tensor nanmean(const Tensor& x, const Shape& axes, bool keepdim) {
  if (!is_floating(x.dtype())) return mean(x, axes, keepdim);
  return nansum(x, axes, keepdim) / kernels::sum(kernels::logical_not(kernels::isnan(x)), axes, keepdim);
}

// d var / dx = 2 (x - mean) / (n - correction).
Tensor var(const Tensor& x, const Shape& axes, double correction, bool keepdim) {
  Shape over = normalize_axes("var", axes, x.dim());
  double n = std::max(0.0, reduced_count(x.shape(), over) - correction);
  return record("var", kernels::var(x, over, correction, keepdim),
                from(x, [x = saved(x), n, over, kept = kept_shape(x.shape(), over)](const Tensor& grad) {
                  return reshape(grad, kept) * (2 / n) * (x - mean(x, over, true));
                }));
}
// sqrt(var), with derivative 0 instead of infinity where the deviation is 0.
Tensor std(const Tensor& x, const Shape& axes, double correction, bool keepdim) {
  Shape over = normalize_axes("std", axes, x.dim());
  double n = std::max(0.0, reduced_count(x.shape(), over) - correction);
  return record("std", kernels::sqrt(kernels::var(x, over, correction, keepdim)),
                from(x, [x = saved(x), n, over, kept = kept_shape(x.shape(), over)](const Tensor& grad, const Tensor& y) {
                  Tensor zero = kernels::eq(y, 0);
                  Tensor scale = where(zero, 0.0, grad / where(zero, 1.0, y));
                  return reshape(scale, kept) * (1 / n) * (x - mean(x, over, true));
                }));
}
std::pair<Tensor, Tensor> var_mean(const Tensor& x, const Shape& axes, double correction, bool keepdim) {
  return {var(x, axes, correction, keepdim), mean(x, axes, keepdim)};
}
std::pair<Tensor, Tensor> std_mean(const Tensor& x, const Shape& axes, double correction, bool keepdim) {
  return {std(x, axes, correction, keepdim), mean(x, axes, keepdim)};
}

Tensor amax(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("amax", axes, x.dim());
  return record("amax", kernels::amax(x, over, keepdim),
                from(x, [x = saved(x), over, kept = kept_shape(x.shape(), over)](const Tensor& grad, const Tensor& y) { return to_extremes(grad, y, x, over, kept); }));
}
Tensor amin(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("amin", axes, x.dim());
  return record("amin", kernels::amin(x, over, keepdim),
                from(x, [x = saved(x), over, kept = kept_shape(x.shape(), over)](const Tensor& grad, const Tensor& y) { return to_extremes(grad, y, x, over, kept); }));
}
std::pair<Tensor, Tensor> aminmax(const Tensor& x, const Shape& axes, bool keepdim) { return {amin(x, axes, keepdim), amax(x, axes, keepdim)}; }

Tensor any(const Tensor& x, const Shape& axes, bool keepdim) { return kernels::any(x, axes, keepdim); }
Tensor all(const Tensor& x, const Shape& axes, bool keepdim) { return kernels::all(x, axes, keepdim); }
Tensor count_nonzero(const Tensor& x, const Shape& axes, bool keepdim) { return kernels::count_nonzero(x, axes, keepdim); }

// d/dx = exp(x - y): the softmax. Where y is infinite the difference would be NaN; a sum of nothing has no slope.
Tensor logsumexp(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("logsumexp", axes, x.dim());
  return record("logsumexp", kernels::logsumexp(x, over, keepdim),
                from(x, [x = saved(x), kept = kept_shape(x.shape(), over)](const Tensor& grad, const Tensor& y) {
                  Tensor peak = reshape(where(kernels::isinf(y), 0.0, y), kept);
                  return reshape(grad, kept) * exp(x - peak);
                }));
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record("sum_to", kernels::sum_to(x, shape), from(x, [shape = x.shape()](const Tensor& grad) { return expand(grad, shape); }));
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Shape wanted = shape;
  for (int d = 0; d < wanted.size(); d++) {
    int own = d - (wanted.size() - x.dim());
    if (wanted[d] != -1) continue;
    check<ShapeError>(own >= 0, "expand: -1 stands for a size of the tensor's own, but ", shape, " has it on a new axis of ", x.shape());
    wanted[d] = x.shape()[own];
  }
  // record sums the gradient back to x's shape by itself.
  return record("expand", kernels::broadcast_to(x, wanted), from(x, [](const Tensor& grad) { return grad; }));
}

}  // namespace tare
