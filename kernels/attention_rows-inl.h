// What attention does with a row of scores: one query against a block of keys, of which it sees the first `seen`. Rows are as long as whole
// panels; what a query does not see gets weight 0, whatever its scores are. Highway style: included once for each target.
#if defined(TARE_ATTENTION_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_ATTENTION_ROWS_INL_H_
#undef TARE_ATTENTION_ROWS_INL_H_
#else
#define TARE_ATTENTION_ROWS_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention_head.h"
#include "kernels/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

// The `seen` scores of one query gain the mask; those it must not see become -inf. `from` is the number of the first key.
template <class T>
HWY_INLINE void MaskScores(const HeadMask& mask, int64_t query, int64_t from, int64_t seen, T* score) {
  constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
  const int64_t at = query * mask.query + from * mask.key;
  if (mask.data && mask.boolean) {
    const bool* take = static_cast<const bool*>(mask.data) + at;
    for (int64_t j = 0; j < seen; j++) score[j] = take[j * mask.key] ? score[j] : minus_infinity;
  } else if (mask.data) {
    const T* add = static_cast<const T*>(mask.data) + at;
    for (int64_t j = 0; j < seen; j++) score[j] += add[j * mask.key];
  }
}

// The largest of the first `seen` scores; -inf for none.
template <class T>
HWY_INLINE T RowMaximum(const T* score, int64_t seen) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto nothing = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto top = nothing;
  int64_t j = 0;
  for (; j + lanes <= seen; j += lanes) top = hn::Max(top, hn::Load(d, score + j));
  if (j < seen) top = hn::Max(top, hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(seen - j)), hn::Load(d, score + j), nothing));
  return hn::GetLane(hn::MaxOfLanes(d, top));
}

// score = e^(score - top) for the first `seen`, 0 for the rest of the `whole` row; returns the sum.
HWY_INLINE float ExpRow(float* score, float top, int64_t seen, int64_t whole) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto shift = hn::Set(d, top);
  auto sum = hn::Zero(d);
  int64_t j = 0;
  for (; j + lanes <= seen; j += lanes) {
    const auto p = ExpFlush(d, hn::Sub(hn::Load(d, score + j), shift));
    hn::Store(p, d, score + j);
    sum = hn::Add(sum, p);
  }
  if (j < seen) {
    const auto p = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(seen - j)), ExpFlush(d, hn::Sub(hn::Load(d, score + j), shift)));
    hn::Store(p, d, score + j);
    sum = hn::Add(sum, p);
    j += lanes;
  }
  for (; j < whole; j += lanes) hn::Store(hn::Zero(d), d, score + j);
  return hn::GetLane(hn::SumOfLanes(d, sum));
}
HWY_INLINE double ExpRow(double* score, double top, int64_t seen, int64_t whole) {
  double sum = 0;
  for (int64_t j = 0; j < seen; j++) sum += score[j] = std::exp(score[j] - top);
  std::fill(score + seen, score + whole, 0.0);
  return sum;
}

template <class T>
HWY_INLINE void ScaleRow(T* row, T factor, int64_t whole) {
  const hn::ScalableTag<T> d;
  const auto f = hn::Set(d, factor);
  for (int64_t j = 0; j < whole; j += static_cast<int64_t>(hn::Lanes(d))) hn::Store(hn::Mul(hn::Load(d, row + j), f), d, row + j);
}

// p = e^(p - lse), ds = p (ds - delta) scale for the first `seen`, 0 for the rest of the `whole` row: what a row of scores becomes on the way back.
HWY_INLINE void GradientRow(float* p, float* ds, float lse, float delta, float scale, int64_t seen, int64_t whole) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto shift = hn::Set(d, lse), mean = hn::Set(d, delta), factor = hn::Set(d, scale);
  auto weight = [&](int64_t j) HWY_ATTR { return ExpFlush(d, hn::Sub(hn::Load(d, p + j), shift)); };
  auto slope = [&](auto w, int64_t j) HWY_ATTR { return hn::Mul(hn::Mul(w, factor), hn::Sub(hn::Load(d, ds + j), mean)); };
  int64_t j = 0;
  for (; j + lanes <= seen; j += lanes) {
    const auto w = weight(j);
    hn::Store(w, d, p + j);
    hn::Store(slope(w, j), d, ds + j);
  }
  if (j < seen) {
    const auto there = hn::FirstN(d, static_cast<size_t>(seen - j));
    const auto w = hn::IfThenElseZero(there, weight(j));
    hn::Store(w, d, p + j);
    hn::Store(hn::IfThenElseZero(there, slope(w, j)), d, ds + j);
    j += lanes;
  }
  for (; j < whole; j += lanes) {
    hn::Store(hn::Zero(d), d, p + j);
    hn::Store(hn::Zero(d), d, ds + j);
  }
}
HWY_INLINE void GradientRow(double* p, double* ds, double lse, double delta, double scale, int64_t seen, int64_t whole) {
  for (int64_t j = 0; j < seen; j++) {
    p[j] = std::exp(p[j] - lse);
    ds[j] = p[j] * scale * (ds[j] - delta);
  }
  std::fill(p + seen, p + whole, 0.0);
  std::fill(ds + seen, ds + whole, 0.0);
}

template <class T>
HWY_INLINE T DotRow(const T* a, const T* b, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto sums = hn::Zero(d);
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) sums = hn::MulAdd(hn::LoadU(d, a + j), hn::LoadU(d, b + j), sums);
  T sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; j < n; j++) sum += a[j] * b[j];
  return sum;
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
