// Searching in sorted lists, and counting.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"
#include "kernels/sort.h"

namespace tare::kernels {
namespace {

Tensor in_type(const Tensor& x, DType type) { return contiguous(x.dtype() == type ? x : to(x, type)); }

// NaN is larger than every number, as in sort.
template <class T>
int64_t insertion_point(const T* sorted, int64_t n, T v, bool right) {
  auto less = [](T a, T b) { return a == a && (b != b || a < b); };
  return (right ? std::upper_bound(sorted, sorted + n, v, less) : std::lower_bound(sorted, sorted + n, v, less)) - sorted;
}

}  // namespace

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  check<ShapeError>(sorted.dim() >= 1, "searchsorted: expected at least one dimension of sorted numbers but the tensor is 0-d");
  bool shared = sorted.dim() == 1;
  check<ShapeError>(shared || (sorted.dim() == values.dim() && sorted.shape().slice(0, -1) == values.shape().slice(0, -1)), "searchsorted: sorted numbers of shape ",
                    sorted.shape(), " and values of shape ", values.shape(), " must agree in all but the last dimension, or the former have one");
  DType type = promote(sorted.dtype(), values.dtype());
  Tensor s = in_type(sorted, type), v = in_type(values, type), out = empty(values.shape(), DType::int64);
  int64_t n = sorted.size(-1), row = shared ? values.numel() : values.size(-1);
  dispatch(type, [&]<class T>() {
    const T *list = s.data<T>(), *x = v.data<T>();
    int64_t* at = out.mutable_data<int64_t>();
    parallel_for(values.numel(), 2048, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) at[i] = insertion_point(list + (shared ? 0 : i / row * n), n, x[i], right);
    });
  });
  return out;
}

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength) {
  check<DTypeError>(x.dtype() == DType::int64 || x.dtype() == DType::uint8, "bincount: expected whole numbers but they are ", x.dtype());
  check<ShapeError>(x.dim() == 1, "bincount: expected one dimension but the shape is ", x.shape());
  check<ValueError>(minlength >= 0, "bincount: expected minlength of at least 0, not ", minlength);
  check<ShapeError>(!weights.defined() || weights.shape() == x.shape(), "bincount: expected weights of shape ", x.shape(), " but they have ",
                    weights.defined() ? weights.shape() : Shape{});
  Tensor v = in_type(x, DType::int64);
  const int64_t* p = v.data<int64_t>();
  int64_t n = x.numel(), length = minlength;
  for (int64_t i = 0; i < n; i++) {
    check<ValueError>(p[i] >= 0, "bincount: expected numbers of at least 0, not ", p[i]);
    check<ValueError>(p[i] < (int64_t{1} << 40), "bincount: ", p[i], " is too large to count up to");
    length = std::max(length, p[i] + 1);
  }
  if (!weights.defined()) {
    Tensor out = zeros_raw({length}, DType::int64);
    for (int64_t i = 0; i < n; i++) out.mutable_data<int64_t>()[p[i]]++;
    return out;
  }
  Tensor w = in_type(weights, weights.dtype() == DType::float32 ? DType::float32 : DType::float64);
  Tensor out = zeros_raw({length}, w.dtype());
  dispatch_floating("bincount", w.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < n; i++) out.mutable_data<T>()[p[i]] += w.data<T>()[i];
  });
  return out;
}

Tensor histogram(const Tensor& x, const Tensor& edges, const Tensor& weights, bool density) {
  check<ShapeError>(edges.dim() == 1 && edges.numel() >= 2, "histogram: expected at least two edges in one dimension but their shape is ", edges.shape());
  check<ShapeError>(!weights.defined() || weights.shape() == x.shape(), "histogram: expected weights of shape ", x.shape());
  DType type = floating_type(x.dtype());
  Tensor v = in_type(x, DType::float64), e = in_type(edges, DType::float64), w = weights.defined() ? in_type(weights, DType::float64) : Tensor{};
  int64_t bins = edges.numel() - 1;
  const double *p = v.data<double>(), *edge = e.data<double>();
  for (int64_t i = 0; i < bins; i++) check<ValueError>(edge[i] <= edge[i + 1], "histogram: edges must not fall, but ", edge[i], " comes before ", edge[i + 1]);
  Tensor counts = zeros_raw({bins}, DType::float64);
  double* c = counts.mutable_data<double>();
  double total = 0;
  for (int64_t i = 0, n = x.numel(); i < n; i++) {
    if (!(p[i] >= edge[0] && p[i] <= edge[bins])) continue;
    int64_t bin = std::min(insertion_point(edge, bins + 1, p[i], true) - 1, bins - 1);
    double weight = w.defined() ? w.data<double>()[i] : 1.0;
    c[bin] += weight;
    total += weight;
  }
  if (density)
    for (int64_t i = 0; i < bins; i++) c[i] /= total * (edge[i + 1] - edge[i]);
  return to(counts, type);
}

Tensor histc(const Tensor& x, int64_t bins, double lo, double hi) {
  check<ValueError>(bins > 0, "histc: expected at least one bin, not ", bins);
  DType type = floating_type(x.dtype());
  if (lo == 0 && hi == 0 && x.numel() > 0) {
    lo = amin(x).item();
    hi = amax(x).item();
  }
  if (lo == hi) lo -= 1, hi += 1;
  check<ValueError>(lo < hi && std::isfinite(lo) && std::isfinite(hi), "histc: expected a finite range with lo < hi, not [", lo, ", ", hi, "]");
  Tensor v = in_type(x, DType::float64), counts = zeros_raw({bins}, DType::float64);
  const double* p = v.data<double>();
  double* c = counts.mutable_data<double>();
  for (int64_t i = 0, n = x.numel(); i < n; i++)
    if (p[i] >= lo && p[i] <= hi) c[std::min(bins - 1, static_cast<int64_t>((p[i] - lo) / (hi - lo) * double(bins)))]++;
  return to(counts, type);
}

}  // namespace tare::kernels
