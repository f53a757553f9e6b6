#include "kernels/softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax_rows.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/partial_vector-inl.h"
#include "kernels/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;
constexpr FloatTag kTag;

// The sum over a row of f(i, load): f makes the vector that starts at i, reading with load(pointer). Two chains hide the latency of
// the addition; the last vector may be partial.
template <class F>
HWY_INLINE float SumOver(int64_t n, F f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(kTag));
  FloatVector even = hn::Zero(kTag), odd = hn::Zero(kTag);
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even = hn::Add(even, f(i, [](const float* p) HWY_ATTR { return hn::LoadU(kTag, p); }));
    odd = hn::Add(odd, f(i + lanes, [](const float* p) HWY_ATTR { return hn::LoadU(kTag, p); }));
  }
  for (; i < n; i += lanes) {
    const auto valid = hn::FirstN(kTag, static_cast<size_t>(std::min(lanes, n - i)));
    const FloatVector v = f(i, [valid](const float* p) HWY_ATTR { return hn::MaskedLoad(valid, kTag, p); });
    even = hn::Add(even, hn::IfThenElseZero(valid, v));
  }
  return hn::GetLane(hn::SumOfLanes(kTag, hn::Add(even, odd)));
}

// out[i] = f(i, load) over a row.
template <class F>
HWY_INLINE void StoreOver(float* out, int64_t n, F f) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(kTag));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(i, [](const float* p) HWY_ATTR { return hn::LoadU(kTag, p); }), kTag, out + i);
  if (i == n) return;
  const auto valid = hn::FirstN(kTag, static_cast<size_t>(n - i));
  store_first(kTag, f(i, [valid](const float* p) HWY_ATTR { return hn::MaskedLoad(valid, kTag, p); }), out + i, n - i);
}

HWY_INLINE float MaxOf(const float* x, int64_t n) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(kTag));
  const FloatVector lowest = hn::Set(kTag, -kInfinity);
  FloatVector even = lowest, odd = lowest;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even = hn::Max(even, hn::LoadU(kTag, x + i));
    odd = hn::Max(odd, hn::LoadU(kTag, x + i + lanes));
  }
  for (; i < n; i += lanes) {
    const auto valid = hn::FirstN(kTag, static_cast<size_t>(std::min(lanes, n - i)));
    even = hn::Max(even, hn::IfThenElse(valid, hn::MaskedLoad(valid, kTag, x + i), lowest));
  }
  return hn::GetLane(hn::MaxOfLanes(kTag, hn::Max(even, odd)));
}

// e^(x - top) of every number, stored in y, and its sum. NaN anywhere makes the sum NaN, whatever MaxOf made of it.
HWY_INLINE float ExpAndSum(const float* x, float top, float* y, int64_t n) {
  const FloatVector shift = hn::Set(kTag, top);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(kTag));
  FloatVector even = hn::Zero(kTag), odd = hn::Zero(kTag);
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const FloatVector a = ExpFlush(kTag, hn::Sub(hn::LoadU(kTag, x + i), shift));
    const FloatVector b = ExpFlush(kTag, hn::Sub(hn::LoadU(kTag, x + i + lanes), shift));
    hn::StoreU(a, kTag, y + i);
    hn::StoreU(b, kTag, y + i + lanes);
    even = hn::Add(even, a);
    odd = hn::Add(odd, b);
  }
  for (; i < n; i += lanes) {
    const auto valid = hn::FirstN(kTag, static_cast<size_t>(std::min(lanes, n - i)));
    const FloatVector a = hn::IfThenElseZero(valid, ExpFlush(kTag, hn::Sub(hn::MaskedLoad(valid, kTag, x + i), shift)));
    store_first(kTag, a, y + i, std::min(lanes, n - i));
    even = hn::Add(even, a);
  }
  return hn::GetLane(hn::SumOfLanes(kTag, hn::Add(even, odd)));
}

HWY_INLINE float SumOfExp(const float* x, float top, int64_t n) {
  const FloatVector shift = hn::Set(kTag, top);
  return SumOver(n, [=](int64_t i, auto load) HWY_ATTR { return ExpFlush(kTag, hn::Sub(load(x + i), shift)); });
}

void SoftmaxRows(const float* x, float* y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const FloatVector share = hn::Set(kTag, 1.0f / ExpAndSum(x, MaxOf(x, n), y, n));
    StoreOver(y, n, [=](int64_t i, auto load) HWY_ATTR { return hn::Mul(load(y + i), share); });
  }
}

void LogSoftmaxRows(const float* x, float* y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const float top = MaxOf(x, n);
    const FloatVector shift = hn::Set(kTag, top), log_sum = hn::Set(kTag, std::log(SumOfExp(x, top, n)));
    StoreOver(y, n, [=](int64_t i, auto load) HWY_ATTR { return hn::Sub(hn::Sub(load(x + i), shift), log_sum); });
  }
}

void SoftmaxGradientRows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, grad += n, y += n, dx += n) {
    const float dot = SumOver(n, [=](int64_t i, auto load) HWY_ATTR { return hn::Mul(load(grad + i), load(y + i)); });
    const FloatVector mean = hn::Set(kTag, dot);
    StoreOver(dx, n, [=](int64_t i, auto load) HWY_ATTR { return hn::Mul(load(y + i), hn::Sub(load(grad + i), mean)); });
  }
}

void LogSoftmaxGradientRows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, grad += n, y += n, dx += n) {
    const float sum = SumOver(n, [=](int64_t i, auto load) HWY_ATTR { return load(grad + i); });
    const FloatVector total = hn::Set(kTag, sum);
    StoreOver(dx, n, [=](int64_t i, auto load) HWY_ATTR { return hn::NegMulAdd(ExpFlush(kTag, load(y + i)), total, load(grad + i)); });
  }
}

void LogSumExpRows(const float* x, float* top, float* log_sum, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n) {
    top[r] = MaxOf(x, n);
    log_sum[r] = std::log(SumOfExp(x, top[r], n));
  }
}

void ScaledSoftmaxRow(const float* x, float top, float a, float b, const float* w, float* dx, int64_t n) {
  const FloatVector shift = hn::Set(kTag, top), scale = hn::Set(kTag, a), share = hn::Set(kTag, b);
  if (w) {
    StoreOver(dx, n, [=](int64_t i, auto load) HWY_ATTR {
      return hn::MulSub(ExpFlush(kTag, hn::Sub(load(x + i), shift)), scale, hn::Mul(share, load(w + i)));
    });
  } else {
    StoreOver(dx, n, [=](int64_t i, auto load) HWY_ATTR { return hn::MulSub(ExpFlush(kTag, hn::Sub(load(x + i), shift)), scale, share); });
  }
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(SoftmaxRows);
HWY_EXPORT(LogSoftmaxRows);
HWY_EXPORT(SoftmaxGradientRows);
HWY_EXPORT(LogSoftmaxGradientRows);
HWY_EXPORT(LogSumExpRows);
HWY_EXPORT(ScaledSoftmaxRow);

void softmax_rows(const float* x, float* y, int64_t rows, int64_t n) { HWY_DYNAMIC_DISPATCH(SoftmaxRows)(x, y, rows, n); }
void log_softmax_rows(const float* x, float* y, int64_t rows, int64_t n) { HWY_DYNAMIC_DISPATCH(LogSoftmaxRows)(x, y, rows, n); }
void softmax_gradient_rows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n) {
  HWY_DYNAMIC_DISPATCH(SoftmaxGradientRows)(grad, y, dx, rows, n);
}
void log_softmax_gradient_rows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxGradientRows)(grad, y, dx, rows, n);
}
void log_sum_exp_rows(const float* x, float* top, float* log_sum, int64_t rows, int64_t n) {
  HWY_DYNAMIC_DISPATCH(LogSumExpRows)(x, top, log_sum, rows, n);
}
void scaled_softmax_row(const float* x, float top, float a, float b, const float* w, float* dx, int64_t n) {
  HWY_DYNAMIC_DISPATCH(ScaledSoftmaxRow)(x, top, a, b, w, dx, n);
}

// ---- double

namespace {

double largest(const double* x, int64_t n) {
  double top = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < n; i++) top = std::max(top, x[i]);
  return top;
}
double sum_of_exp(const double* x, double top, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += std::exp(x[i] - top);
  return total;
}

}  // namespace

void softmax_rows(const double* x, double* y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    double top = largest(x, n), total = 0;
    for (int64_t i = 0; i < n; i++) total += y[i] = std::exp(x[i] - top);
    for (int64_t i = 0; i < n; i++) y[i] /= total;
  }
}
void log_softmax_rows(const double* x, double* y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    double top = largest(x, n), log_sum = std::log(sum_of_exp(x, top, n));
    for (int64_t i = 0; i < n; i++) y[i] = x[i] - top - log_sum;
  }
}
void softmax_gradient_rows(const double* grad, const double* y, double* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, grad += n, y += n, dx += n) {
    double dot = 0;
    for (int64_t i = 0; i < n; i++) dot += grad[i] * y[i];
    for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (grad[i] - dot);
  }
}
void log_softmax_gradient_rows(const double* grad, const double* y, double* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, grad += n, y += n, dx += n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += grad[i];
    for (int64_t i = 0; i < n; i++) dx[i] = grad[i] - std::exp(y[i]) * sum;
  }
}
void log_sum_exp_rows(const double* x, double* top, double* log_sum, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++, x += n) {
    top[r] = largest(x, n);
    log_sum[r] = std::log(sum_of_exp(x, top[r], n));
  }
}
void scaled_softmax_row(const double* x, double top, double a, double b, const double* w, double* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) dx[i] = a * std::exp(x[i] - top) - b * (w ? w[i] : 1.0);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
