// Order and selection: each value's gradient goes back to the element it came from.
#include "autograd/ops/sort.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/sort.h"

namespace tare {
namespace {

// `values` are elements of x along `axis` at positions `at`, both with the axis in place.
Tensor picked(const char* name, const Tensor& x, int axis, const Tensor& values, const Tensor& at) {
  return record(name, values, from(x, [shape = x.shape(), axis, at](const Tensor& grad) {
                  return scatter_add(zeros(shape, grad.dtype()), axis, at, grad);
                }));
}
// The same for one element a line, whose axis leaves unless keepdim.
ValuesAndIndices picked_one(const char* name, const Tensor& x, int axis, bool keepdim, const std::pair<Tensor, Tensor>& found) {
  Tensor values = picked(name, x, axis, found.first, found.second);
  if (keepdim || x.dim() == 0) return {values, found.second};
  return {squeeze(values, {axis}), squeeze(found.second, {axis})};
}

}  // namespace

ValuesAndIndices sort(const Tensor& x, int64_t axis, bool descending) {
  int a = normalize_axis("sort", axis, x.dim());
  auto [values, at] = kernels::sort(x, a, descending);
  return {picked("sort", x, a, values, at), at};
}
Tensor argsort(const Tensor& x, int64_t axis, bool descending) { return kernels::argsort(x, axis, descending); }
Tensor msort(const Tensor& x) { return sort(x, 0).values; }

ValuesAndIndices topk(const Tensor& x, int64_t k, int64_t axis, bool largest) {
  int a = normalize_axis("topk", axis, x.dim());
  auto [values, at] = kernels::topk(x, k, a, largest);
  return {picked("topk", x, a, values, at), at};
}
ValuesAndIndices kthvalue(const Tensor& x, int64_t k, int64_t axis, bool keepdim) {
  int a = normalize_axis("kthvalue", axis, x.dim());
  return picked_one("kthvalue", x, a, keepdim, kernels::kthvalue(x, k, a, true));
}
ValuesAndIndices median(const Tensor& x, int64_t axis, bool keepdim) {
  int a = normalize_axis("median", axis, x.dim());
  return picked_one("median", x, a, keepdim, kernels::median(x, a, true));
}
ValuesAndIndices mode(const Tensor& x, int64_t axis, bool keepdim) {
  int a = normalize_axis("mode", axis, x.dim());
  return picked_one("mode", x, a, keepdim, kernels::mode(x, a, true));
}

Tensor median(const Tensor& x) {
  check<IndexError>(x.numel() > 0, "median: a tensor of shape ", x.shape(), " has no element");
  Tensor flat = reshape(x.detach(), {-1});
  Tensor value = kernels::median(flat, 0).first;
  return record("median", value, from(x, [x = saved(x)](const Tensor& grad, const Tensor& y) {
                  Tensor at = isnan(y).item<bool>() ? isnan(x) : eq(x, y.detach());
                  return where(at, grad / count_nonzero(at), 0.0);
                }));
}

namespace {

// Where quantile q lies among n sorted numbers: between positions `below` and `below + 1`, with this weight for the second.
struct Rank {
  int64_t below, above;
  double weight;
};
Rank rank_of(double q, int64_t n, std::string_view interpolation) {
  check<ValueError>(q >= 0 && q <= 1, "quantile: expected q between 0 and 1, not ", q);
  double rank = q * double(n - 1);
  auto below = static_cast<int64_t>(std::floor(rank)), above = static_cast<int64_t>(std::ceil(rank));
  if (interpolation == "lower") return {below, below, 0};
  if (interpolation == "higher") return {above, above, 0};
  if (interpolation == "nearest") below = above = static_cast<int64_t>(std::nearbyint(rank));
  if (interpolation == "midpoint") return {below, above, above > below ? 0.5 : 0};
  return {below, above, rank - double(below)};
}

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, std::optional<int64_t> axis, bool keepdim, std::string_view interpolation) {
  check<ShapeError>(q.dim() <= 1, "quantile: expected one q or a list of them but its shape is ", q.shape());
  check<ConfigError>(interpolation == "linear" || interpolation == "lower" || interpolation == "higher" || interpolation == "midpoint" || interpolation == "nearest",
                     "quantile: unknown interpolation \"", interpolation, "\"; expected linear, lower, higher, midpoint or nearest");
  Tensor in = is_floating(x.dtype()) ? x : to(x, default_dtype());
  Tensor lines = axis ? in : reshape(in, {-1});
  int a = axis ? normalize_axis("quantile", *axis, x.dim()) : 0;
  if (lines.dim() == 0) lines = reshape(lines, {1});
  int64_t n = lines.shape()[a];
  check<IndexError>(n > 0, "quantile: a tensor of shape ", x.shape(), " has no element to choose");
  Tensor sorted = sort(lines, a).values;
  // Sorted, a NaN is the last of its line.
  Tensor last = select(sorted, a, n - 1), broken = isnan(last);
  Tensors found;
  for (double each : q.to_vector<double>()) {
    Rank r = rank_of(each, n, interpolation);
    Tensor value = select(sorted, a, r.below);
    if (r.weight != 0) value = lerp(value, select(sorted, a, r.above), r.weight);
    value = where(broken, last, value);
    if (keepdim) {
      Shape kept(x.dim(), 1);
      if (axis && x.dim() > 0) kept = x.shape(), kept[a] = 1;
      value = reshape(value, kept);
    }
    found.push_back(value);
  }
  if (q.dim() == 0) return found[0];
  check<ShapeError>(!found.empty(), "quantile: expected at least one q");
  return stack(found, 0);
}
Tensor quantile(const Tensor& x, double q, std::optional<int64_t> axis, bool keepdim, std::string_view interpolation) {
  return quantile(x, scalar(q, DType::float64), axis, keepdim, interpolation);
}

}  // namespace tare
