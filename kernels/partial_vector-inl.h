// Loads and stores of the first n lanes of a vector that touch nothing beyond them, also where the machine has no masks.
// Highway style: included once for each target.
#if defined(TARE_PARTIAL_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_PARTIAL_VECTOR_INL_H_
#undef TARE_PARTIAL_VECTOR_INL_H_
#else
#define TARE_PARTIAL_VECTOR_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {

/// The first n (at least 1) numbers at p; zeros in the other lanes.
template <class D>
HWY_ATTR HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_first(D d, const hwy::HWY_NAMESPACE::TFromD<D>* p, int64_t n) {
  namespace hn = hwy::HWY_NAMESPACE;
  if (n >= int64_t(hn::Lanes(d))) return hn::LoadU(d, p);
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, size_t(n)), d, p);
#else
  HWY_ALIGN hn::TFromD<D> copy[hn::MaxLanes(D())] = {};
  for (int64_t i = 0; i < n; i++) copy[i] = p[i];
  return hn::Load(d, copy);
#endif
}

/// Writes the first n (at least 1) lanes of v to p. Not for hot loops, and without masked stores, which are microcoded on AMD's
/// processors: where a row is at least a vector long, let the last store overlap the one before.
template <class D>
HWY_ATTR HWY_INLINE void store_first(D d, hwy::HWY_NAMESPACE::Vec<D> v, hwy::HWY_NAMESPACE::TFromD<D>* p, int64_t n) {
  namespace hn = hwy::HWY_NAMESPACE;
  if (n >= int64_t(hn::Lanes(d))) return hn::StoreU(v, d, p);
  HWY_ALIGN hn::TFromD<D> copy[hn::MaxLanes(D())];
  hn::Store(v, d, copy);
  for (int64_t i = 0; i < n; i++) p[i] = copy[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#endif
