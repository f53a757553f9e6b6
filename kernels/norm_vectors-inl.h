// What the vector loops of the normalizations share: loads as double, and partial vectors.
#if defined(TARE_KERNELS_NORM_VECTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_KERNELS_NORM_VECTORS_INL_H
#undef TARE_KERNELS_NORM_VECTORS_INL_H
#else
#define TARE_KERNELS_NORM_VECTORS_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>

#include "kernels/partial_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<double>;
using WideVector = hn::Vec<Wide>;

/// As many numbers as a vector of doubles holds, as doubles.
HWY_INLINE WideVector LoadWide(Wide, const double* p) { return hn::LoadU(Wide(), p); }
HWY_INLINE WideVector LoadWide(Wide d, const float* p) { return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Wide>(), p)); }

template <class T>
HWY_INLINE int64_t LanesOf() {
  return static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

/// Calls f(i, load, store) for each vector of T in [0, n); load(p) and store(v, p) know about the partial last vector, whose missing
/// lanes load as 0 and are not stored.
template <class T, class F>
HWY_INLINE void ForVectors(int64_t n, F f) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = LanesOf<T>();
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    f(i, [d](const T* p) HWY_ATTR { return hn::LoadU(d, p); }, [d](hn::Vec<decltype(d)> v, T* p) HWY_ATTR { hn::StoreU(v, d, p); });
  if (i == n) return;
  const auto valid = hn::FirstN(d, static_cast<size_t>(n - i));
  f(i, [d, valid](const T* p) HWY_ATTR { return hn::MaskedLoad(valid, d, p); },
    [d, n, i](hn::Vec<decltype(d)> v, T* p) HWY_ATTR { store_first(d, v, p, n - i); });
}

/// For sums in double over n numbers: calls f(turn, i) for each vector of doubles that starts at i, with turns 0 to 3 one after the
/// other, so that four chains of additions hide their latency; the last numbers, fewer than a vector, go to rest(i) one by one.
template <class F, class R>
HWY_INLINE void ForWideVectors(int64_t n, F f, R rest) {
  const int64_t lanes = LanesOf<double>();
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    f(std::integral_constant<int, 0>(), i);
    f(std::integral_constant<int, 1>(), i + lanes);
    f(std::integral_constant<int, 2>(), i + 2 * lanes);
    f(std::integral_constant<int, 3>(), i + 3 * lanes);
  }
  for (; i + lanes <= n; i += lanes) f(std::integral_constant<int, 0>(), i);
  for (; i < n; i++) rest(i);
}

/// Four running sums.
struct WideSums {
  WideVector part[4];
  double rest = 0;
  HWY_INLINE WideSums() {
    for (auto& p : part) p = hn::Zero(Wide());
  }
  HWY_INLINE double total() const {
    return hn::GetLane(hn::SumOfLanes(Wide(), hn::Add(hn::Add(part[0], part[1]), hn::Add(part[2], part[3])))) + rest;
  }
};

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggling guard
