// Running sums, products, extremes and logsumexp along one axis. Floats accumulate in double precision.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "kernels/middle_axis.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"

namespace tare::kernels {
namespace {

constexpr int64_t kScanColumns = 256;
constexpr int64_t kScanGrain = 16384;

// Calls f(first element, columns) for blocks of neighbouring columns; elements along the axis are m.inner apart.
template <class F>
void for_columns(const MiddleAxis& m, F&& f) {
  if (m.n == 0) return;
  int64_t width = std::min(m.inner, kScanColumns);
  if (width == 0) return;
  int64_t chunks = (m.inner + width - 1) / width;
  parallel_for(m.outer * chunks, std::max<int64_t>(1, kScanGrain / (m.n * width)), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t c = u % chunks * width;
      f(u / chunks * m.n * m.inner + c, std::min(width, m.inner - c));
    }
  });
}

template <class T, class Acc, class F>
Tensor scan(const MiddleAxis& m, Acc start, const F& f) {
  Tensor out = empty(m.x.shape(), dtype_of<T>::value);
  const T* x = m.x.data<T>();
  T* y = out.mutable_data<T>();
  for_columns(m, [&](int64_t at, int64_t count) {
    Acc acc[kScanColumns];
    std::fill_n(acc, count, start);
    for (int64_t r = 0; r < m.n; r++, at += m.inner)
      for (int64_t c = 0; c < count; c++) {
        acc[c] = f(acc[c], Acc(x[at + c]));
        y[at + c] = static_cast<T>(acc[c]);
      }
  });
  return out;
}

// Integers and bools are taken as int64.
template <class F>
Tensor scan_numbers(const char* what, const Tensor& x, int64_t axis, int start, const F& f) {
  MiddleAxis m(what, is_floating(x.dtype()) || x.dtype() == DType::int64 ? x : to(x, DType::int64), axis);
  if (x.dtype() == DType::float32) return scan<float>(m, double(start), f);
  if (x.dtype() == DType::float64) return scan<double>(m, double(start), f);
  return scan<int64_t>(m, int64_t(start), f);
}

template <bool larger>
std::pair<Tensor, Tensor> running_extreme(const char* what, const Tensor& x, int64_t axis) {
  MiddleAxis m(what, x, axis);
  Tensor values = empty(x.shape(), x.dtype()), where = empty(x.shape(), DType::int64);
  dispatch(x.dtype(), [&]<class T>() {
    const T* in = m.x.data<T>();
    T* best = values.mutable_data<T>();
    int64_t* at = where.mutable_data<int64_t>();
    for_columns(m, [&](int64_t first, int64_t count) {
      for (int64_t c = 0; c < count; c++) {
        T so_far = in[first + c];
        int64_t position = 0;
        for (int64_t r = 0, i = first + c; r < m.n; r++, i += m.inner) {
          T v = in[i];
          if (v != v || (so_far == so_far && (larger ? v >= so_far : v <= so_far))) so_far = v, position = r;
          best[i] = so_far;
          at[i] = position;
        }
      }
    });
  });
  return {values, where};
}

}  // namespace

Tensor cumsum(const Tensor& x, int64_t axis) {
  return scan_numbers("cumsum", x, axis, 0, [](auto a, auto v) { return a + v; });
}
Tensor cumprod(const Tensor& x, int64_t axis) {
  return scan_numbers("cumprod", x, axis, 1, [](auto a, auto v) { return a * v; });
}
std::pair<Tensor, Tensor> cummax(const Tensor& x, int64_t axis) { return running_extreme<true>("cummax", x, axis); }
std::pair<Tensor, Tensor> cummin(const Tensor& x, int64_t axis) { return running_extreme<false>("cummin", x, axis); }

Tensor logcumsumexp(const Tensor& x, int64_t axis) {
  auto step = [](double a, double v) {
    if (a == v && std::isinf(a)) return a;
    double larger = a > v || a != a ? a : v;
    return larger + std::log1p(std::exp(-std::abs(a - v)));
  };
  MiddleAxis m("logcumsumexp", is_floating(x.dtype()) ? x : to(x, default_dtype()), axis);
  double nothing = -std::numeric_limits<double>::infinity();
  return m.x.dtype() == DType::float32 ? scan<float>(m, nothing, step) : scan<double>(m, nothing, step);
}

}  // namespace tare::kernels
