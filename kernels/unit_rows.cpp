// One pass over each row for its sums and one, from L1, for the result: bound by memory in both directions.
#include "kernels/unit_rows.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/norm_runs.h"

namespace tare::kernels {
namespace {

constexpr int64_t kUnitRowsGrain = 16384;  // numbers a piece

template <class F>
void for_row_pieces(int64_t rows, int64_t n, F f) {
  parallel_for(rows, kUnitRowsGrain / std::max<int64_t>(n, 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) f(r);
  });
}

}  // namespace

UnitRows unit_rows(const Tensor& input, const Tensor& gain, bool centred, double floor) {
  int64_t rows = input.dim() ? input.shape()[0] : 1, n = rows ? input.numel() / rows : 0;
  Tensor x = dense(input), g = gain.defined() ? dense(gain) : gain;
  UnitRows r{empty(x.shape(), x.dtype()), empty({rows}, DType::float64), empty({rows}, DType::float64)};
  count_work(6 * x.numel(), bytes_of(x, r.y, r.mean, r.length));
  dispatch_floating("unit_rows", x.dtype(), [&]<class T>() {
    const T *in = x.data<T>(), *gains = g.defined() ? g.data<T>() : nullptr;
    T* y = r.y.mutable_data<T>();
    double *means = r.mean.mutable_data<double>(), *lengths = r.length.mutable_data<double>();
    for_row_pieces(rows, n, [&](int64_t i) {
      const Moments m = n ? run_moments(in + i * n, n) : Moments();
      means[i] = centred ? m.mean : 0;
      // With NaN first, max keeps it.
      lengths[i] = std::max(std::sqrt(centred ? m.m2 : m.m2 + m.mean * m.mean * double(n)), floor);
      affine_run(in + i * n, y + i * n, n, Affine<T>{T(means[i]), T((gains ? double(gains[i]) : 1.0) / lengths[i]), T(0), false});
    });
  });
  return r;
}

// With c = x - mean and L = max(||c||, floor): dgain = <g, c> / L, dc = gain / L (g - c <g, c> / L^2), the second term only where L is not
// the floor; and dx = dc - mean(dc), where c itself has no mean.
UnitRowsGrads unit_rows_backward(const Tensor& gradient, const Tensor& input, const Tensor& gain, const UnitRows& saved, bool centred, double floor,
                                 bool want_dx, bool want_dgain) {
  int64_t rows = input.dim() ? input.shape()[0] : 1, n = rows ? input.numel() / rows : 0;
  Tensor grad = dense(gradient), x = dense(input), w = gain.defined() ? dense(gain) : gain;
  UnitRowsGrads r{want_dx ? empty(x.shape(), x.dtype()) : Tensor(), want_dgain ? empty(gain.shape(), x.dtype()) : Tensor()};
  count_work(10 * x.numel(), bytes_of(grad, x, r.dx, r.dgain));
  const double *means = saved.mean.data<double>(), *lengths = saved.length.data<double>();
  dispatch_floating("unit_rows", x.dtype(), [&]<class T>() {
    const T *in = x.data<T>(), *g = grad.data<T>(), *gains = w.defined() ? w.data<T>() : nullptr;
    T *dx = want_dx ? r.dx.mutable_data<T>() : nullptr, *dgain = want_dgain ? r.dgain.mutable_data<T>() : nullptr;
    for_row_pieces(rows, n, [&](int64_t i) {
      const Affine<T> shift{T(means[i]), T(1), T(0), false};
      const GradientSums s = gradient_sums_run(g + i * n, in + i * n, n, shift);
      const double length = lengths[i], scale = (gains ? double(gains[i]) : 1.0) / length;
      if (dgain) dgain[i] = T(s.dot / length);
      if (!dx) return;
      const double along = floor > 0 && length <= floor ? 0.0 : -scale * s.dot / (length * length);
      gradient_run(g + i * n, in + i * n, dx + i * n, n, shift, GradientFactors<T>{T(scale), T(along), T(centred ? -scale * s.sum / double(n) : 0.0)});
    });
  });
  return r;
}

}  // namespace tare::kernels
