// Products and running sums.
#include <algorithm>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

Tensor reversed_cumsum(const Tensor& x, int axis) { return flip(cumsum(flip(x, {axis}), axis), {axis}); }

bool has_zero(const Tensor& x) { return kernels::any(kernels::eq(x, 0)).item<bool>(); }

// The product of all the others along an axis: what stands before times what stands after, which divides by nothing.
Tensor product_of_others(const Tensor& x, int axis) {
  int64_t n = x.shape()[axis];
  Shape edge = x.shape();
  edge[axis] = 1;
  Tensor one = ones(edge, x.dtype());
  Tensor before = cumprod(cat({one, narrow(x, axis, 0, n - 1)}, axis), axis);
  Tensor after = flip(cumprod(flip(cat({narrow(x, axis, 1, n - 1), one}, axis), {axis}), axis), {axis});
  return before * after;
}

// d prod / dx_i is the product of all the others: y / x_i where no factor is 0.
Tensor prod_backward(const Tensor& grad, const Tensor& x, const Tensor& y, const Shape& axes) {
  if (x.numel() == 0) return zeros_like(x);
  if (!has_zero(x)) return grad * y / x;
  // The reduced axes, moved to the end and merged, are one axis.
  Shape order, kept;
  for (int d = 0; d < x.dim(); d++)
    if (std::find(axes.begin(), axes.end(), d) == axes.end()) order.push_back(d), kept.push_back(x.shape()[d]);
  for (int64_t a : axes) order.push_back(a);
  Shape back(order.size(), 0), moved;
  for (int i = 0; i < order.size(); i++) back[int(order[i])] = i, moved.push_back(x.shape()[int(order[i])]);
  Shape rows = kept;
  rows.push_back(-1);
  Tensor others = product_of_others(reshape(permute(x, order), rows), kept.size());
  return grad * permute(reshape(others, moved), back);
}

// y_j = x_0 ... x_j, so dx_k = sum over j >= k of G_j y_j / x_k. With a zero among the factors the quotient is written out:
// the product before k times the running products after k.
Tensor cumprod_backward(const Tensor& grad, const Tensor& x, const Tensor& y, int axis) {
  if (x.numel() == 0) return zeros_like(x);
  if (!has_zero(x)) return reversed_cumsum(grad * y, axis) / x;
  int64_t n = x.shape()[axis];
  Shape edge = x.shape();
  edge[axis] = 1;
  Tensors parts;
  for (int64_t k = 0; k < n; k++) {
    Tensor before = k ? prod(narrow(x, axis, 0, k), {axis}, true) : ones(edge, x.dtype());
    Tensor omitted = before;
    if (k + 1 < n) omitted = cat({before, before * cumprod(narrow(x, axis, k + 1, n - k - 1), axis)}, axis);
    parts.push_back(sum(narrow(grad, axis, k, n - k) * omitted, {axis}, true));
  }
  return cat(parts, axis);
}

}  // namespace

Tensor prod(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("prod", axes, x.dim()), kept = x.shape();
  for (int64_t a : over) kept[int(a)] = 1;
  return record("prod", kernels::prod(x, over, keepdim), from(x, [x = saved(x), over, kept](const Tensor& grad, const Tensor& y) {
                  return prod_backward(reshape(grad, kept), x, reshape(y, kept), over);
                }));
}

Tensor cumsum(const Tensor& x, int64_t axis) {
  int a = normalize_axis("cumsum", axis, x.dim());
  if (x.dim() == 0) return reshape(cumsum(reshape(x, {1}), 0), {});
  return record("cumsum", kernels::cumsum(x, a), from(x, [a](const Tensor& grad) { return reversed_cumsum(grad, a); }));
}

Tensor cumprod(const Tensor& x, int64_t axis) {
  int a = normalize_axis("cumprod", axis, x.dim());
  if (x.dim() == 0) return reshape(cumprod(reshape(x, {1}), 0), {});
  return record("cumprod", kernels::cumprod(x, a),
                from(x, [x = saved(x), a](const Tensor& grad, const Tensor& y) { return cumprod_backward(grad, x, y, a); }));
}

// y_j = log sum_{i <= j} exp x_i, so dx_i = sum over j >= i of G_j exp(x_i - y_j). In logarithms of |G|, positive and negative
// parts apart, this is again a running logsumexp, from the end, and does not overflow.
Tensor logcumsumexp(const Tensor& x, int64_t axis) {
  int a = normalize_axis("logcumsumexp", axis, x.dim());
  if (x.dim() == 0) return reshape(logcumsumexp(reshape(x, {1}), 0), {});
  return record("logcumsumexp", kernels::logcumsumexp(x, a), from(x, [x = saved(x), a](const Tensor& grad, const Tensor& y) {
                  auto part = [&](const Tensor& g) {
                    Tensor positive = kernels::gt(g, 0);
                    Tensor logs = where(positive, log(where(positive, g, 1.0)) - y, -std::numeric_limits<double>::infinity());
                    return exp(x + flip(logcumsumexp(flip(logs, {a}), a), {a}));
                  };
                  return part(grad) - part(-grad);
                }));
}

Tensor diff(const Tensor& x, int64_t n, int64_t axis) {
  check<ValueError>(n >= 0, "diff: expected an order of at least 0, not ", n);
  check<ShapeError>(x.dim() > 0, "diff: expected at least one dimension");
  int a = normalize_axis("diff", axis, x.dim());
  Tensor y = x;
  for (int64_t i = 0; i < n && y.shape()[a] > 0; i++) {
    int64_t m = y.shape()[a] - 1;
    Tensor later = narrow(y, a, 1, m), earlier = narrow(y, a, 0, m);
    y = y.dtype() == DType::boolean ? logical_xor(later, earlier) : later - earlier;
  }
  return y;
}

Tensor trapezoid(const Tensor& y, double dx, int64_t axis) {
  int a = normalize_axis("trapezoid", axis, y.dim());
  check<ShapeError>(y.dim() > 0, "trapezoid: expected at least one dimension");
  int64_t n = y.shape()[a];
  if (n < 2) return sum(y, {a}) * 0.0;
  return (sum(narrow(y, a, 0, n - 1), {a}) + sum(narrow(y, a, 1, n - 1), {a})) * (dx / 2);
}

}  // namespace tare
