// Variance and logsumexp: reductions whose accumulator is more than a number.
//
// Both take a run of numbers in two passes over the first-level cache, then merge its result into the accumulator, so that
// the tensor is read from memory once and nothing is lost to cancellation or overflow.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"
#include "kernels/reduce_driver.h"

namespace tare::kernels {
namespace {

// Chan, Golub and LeVeque (1979): counts n, means m and sums of squared deviations s of two sets combine to
//   m = m_a + (m_b - m_a) n_b / n,   s = s_a + s_b + (m_b - m_a)^2 n_a n_b / n.
template <class T>
struct VarOp {
  using In = T;
  using Out = T;
  struct Acc {
    double n, mean, squares;
  };
  static constexpr Acc kAcc{0, 0, 0};
  double correction;
  Acc merge(Acc a, Acc b) const {
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    double n = a.n + b.n, d = b.mean - a.mean;
    return {n, a.mean + d * (b.n / n), a.squares + b.squares + d * d * (a.n * b.n / n)};
  }
  Out finish(Acc a, int64_t n) const {
    if (n == 0) return std::numeric_limits<Out>::quiet_NaN();
    return static_cast<Out>(a.squares / std::max(0.0, double(n) - correction));
  }
};

template <class T>
struct VarLoops {
  using Op = VarOp<T>;
  static constexpr int kLanes = 32;

  template <class F>
  static double lanes(const T* x, int64_t n, F f) {
    T lane[kLanes] = {};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
      for (int l = 0; l < kLanes; l++) lane[l] += f(x[i + l]);
    for (int l = 0; i < n; i++, l++) lane[l] += f(x[i]);
    double sum = 0;
    for (int l = 0; l < kLanes; l++) sum += double(lane[l]);
    return sum;
  }

  // With a provisional mean c near the run's, deviations d = x - c are small: mean = c + avg(d), squares = sum d^2 - n avg(d)^2.
  static void row(const void* op, const void* p, int64_t n, void* acc) {
    const T* x = static_cast<const T*>(p);
    T center = static_cast<T>(lanes(x, n, [](T v) { return v; }) / double(n));
    double shift = lanes(x, n, [center](T v) { return v - center; }) / double(n);
    double squares = lanes(x, n, [center](T v) { return (v - center) * (v - center); }) - double(n) * shift * shift;
    auto* a = static_cast<typename Op::Acc*>(acc);
    *a = static_cast<const Op*>(op)->merge(*a, {double(n), double(center) + shift, squares > 0 || squares != squares ? squares : 0});
  }

  static void columns(const void* op, const void* p, int64_t rows, int64_t cols, int64_t stride, void* acc) {
    const T* x = static_cast<const T*>(p);
    auto* a = static_cast<typename Op::Acc*>(acc);
    T center[kColumns], shift[kColumns], squares[kColumns];
    for (int64_t c = 0; c < cols; c++) center[c] = shift[c] = squares[c] = 0;
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < cols; c++) center[c] += x[r * stride + c];
    for (int64_t c = 0; c < cols; c++) center[c] /= T(rows);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < cols; c++) {
        T d = x[r * stride + c] - center[c];
        shift[c] += d;
        squares[c] += d * d;
      }
    for (int64_t c = 0; c < cols; c++) {
      double s = double(shift[c]) / double(rows), q = double(squares[c]) - double(rows) * s * s;
      a[c] = static_cast<const Op*>(op)->merge(a[c], {double(rows), double(center[c]) + s, q > 0 || q != q ? q : 0});
    }
  }
};

// (m, s) stands for s exp(m), with m the largest element so far.
template <class T>
struct LogSumExpOp {
  using In = T;
  using Out = T;
  struct Acc {
    double max, sum;
  };
  static constexpr Acc kAcc{-std::numeric_limits<double>::infinity(), 0};
  Acc merge(Acc a, Acc b) const {
    if (b.sum == 0) return a;
    if (a.sum == 0) return b;
    if (a.max == b.max || a.max != a.max) return {a.max, a.sum + b.sum};  // also for two infinities, and NaN
    if (!(b.max > a.max) && b.max == b.max) return {a.max, a.sum + b.sum * std::exp(b.max - a.max)};
    return {b.max, b.sum + a.sum * std::exp(a.max - b.max)};
  }
  Out finish(Acc a, int64_t) const { return a.sum == 0 ? -std::numeric_limits<Out>::infinity() : static_cast<Out>(a.max + std::log(a.sum)); }
};

template <class T>
struct LogSumExpLoops {
  using Op = LogSumExpOp<T>;
  static T larger(T a, T b) { return a > b || a != a ? a : b; }
  // An infinite maximum stands for itself: inf - inf would be NaN.
  static double scaled(T x, T max) { return x == max ? 1 : double(std::exp(x - max)); }

  static void row(const void* op, const void* p, int64_t n, void* acc) {
    const T* x = static_cast<const T*>(p);
    T max = x[0];
    for (int64_t i = 1; i < n; i++) max = larger(max, x[i]);
    double sum = 0;
    if (max != -std::numeric_limits<T>::infinity())
      for (int64_t i = 0; i < n; i++) sum += scaled(x[i], max);
    auto* a = static_cast<typename Op::Acc*>(acc);
    *a = static_cast<const Op*>(op)->merge(*a, {double(max), sum});
  }

  static void columns(const void* op, const void* p, int64_t rows, int64_t cols, int64_t stride, void* acc) {
    const T* x = static_cast<const T*>(p);
    auto* a = static_cast<typename Op::Acc*>(acc);
    T max[kColumns];
    double sum[kColumns];
    for (int64_t c = 0; c < cols; c++) max[c] = x[c], sum[c] = 0;
    for (int64_t r = 1; r < rows; r++)
      for (int64_t c = 0; c < cols; c++) max[c] = larger(max[c], x[r * stride + c]);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < cols; c++) sum[c] += scaled(x[r * stride + c], max[c]);
    for (int64_t c = 0; c < cols; c++)
      a[c] = static_cast<const Op*>(op)->merge(a[c], {double(max[c]), max[c] == -std::numeric_limits<T>::infinity() ? 0 : sum[c]});
  }
};

Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, default_dtype()); }

}  // namespace

Tensor var(const Tensor& x, const Shape& axes, double correction, bool keepdim) {
  Tensor in = as_floating(x);
  if (in.dtype() == DType::float32) return fold<VarOp<float>, VarLoops<float>>("var", in, axes, keepdim, {correction});
  return fold<VarOp<double>, VarLoops<double>>("var", in, axes, keepdim, {correction});
}

Tensor logsumexp(const Tensor& x, const Shape& axes, bool keepdim) {
  Tensor in = as_floating(x);
  if (in.dtype() == DType::float32) return fold<LogSumExpOp<float>, LogSumExpLoops<float>>("logsumexp", in, axes, keepdim, {});
  return fold<LogSumExpOp<double>, LogSumExpLoops<double>>("logsumexp", in, axes, keepdim, {});
}

}  // namespace tare::kernels
