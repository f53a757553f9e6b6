#include "kernels/norm_runs.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm_runs.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/norm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

template <class T>
HWY_INLINE Moments RunMoments(const T* x, int64_t n) {
  const Wide d;
  WideSums sum;
  if constexpr (std::is_same_v<T, double>) {
    ForWideVectors(n, [&](auto turn, int64_t i) HWY_ATTR { sum.part[turn] = hn::Add(sum.part[turn], LoadWide(d, x + i)); },
                   [&](int64_t i) { sum.rest += x[i]; });
    const double mean = sum.total() / static_cast<double>(n);
    const WideVector shift = hn::Set(d, mean);
    WideSums squares;
    ForWideVectors(n,
                   [&](auto turn, int64_t i) HWY_ATTR {
                     const WideVector v = hn::Sub(LoadWide(d, x + i), shift);
                     squares.part[turn] = hn::MulAdd(v, v, squares.part[turn]);
                   },
                   [&](int64_t i) { squares.rest += (x[i] - mean) * (x[i] - mean); });
    return {static_cast<double>(n), mean, squares.total()};
  } else {
    WideSums squares;
    ForWideVectors(n,
                   [&](auto turn, int64_t i) HWY_ATTR {
                     const WideVector v = LoadWide(d, x + i);
                     sum.part[turn] = hn::Add(sum.part[turn], v);
                     squares.part[turn] = hn::MulAdd(v, v, squares.part[turn]);
                   },
                   [&](int64_t i) {
                     const double v = static_cast<double>(x[i]);
                     sum.rest += v;
                     squares.rest += v * v;
                   });
    const double mean = sum.total() / static_cast<double>(n), m2 = squares.total() - sum.total() * mean;
    return {static_cast<double>(n), mean, m2 > 0 || m2 != m2 ? m2 : 0};
  }
}

// (x - mean) scale + shift as vectors; forward and backward decide by the same bits whether relu cut a number.
template <class T>
struct AffineVectors {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  V mean, scale, shift;
  HWY_INLINE explicit AffineVectors(const Affine<T>& a) : mean(hn::Set(D(), a.mean)), scale(hn::Set(D(), a.scale)), shift(hn::Set(D(), a.shift)) {}
  HWY_INLINE V operator()(V x) const { return hn::MulAdd(hn::Sub(x, mean), scale, shift); }
};

template <class T>
HWY_INLINE void AffineRun(const T* x, T* y, int64_t n, const Affine<T>& a) {
  const AffineVectors<T> f(a);
  if (a.relu) {
    const auto zero = hn::Zero(hn::ScalableTag<T>());
    ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
      const auto v = f(load(x + i));
      store(hn::IfThenZeroElse(hn::Lt(v, zero), v), y + i);  // keeps NaN
    });
  } else {
    ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR { store(f(load(x + i)), y + i); });
  }
}

// sum g and sum g (x - mean).
template <class T>
HWY_INLINE GradientSums PlainSums(const T* g, const T* x, int64_t n, double mean) {
  const Wide d;
  const WideVector shift = hn::Set(d, mean);
  WideSums sum, dot;
  ForWideVectors(n,
                 [&](auto turn, int64_t i) HWY_ATTR {
                   const WideVector v = LoadWide(d, g + i);
                   sum.part[turn] = hn::Add(sum.part[turn], v);
                   dot.part[turn] = hn::MulAdd(v, hn::Sub(LoadWide(d, x + i), shift), dot.part[turn]);
                 },
                 [&](int64_t i) {
                   sum.rest += static_cast<double>(g[i]);
                   dot.rest += static_cast<double>(g[i]) * (static_cast<double>(x[i]) - mean);
                 });
  return {sum.total(), dot.total()};
}

template <class T>
HWY_INLINE GradientSums GradientSumsRun(const T* g, const T* x, int64_t n, const Affine<T>& a) {
  const double mean = static_cast<double>(a.mean);
  if (!a.relu) return PlainSums(g, x, n, mean);
  // What relu let through, a piece at a time: the decision is one of T's arithmetic, the sums are double.
  constexpr int64_t piece = 256;
  T kept[piece];
  const AffineVectors<T> f(a);
  const auto zero = hn::Zero(hn::ScalableTag<T>());
  GradientSums total;
  for (int64_t i = 0; i < n; i += piece) {
    const int64_t m = n - i < piece ? n - i : piece;
    ForVectors<T>(m, [&](int64_t j, auto load, auto store) HWY_ATTR {
      store(hn::IfThenElseZero(hn::Gt(f(load(x + i + j)), zero), load(g + i + j)), kept + j);
    });
    const GradientSums part = PlainSums(kept, x + i, m, mean);
    total.sum += part.sum;
    total.dot += part.dot;
  }
  return total;
}

template <class T>
HWY_INLINE void GradientRun(const T* g, const T* x, T* dx, int64_t n, const Affine<T>& a, const GradientFactors<T>& factors) {
  const hn::ScalableTag<T> d;
  const AffineVectors<T> f(a);
  const auto by_g = hn::Set(d, factors.by_g), by_x = hn::Set(d, factors.by_x), constant = hn::Set(d, factors.constant);
  if (a.relu) {
    const auto zero = hn::Zero(d);
    ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
      const auto v = load(x + i), kept = hn::IfThenElseZero(hn::Gt(f(v), zero), load(g + i));
      store(hn::MulAdd(kept, by_g, hn::MulAdd(hn::Sub(v, f.mean), by_x, constant)), dx + i);
    });
  } else {
    ForVectors<T>(n, [&](int64_t i, auto load, auto store) HWY_ATTR {
      store(hn::MulAdd(load(g + i), by_g, hn::MulAdd(hn::Sub(load(x + i), f.mean), by_x, constant)), dx + i);
    });
  }
}

Moments RunMomentsFloat(const float* x, int64_t n) { return RunMoments(x, n); }
Moments RunMomentsDouble(const double* x, int64_t n) { return RunMoments(x, n); }
void AffineRunFloat(const float* x, float* y, int64_t n, const Affine<float>& a) { AffineRun(x, y, n, a); }
void AffineRunDouble(const double* x, double* y, int64_t n, const Affine<double>& a) { AffineRun(x, y, n, a); }
GradientSums GradientSumsRunFloat(const float* g, const float* x, int64_t n, const Affine<float>& a) { return GradientSumsRun(g, x, n, a); }
GradientSums GradientSumsRunDouble(const double* g, const double* x, int64_t n, const Affine<double>& a) { return GradientSumsRun(g, x, n, a); }
void GradientRunFloat(const float* g, const float* x, float* dx, int64_t n, const Affine<float>& a, const GradientFactors<float>& f) {
  GradientRun(g, x, dx, n, a, f);
}
void GradientRunDouble(const double* g, const double* x, double* dx, int64_t n, const Affine<double>& a, const GradientFactors<double>& f) {
  GradientRun(g, x, dx, n, a, f);
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(RunMomentsFloat);
HWY_EXPORT(RunMomentsDouble);
HWY_EXPORT(AffineRunFloat);
HWY_EXPORT(AffineRunDouble);
HWY_EXPORT(GradientSumsRunFloat);
HWY_EXPORT(GradientSumsRunDouble);
HWY_EXPORT(GradientRunFloat);
HWY_EXPORT(GradientRunDouble);

Moments run_moments(const float* x, int64_t n) { return HWY_DYNAMIC_DISPATCH(RunMomentsFloat)(x, n); }
Moments run_moments(const double* x, int64_t n) { return HWY_DYNAMIC_DISPATCH(RunMomentsDouble)(x, n); }
void affine_run(const float* x, float* y, int64_t n, const Affine<float>& a) { HWY_DYNAMIC_DISPATCH(AffineRunFloat)(x, y, n, a); }
void affine_run(const double* x, double* y, int64_t n, const Affine<double>& a) { HWY_DYNAMIC_DISPATCH(AffineRunDouble)(x, y, n, a); }
GradientSums gradient_sums_run(const float* g, const float* x, int64_t n, const Affine<float>& a) {
  return HWY_DYNAMIC_DISPATCH(GradientSumsRunFloat)(g, x, n, a);
}
GradientSums gradient_sums_run(const double* g, const double* x, int64_t n, const Affine<double>& a) {
  return HWY_DYNAMIC_DISPATCH(GradientSumsRunDouble)(g, x, n, a);
}
void gradient_run(const float* g, const float* x, float* dx, int64_t n, const Affine<float>& a, const GradientFactors<float>& f) {
  HWY_DYNAMIC_DISPATCH(GradientRunFloat)(g, x, dx, n, a, f);
}
void gradient_run(const double* g, const double* x, double* dx, int64_t n, const Affine<double>& a, const GradientFactors<double>& f) {
  HWY_DYNAMIC_DISPATCH(GradientRunDouble)(g, x, dx, n, a, f);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
