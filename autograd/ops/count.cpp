// Distinct elements, searching and counting: results without gradient.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "kernels/elementwise.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"
#include "kernels/sort.h"

namespace tare {

UniqueResult unique(const Tensor& x) {
  kernels::Unique u = kernels::unique(x);
  return {u.values, u.inverse, u.counts};
}
UniqueResult unique(const Tensor& x, int64_t axis) {
  kernels::Unique u = kernels::unique(x, axis);
  return {u.values, u.inverse, u.counts};
}

UniqueResult unique_consecutive(const Tensor& x) {
  Tensor flat = reshape(x.detach(), {-1});
  int64_t n = flat.numel();
  if (n == 0) return {flat, zeros(x.shape(), DType::int64), zeros({0}, DType::int64)};
  // A run starts where an element differs from the one before.
  Tensor starts = cat({full({1}, true), ne(narrow(flat, 0, 1, n - 1), narrow(flat, 0, 0, n - 1))});
  Tensor at = reshape(nonzero(starts), {-1});
  Tensor ends = cat({narrow(at, 0, 1, at.numel() - 1), full({1}, n, DType::int64)});
  return {index_select(flat, 0, at), reshape(kernels::sub(kernels::cumsum(starts, 0), 1), x.shape()), kernels::sub(ends, at)};
}

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) { return kernels::searchsorted(sorted, values, right); }
Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool right) {
  check<ShapeError>(boundaries.dim() == 1, "bucketize: expected boundaries in one dimension but their shape is ", boundaries.shape());
  return kernels::searchsorted(boundaries, x, right);
}
Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength) { return kernels::bincount(x, weights, minlength); }
Tensor histc(const Tensor& x, int64_t bins, double min, double max) { return kernels::histc(x, bins, min, max); }

Histogram histogram(const Tensor& x, const Tensor& edges, const Tensor& weight, bool density) {
  return {kernels::histogram(x, edges, weight, density), edges};
}
Histogram histogram(const Tensor& x, int64_t bins, std::optional<std::pair<double, double>> range, const Tensor& weight, bool density) {
  check<ValueError>(bins > 0, "histogram: expected at least one bin, not ", bins);
  double lo = 0, hi = 0;
  if (range) {
    lo = range->first, hi = range->second;
    check<ValueError>(lo <= hi, "histogram: expected a range with min <= max, not [", lo, ", ", hi, "]");
  } else if (x.numel() > 0) {
    lo = kernels::amin(x).item(), hi = kernels::amax(x).item();
  }
  if (lo == hi) lo -= 0.5, hi += 0.5;
  return histogram(x, linspace(lo, hi, bins + 1, kernels::floating_type(x.dtype())), weight, density);
}

Tensor isin(const Tensor& x, const Tensor& values) {
  Tensor sorted = kernels::sort(reshape(values.detach(), {-1}), 0).first;
  if (sorted.numel() == 0) return zeros(x.shape(), DType::boolean);
  Tensor at = kernels::minimum(kernels::searchsorted(sorted, x), sorted.numel() - 1);
  return eq(take(sorted, at), x);
}

}  // namespace tare
