// Norms of vectors along any axes, and normalisation by them.
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

// d||x||_p / dx = sign(x) |x|^(p-1) / y^(p-1), and 0 where that is not defined: at x = 0 for p < 2, and at y = 0.
// `y` has the reduced axes as 1.
Tensor norm_backward(const Tensor& grad, const Tensor& x, const Tensor& y, double p, const Shape& axes) {
  if (p == 0) return zeros_like(x);
  if (p == 1) return grad * kernels::sign(x);
  if (std::isinf(p)) {
    Tensor at = kernels::to(kernels::eq(kernels::abs(x), y.detach()), x.dtype());
    return grad * kernels::mul(kernels::sign(x), kernels::div(at, kernels::sum(at, axes, true)));
  }
  Tensor zero = kernels::eq(y, 0);
  Tensor divisor = where(zero, 1.0, y);
  if (p == 2) return x * where(zero, 0.0, grad / divisor);
  // Ratios |x| / y lie in [0, 1]: their powers do not overflow.
  Tensor flat = kernels::eq(x, 0);
  Tensor ratio = where(flat, 1.0, abs(x)) / divisor;
  return where(logical_or(flat, zero), 0.0, grad * (kernels::sign(x) * pow(ratio, p - 1)));
}

}  // namespace

Tensor norm(const Tensor& x, double p, const Shape& axes, bool keepdim) {
  if (!is_floating(x.dtype())) return norm(to(x, default_dtype()), p, axes, keepdim);
  Shape over = normalize_axes("norm", axes, x.dim()), kept = x.shape();
  for (int64_t a : over) kept[int(a)] = 1;
  return record("norm", kernels::norm(x, p, over, keepdim), from(x, [x = saved(x), p, over, kept](const Tensor& grad, const Tensor& y) {
                  return norm_backward(reshape(grad, kept), x, reshape(y, kept), p, over);
                }));
}

Tensor normalize(const Tensor& x, double p, int64_t axis, double eps) { return x / clamp(norm(x, p, {axis}, true), eps); }

}  // namespace tare
