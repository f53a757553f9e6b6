#include "optim/rows.h"

#include "core/cpu.h"
#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"

namespace tare::optim {
namespace {

/// Rows to a task of the parallel loop.
int64_t together(int64_t length) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, length)); }

template <class T>
[[gnu::always_inline]] inline RowSums sums_of(const T* __restrict w, const T* __restrict g, int64_t n) {
  constexpr int64_t kLanes = 8;  // independent chains, combined in a fixed order
  double ww[kLanes] = {}, wg[kLanes] = {}, gg[kLanes] = {}, sum[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int64_t k = 0; k < kLanes; k++) {
      double a = double(w[i + k]), b = double(g[i + k]);
      ww[k] += a * a, wg[k] += a * b, gg[k] += b * b, sum[k] += b;
    }
  for (int64_t k = 0; i < n; i++, k++) {
    double a = double(w[i]), b = double(g[i]);
    ww[k] += a * a, wg[k] += a * b, gg[k] += b * b, sum[k] += b;
  }
  RowSums s;
  for (int64_t k = 0; k < kLanes; k++) s += {ww[k], wg[k], gg[k], sum[k]};
  return s;
}
template <class T>
TARE_WIDE RowSums wide_sums(const T* w, const T* g, int64_t n) {
  return sums_of(w, g, n);
}
template <class T>
RowSums plain_sums(const T* w, const T* g, int64_t n) {
  return sums_of(w, g, n);
}

}  // namespace

RowSums& RowSums::operator+=(const RowSums& o) {
  ww += o.ww, wg += o.wg, gg += o.gg, g += o.g;
  return *this;
}

int64_t rows_of(const Tensor& w) { return w.dim() > 1 ? w.size(0) : 1; }

std::vector<RowSums> row_sums(const Tensor& w, const Tensor& g) {
  int64_t rows = rows_of(w), n = rows ? w.numel() / rows : 0;
  std::vector<RowSums> out(static_cast<size_t>(rows));
  kernels::count_work(7 * w.numel(), 2 * kernels::bytes_of(w));
  dispatch_floating("row_sums", w.dtype(), [&]<class T>() {
    const T *a = w.data<T>(), *b = g.data<T>();
    auto sums = has_wide_vectors() ? &wide_sums<T> : &plain_sums<T>;
    parallel_for(rows, together(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) out[size_t(r)] = sums(a + r * n, b + r * n, n);
    });
  });
  return out;
}

}  // namespace tare::optim
