#include "kernels/norm_columns.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm_columns.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/norm_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

HWY_INLINE WideVector Widen(Wide, WideVector v) { return v; }
template <class V>
HWY_INLINE WideVector Widen(Wide d, V v) {
  return hn::PromoteTo(d, v);
}

// How numbers of T and sums in double are read and written as vectors of as many lanes; `left` numbers at the end of a row.
template <class T>
struct FullVectors {
  using Narrow = hn::Rebind<T, Wide>;
  HWY_INLINE auto load(const T* p) const { return hn::LoadU(Narrow(), p); }
  HWY_INLINE WideVector sums(const double* p) const { return hn::LoadU(Wide(), p); }
  HWY_INLINE void store(WideVector v, double* p) const { hn::StoreU(v, Wide(), p); }
};
template <class T>
struct PartialVectors {
  using Narrow = hn::Rebind<T, Wide>;
  size_t left;
  HWY_INLINE auto load(const T* p) const { return hn::MaskedLoad(hn::FirstN(Narrow(), left), Narrow(), p); }
  HWY_INLINE WideVector sums(const double* p) const { return hn::MaskedLoad(hn::FirstN(Wide(), left), Wide(), p); }
  HWY_INLINE void store(WideVector v, double* p) const { store_first(Wide(), v, p, static_cast<int64_t>(left)); }
};

// Rows that go together: the running sums of a column are read and written once a group, and each row of it is a stream for the
// prefetcher. (A strip of columns all the way down would keep the sums in registers, but jumps `stride` with every load.)
constexpr int64_t kGroupRows = 8;

// A group's rows are streams too short for the hardware to run ahead of: while one is summed, the next comes into the L2 cache. From
// memory the sums take 0.6 of the time without. One request for each line of 64 bytes.
template <class T>
HWY_INLINE void FetchAhead(const T* p, int64_t column) {
  if (column * int64_t{sizeof(T)} % 64 == 0) __builtin_prefetch(p, 0, 1);
}

// Calls f(rows, row, j, vectors) for every group of rows and every vector of columns in it; rows is a constant, 8 or 1.
template <class T, class F>
HWY_INLINE void ForRowGroups(int64_t rows, int64_t columns, F f) {
  const int64_t lanes = LanesOf<double>();
  const auto group = [&](auto count, int64_t r) HWY_ATTR {
    int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) f(count, r, j, FullVectors<T>());
    if (j < columns) f(count, r, j, PartialVectors<T>{static_cast<size_t>(columns - j)});
  };
  int64_t r = 0;
  for (; r + kGroupRows <= rows; r += kGroupRows) group(std::integral_constant<int, kGroupRows>(), r);
  for (; r < rows; r++) group(std::integral_constant<int, 1>(), r);
}

template <class T>
HWY_INLINE void ColumnMoments(const T* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2) {
  const Wide d;
  std::fill(mean, mean + columns, 0.0);
  std::fill(m2, m2 + columns, 0.0);
  ForRowGroups<T>(rows, columns, [&](auto count, int64_t row, int64_t j, auto vectors) HWY_ATTR {
    WideVector sum = vectors.sums(mean + j), squares = vectors.sums(m2 + j);
    for (int k = 0; k < count; k++) {
      FetchAhead(x + (row + k + count) * stride + j, j);
      const WideVector v = Widen(d, vectors.load(x + (row + k) * stride + j));
      sum = hn::Add(sum, v);
      if constexpr (std::is_same_v<T, float>) squares = hn::MulAdd(v, v, squares);
    }
    vectors.store(sum, mean + j);
    if constexpr (std::is_same_v<T, float>) vectors.store(squares, m2 + j);
  });
  for (int64_t j = 0; j < columns; j++) {
    const double sum = mean[j];
    mean[j] = sum / static_cast<double>(rows);
    if constexpr (std::is_same_v<T, float>) {
      const double rest = m2[j] - sum * mean[j];
      m2[j] = rest < 0 ? 0 : rest;  // keeps NaN
    }
  }
  if constexpr (std::is_same_v<T, double>)
    ForRowGroups<T>(rows, columns, [&](auto count, int64_t row, int64_t j, auto vectors) HWY_ATTR {
      const WideVector average = vectors.sums(mean + j);
      WideVector squares = vectors.sums(m2 + j);
      for (int k = 0; k < count; k++) {
        const WideVector v = hn::Sub(vectors.load(x + (row + k) * stride + j), average);
        squares = hn::MulAdd(v, v, squares);
      }
      vectors.store(squares, m2 + j);
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
  const auto zero = hn::Zero(hn::Rebind<T, Wide>());
  std::fill(sums, sums + columns, 0.0);
  std::fill(dots, dots + columns, 0.0);
  // The rows of a group are added in T's arithmetic, the groups in double.
  ForRowGroups<T>(rows, columns, [&](auto count, int64_t row, int64_t j, auto vectors) HWY_ATTR {
    const auto mean = vectors.load(a.mean + j);
    auto sum = zero, dot = zero;
    for (int k = 0; k < count; k++) {
      const int64_t at = (row + k) * stride + j;
      FetchAhead(x + at + count * stride, j);
      FetchAhead(g + at + count * stride, j);
      const auto centred = hn::Sub(vectors.load(x + at), mean);
      auto kept = vectors.load(g + at);
      if (a.relu) kept = hn::IfThenElseZero(hn::Gt(hn::MulAdd(centred, vectors.load(a.scale + j), vectors.load(a.shift + j)), zero), kept);
      sum = hn::Add(sum, kept);
      dot = hn::MulAdd(kept, centred, dot);
    }
    vectors.store(hn::Add(vectors.sums(sums + j), Widen(d, sum)), sums + j);
    vectors.store(hn::Add(vectors.sums(dots + j), Widen(d, dot)), dots + j);
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
