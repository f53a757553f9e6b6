#include "kernels/norm_columns.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm_columns.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/norm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

constexpr int kStrip = 4;  // vectors of doubles side by side: with two sums each they fill half of the registers

// Calls f(count, j, load, store) for strips of `count` double vectors from column j; count is a constant, 4 or 1, and load(p) reads
// one vector's worth of T at p, store(v, p) writes doubles there, both knowing about the partial last vector.
template <class T, class F>
HWY_INLINE void ForStrips(int64_t columns, F f) {
  const Wide wide;
  const hn::Rebind<T, Wide> narrow;
  const int64_t lanes = LanesOf<double>();
  const auto load = [narrow](const T* p) HWY_ATTR { return hn::LoadU(narrow, p); };
  const auto store = [wide](WideVector v, double* p) HWY_ATTR { hn::StoreU(v, wide, p); };
  int64_t j = 0;
  for (; j + kStrip * lanes <= columns; j += kStrip * lanes) f(std::integral_constant<int, kStrip>(), j, load, store);
  for (; j + lanes <= columns; j += lanes) f(std::integral_constant<int, 1>(), j, load, store);
  if (j == columns) return;
  const size_t left = static_cast<size_t>(columns - j);
  const auto valid = hn::FirstN(narrow, left);
  const auto wide_valid = hn::FirstN(wide, left);
  f(std::integral_constant<int, 1>(), j, [=](const T* p) HWY_ATTR { return hn::MaskedLoad(valid, narrow, p); },
    [=](WideVector v, double* p) HWY_ATTR { hn::BlendedStore(v, wide_valid, wide, p); });
}

HWY_INLINE WideVector Widen(Wide, WideVector v) { return v; }
template <class V>
HWY_INLINE WideVector Widen(Wide d, V v) {
  return hn::PromoteTo(d, v);
}

template <class T>
HWY_INLINE void ColumnMoments(const T* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  const Wide d;
  const int64_t lanes = LanesOf<double>();
  const WideVector share = hn::Set(d, 1.0 / static_cast<double>(rows));
  ForStrips<T>(columns, [&](auto count, int64_t j, auto load, auto store) HWY_ATTR {
    WideVector sum[count], squares[count];
    for (int k = 0; k < count; k++) sum[k] = squares[k] = hn::Zero(d);
    for (int64_t r = 0; r < rows; r++)
      for (int k = 0; k < count; k++) {
        const WideVector v = Widen(d, load(x + r * stride + j + k * lanes));
        sum[k] = hn::Add(sum[k], v);
        if constexpr (std::is_same_v<T, float>) squares[k] = hn::MulAdd(v, v, squares[k]);
      }
    for (int k = 0; k < count; k++) {
      const WideVector average = hn::Mul(sum[k], share);
      if constexpr (std::is_same_v<T, float>) {
        // Max gives its second argument for NaN.
        squares[k] = hn::Max(hn::Zero(d), hn::NegMulAdd(sum[k], average, squares[k]));
      } else {
        for (int64_t r = 0; r < rows; r++) {
          const WideVector v = hn::Sub(Widen(d, load(x + r * stride + j + k * lanes)), average);
          squares[k] = hn::MulAdd(v, v, squares[k]);
        }
      }
      store(average, mean + j + k * lanes);
      store(squares[k], m2 + j + k * lanes);
    }
  });
}

template <class T>
HWY_INLINE void AffineColumns(const T* x, T* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<T>& a) {
  const auto zero = hn::Zero(hn::ScalableTag<T>());
  for (int64_t r = 0; r < rows; r++, x += stride, y += stride)
    ForVectors<T>(columns, [&](int64_t j, auto load, auto store) HWY_ATTR {
      const auto v = hn::MulAdd(hn::Sub(load(x + j), load(a.mean + j)), load(a.scale + j), load(a.shift + j));
      store(a.relu ? hn::IfThenZeroElse(hn::Lt(v, zero), v) : v, y + j);
    });
}

template <class T>
HWY_INLINE void GradientSumsColumns(const T* g, const T* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<T>& a, double* sums,
                                    double* dots) {
  const Wide d;
  const int64_t lanes = LanesOf<double>();
  const auto zero = hn::Zero(hn::Rebind<T, Wide>());
  ForStrips<T>(columns, [&](auto count, int64_t j, auto load, auto store) HWY_ATTR {
    WideVector sum[count], dot[count];
    decltype(load(x)) mean[count], scale[count], shift[count];
    for (int k = 0; k < count; k++) {
      const int64_t at = j + k * lanes;
      sum[k] = dot[k] = hn::Zero(d);
      mean[k] = load(a.mean + at);
      scale[k] = load(a.scale + at);
      shift[k] = load(a.shift + at);
    }
    for (int64_t r = 0; r < rows; r++)
      for (int k = 0; k < count; k++) {
        const int64_t at = r * stride + j + k * lanes;
        const auto centred = hn::Sub(load(x + at), mean[k]);
        auto kept = load(g + at);
        if (a.relu) kept = hn::IfThenElseZero(hn::Gt(hn::MulAdd(centred, scale[k], shift[k]), zero), kept);
        const WideVector v = Widen(d, kept);
        sum[k] = hn::Add(sum[k], v);
        dot[k] = hn::MulAdd(v, Widen(d, centred), dot[k]);
      }
    for (int k = 0; k < count; k++) {
      store(sum[k], sums + j + k * lanes);
      store(dot[k], dots + j + k * lanes);
    }
  });
}

template <class T>
HWY_INLINE void GradientColumns(const T* g, const T* x, T* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<T>& a,
                                const ColumnFactors<T>& f) {
  const auto zero = hn::Zero(hn::ScalableTag<T>());
  for (int64_t r = 0; r < rows; r++, g += stride, x += stride, dx += stride)
    ForVectors<T>(columns, [&](int64_t j, auto load, auto store) HWY_ATTR {
      const auto centred = hn::Sub(load(x + j), load(a.mean + j));
      auto kept = load(g + j);
      if (a.relu) kept = hn::IfThenElseZero(hn::Gt(hn::MulAdd(centred, load(a.scale + j), load(a.shift + j)), zero), kept);
      store(hn::MulAdd(kept, load(f.by_g + j), hn::MulAdd(centred, load(f.by_x + j), load(f.constant + j))), dx + j);
    });
}

void ColumnMomentsFloat(const float* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  ColumnMoments(x, rows, stride, columns, mean, m2);
}
void ColumnMomentsDouble(const double* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  ColumnMoments(x, rows, stride, columns, mean, m2);
}
void AffineColumnsFloat(const float* x, float* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a) {
  AffineColumns(x, y, rows, stride, columns, a);
}
void AffineColumnsDouble(const double* x, double* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a) {
  AffineColumns(x, y, rows, stride, columns, a);
}
void GradientSumsColumnsFloat(const float* g, const float* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a,
                              double* sum, double* dot) {
  GradientSumsColumns(g, x, rows, stride, columns, a, sum, dot);
}
void GradientSumsColumnsDouble(const double* g, const double* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                               double* sum, double* dot) {
  GradientSumsColumns(g, x, rows, stride, columns, a, sum, dot);
}
void GradientColumnsFloat(const float* g, const float* x, float* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a,
                          const ColumnFactors<float>& f) {
  GradientColumns(g, x, dx, rows, stride, columns, a, f);
}
void GradientColumnsDouble(const double* g, const double* x, double* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                           const ColumnFactors<double>& f) {
  GradientColumns(g, x, dx, rows, stride, columns, a, f);
}

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(ColumnMomentsFloat);
HWY_EXPORT(ColumnMomentsDouble);
HWY_EXPORT(AffineColumnsFloat);
HWY_EXPORT(AffineColumnsDouble);
HWY_EXPORT(GradientSumsColumnsFloat);
HWY_EXPORT(GradientSumsColumnsDouble);
HWY_EXPORT(GradientColumnsFloat);
HWY_EXPORT(GradientColumnsDouble);

void column_moments(const float* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  HWY_DYNAMIC_DISPATCH(ColumnMomentsFloat)(x, rows, stride, columns, mean, m2);
}
void column_moments(const double* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  HWY_DYNAMIC_DISPATCH(ColumnMomentsDouble)(x, rows, stride, columns, mean, m2);
}
void affine_columns(const float* x, float* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a) {
  HWY_DYNAMIC_DISPATCH(AffineColumnsFloat)(x, y, rows, stride, columns, a);
}
void affine_columns(const double* x, double* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a) {
  HWY_DYNAMIC_DISPATCH(AffineColumnsDouble)(x, y, rows, stride, columns, a);
}
void gradient_sums_columns(const float* g, const float* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a, double* sum,
                           double* dot) {
  HWY_DYNAMIC_DISPATCH(GradientSumsColumnsFloat)(g, x, rows, stride, columns, a, sum, dot);
}
void gradient_sums_columns(const double* g, const double* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                           double* sum, double* dot) {
  HWY_DYNAMIC_DISPATCH(GradientSumsColumnsDouble)(g, x, rows, stride, columns, a, sum, dot);
}
void gradient_columns(const float* g, const float* x, float* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a,
                      const ColumnFactors<float>& f) {
  HWY_DYNAMIC_DISPATCH(GradientColumnsFloat)(g, x, dx, rows, stride, columns, a, f);
}
void gradient_columns(const double* g, const double* x, double* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                      const ColumnFactors<double>& f) {
  HWY_DYNAMIC_DISPATCH(GradientColumnsDouble)(g, x, dx, rows, stride, columns, a, f);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
