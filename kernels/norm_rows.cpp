#include "kernels/norm_rows.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/norm_runs.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm_rows.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/norm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

template <class T>
HWY_INLINE void NormaliseRows(const T* x, T* y, T* means, T* rstds, const RowNorm<T>& norm) {
  const hn::ScalableTag<T> d;
  const int64_t n = norm.n;
  for (int64_t r = 0; r < norm.rows; r++, x += n, y += n) {
    const Moments m = run_moments(x, n);
    const T mean = norm.centred ? static_cast<T>(m.mean) : T(0);
    const double variance = norm.centred ? m.variance() : m.variance() + m.mean * m.mean;
    const T rstd = static_cast<T>(1 / std::sqrt(variance + norm.eps));
    if (norm.centred) means[r] = mean;
    rstds[r] = rstd;
    const auto shift = hn::Set(d, mean), scale = hn::Set(d, rstd);
    if (norm.w && norm.b) {
      ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        store(hn::MulAdd(hn::Mul(hn::Sub(load(x + i), shift), scale), load(norm.w + i), load(norm.b + i)), y + i);
      });
    } else {
      ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
        auto v = hn::Mul(hn::Sub(load(x + i), shift), scale);
        if (norm.w) v = hn::Mul(v, load(norm.w + i));
        if (norm.b) v = hn::Add(v, load(norm.b + i));
        store(v, y + i);
      });
    }
  }
}

// Adds the lanes of v to running sums in double, as many of them as a vector of doubles holds at a time.
template <class V>
HWY_INLINE void AddWide(V v, WideVector& total) {
  const hn::ScalableTag<float> d;
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  for (int64_t i = 0; i < LanesOf<float>(); i += LanesOf<double>()) total = hn::Add(total, LoadWide(Wide(), lanes + i));
}

// sum g w and sum g w (x - mean) of a row; w null: ones. Of float32, eight vectors are added in float32 and those sums in double.
template <class T>
HWY_INLINE GradientSums WeightedSums(const T* g, const T* x, const T* w, double mean, int64_t n) {
  if (!w) return gradient_sums_run(g, x, n, Affine<T>{static_cast<T>(mean), T(1), T(0), false});
  if constexpr (std::is_same_v<T, float>) {
    const hn::ScalableTag<float> d;
    const auto zero = hn::Zero(d), shift = hn::Set(d, static_cast<float>(mean));
    auto sum = zero, dot = zero;
    WideVector sums = hn::Zero(Wide()), dots = sums;
    int added = 0;
    ForVectors<float>(n, [&](int64_t i, auto load, auto) HWY_ATTR {
      const auto v = hn::Mul(load(g + i), load(w + i));
      sum = hn::Add(sum, v);
      dot = hn::MulAdd(v, hn::Sub(load(x + i), shift), dot);
      if (++added % 8 != 0) return;
      AddWide(sum, sums);
      AddWide(dot, dots);
      sum = dot = zero;
    });
    AddWide(sum, sums);
    AddWide(dot, dots);
    return {hn::GetLane(hn::SumOfLanes(Wide(), sums)), hn::GetLane(hn::SumOfLanes(Wide(), dots))};
  } else {
    const Wide d;
    const WideVector shift = hn::Set(d, mean);
    WideSums sum, dot;
    ForWideVectors(n,
                   [&](auto turn, int64_t i) HWY_ATTR {
                     const WideVector v = hn::Mul(LoadWide(d, g + i), LoadWide(d, w + i));
                     sum.part[turn] = hn::Add(sum.part[turn], v);
                     dot.part[turn] = hn::MulAdd(v, hn::Sub(LoadWide(d, x + i), shift), dot.part[turn]);
                   },
                   [&](int64_t i) {
                     const double v = g[i] * w[i];
                     sum.rest += v;
                     dot.rest += v * (x[i] - mean);
                   });
    return {sum.total(), dot.total()};
  }
}

// With x^ = (x - mean) rstd: dw += g x^, db += g, dx = rstd (g w - average(g w) - x^ average(g w x^)). Rows go in groups, so that the
// running dw and db are read and written once for the whole group. While a group's result is written, the next one's numbers come into the
// L2 cache: its rows are streams too short for the hardware to run ahead of.
constexpr int64_t kRowGroup = 4;

HWY_INLINE void FetchAhead(const void* p) { __builtin_prefetch(p, 0, 1); }

template <class T, int count, bool has_dx, bool has_dw, bool has_db>
HWY_INLINE void BackwardGroup(const T* g, const T* x, const T* means, const T* rstds, const RowNorm<T>& norm, const RowGradients<T>& out) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t n = norm.n;
  V mean[count], rstd[count], by_x[count], constant[count];
  for (int r = 0; r < count; r++) {
    const double m = norm.centred ? static_cast<double>(means[r]) : 0.0, s = static_cast<double>(rstds[r]);
    mean[r] = hn::Set(d, static_cast<T>(m));
    rstd[r] = hn::Set(d, rstds[r]);
    if constexpr (has_dx) {
      const GradientSums sums = WeightedSums(g + r * n, x + r * n, norm.w, m, n);
      by_x[r] = hn::Set(d, static_cast<T>(-s * s * s * sums.dot / static_cast<double>(n)));
      constant[r] = hn::Set(d, norm.centred ? static_cast<T>(-s * sums.sum / static_cast<double>(n)) : T(0));
    }
  }
  ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
    V dw, db, w;
    if constexpr (has_dw) dw = load(out.dw + i);
    if constexpr (has_db) db = load(out.db + i);
    if constexpr (has_dx) w = norm.w ? load(norm.w + i) : hn::Set(d, T(1));
    for (int r = 0; r < count; r++) {
      FetchAhead(g + (count + r) * n + i);
      FetchAhead(x + (count + r) * n + i);
      const V gv = load(g + r * n + i), centred = hn::Sub(load(x + r * n + i), mean[r]);
      if constexpr (has_dw) dw = hn::MulAdd(gv, hn::Mul(centred, rstd[r]), dw);
      if constexpr (has_db) db = hn::Add(db, gv);
      if constexpr (has_dx) store(hn::MulAdd(hn::Mul(gv, w), rstd[r], hn::MulAdd(centred, by_x[r], constant[r])), out.dx + r * n + i);
    }
    if constexpr (has_dw) store(dw, out.dw + i);
    if constexpr (has_db) store(db, out.db + i);
  });
}

template <class T, bool has_dx, bool has_dw, bool has_db>
HWY_INLINE void BackwardRows(const T* g, const T* x, const T* means, const T* rstds, const RowNorm<T>& norm, RowGradients<T> out) {
  int64_t r = 0;
  const auto step = [&](int64_t count) {
    const int64_t numbers = count * norm.n;
    g += numbers;
    x += numbers;
    if (means) means += count;
    rstds += count;
    if (out.dx) out.dx += numbers;
  };
  for (; r + kRowGroup <= norm.rows; r += kRowGroup) {
    BackwardGroup<T, kRowGroup, has_dx, has_dw, has_db>(g, x, means, rstds, norm, out);
    step(kRowGroup);
  }
  for (; r < norm.rows; r++) {
    BackwardGroup<T, 1, has_dx, has_dw, has_db>(g, x, means, rstds, norm, out);
    step(1);
  }
}

template <class T>
HWY_INLINE void NormaliseRowsBackward(const T* g, const T* x, const T* means, const T* rstds, const RowNorm<T>& norm, const RowGradients<T>& out) {
  if (out.dx && out.dw && out.db) return BackwardRows<T, true, true, true>(g, x, means, rstds, norm, out);
  // The rarer cases one gradient after the other: the same arithmetic, hence the same bits.
  if (out.dx && out.dw) BackwardRows<T, true, true, false>(g, x, means, rstds, norm, out);
  else if (out.dx) BackwardRows<T, true, false, false>(g, x, means, rstds, norm, out);
  else if (out.dw) BackwardRows<T, false, true, false>(g, x, means, rstds, norm, out);
  if (out.db) BackwardRows<T, false, false, true>(g, x, means, rstds, norm, out);
}

void NormaliseRowsFloat(const float* x, float* y, float* mean, float* rstd, const RowNorm<float>& norm) { NormaliseRows(x, y, mean, rstd, norm); }
void NormaliseRowsDouble(const double* x, double* y, double* mean, double* rstd, const RowNorm<double>& norm) {
  NormaliseRows(x, y, mean, rstd, norm);
}
void NormaliseRowsBackwardFloat(const float* g, const float* x, const float* mean, const float* rstd, const RowNorm<float>& norm,
                                const RowGradients<float>& out) {
  NormaliseRowsBackward(g, x, mean, rstd, norm, out);
}
void NormaliseRowsBackwardDouble(const double* g, const double* x, const double* mean, const double* rstd, const RowNorm<double>& norm,
                                 const RowGradients<double>& out) {
  NormaliseRowsBackward(g, x, mean, rstd, norm, out);
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(NormaliseRowsFloat);
HWY_EXPORT(NormaliseRowsDouble);
HWY_EXPORT(NormaliseRowsBackwardFloat);
HWY_EXPORT(NormaliseRowsBackwardDouble);

void normalise_rows(const float* x, float* y, float* mean, float* rstd, const RowNorm<float>& norm) {
  HWY_DYNAMIC_DISPATCH(NormaliseRowsFloat)(x, y, mean, rstd, norm);
}
void normalise_rows(const double* x, double* y, double* mean, double* rstd, const RowNorm<double>& norm) {
  HWY_DYNAMIC_DISPATCH(NormaliseRowsDouble)(x, y, mean, rstd, norm);
}
void normalise_rows_backward(const float* g, const float* x, const float* mean, const float* rstd, const RowNorm<float>& norm,
                             const RowGradients<float>& out) {
  HWY_DYNAMIC_DISPATCH(NormaliseRowsBackwardFloat)(g, x, mean, rstd, norm, out);
}
void normalise_rows_backward(const double* g, const double* x, const double* mean, const double* rstd, const RowNorm<double>& norm,
                             const RowGradients<double>& out) {
  HWY_DYNAMIC_DISPATCH(NormaliseRowsBackwardDouble)(g, x, mean, rstd, norm, out);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
