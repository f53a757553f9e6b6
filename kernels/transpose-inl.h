// Square blocks transposed in registers: 8x8 floats, 4x4 doubles. Highway style: included once for each target.
#if defined(TARE_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_TRANSPOSE_INL_H_
#undef TARE_TRANSPOSE_INL_H_
#else
#define TARE_TRANSPOSE_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
/// Transposes the matrix whose rows are the vectors r[0 .. lanes): 8 floats or 4 doubles.
HWY_ATTR HWY_INLINE void transpose_lanes(hwy::HWY_NAMESPACE::CappedTag<double, 4> d, hwy::HWY_NAMESPACE::Vec<decltype(d)>* r) {
  namespace hn = hwy::HWY_NAMESPACE;
  auto a = hn::InterleaveLower(d, r[0], r[1]), b = hn::InterleaveUpper(d, r[0], r[1]);  // 00 10 02 12 | 01 11 03 13
  auto e = hn::InterleaveLower(d, r[2], r[3]), f = hn::InterleaveUpper(d, r[2], r[3]);  // 20 30 22 32 | 21 31 23 33
  r[0] = hn::ConcatLowerLower(d, e, a);
  r[1] = hn::ConcatLowerLower(d, f, b);
  r[2] = hn::ConcatUpperUpper(d, e, a);
  r[3] = hn::ConcatUpperUpper(d, f, b);
}
HWY_ATTR HWY_INLINE void transpose_lanes(hwy::HWY_NAMESPACE::CappedTag<float, 8> d, hwy::HWY_NAMESPACE::Vec<decltype(d)>* r) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::Repartition<double, decltype(d)> pairs;
  using V = hn::Vec<decltype(d)>;
  V a[8], b[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {  // of rows 0 and 1: 00 10 01 11 04 14 05 15 | 02 12 03 13 06 16 07 17
    a[2 * i] = hn::InterleaveLower(d, r[2 * i], r[2 * i + 1]);
    a[2 * i + 1] = hn::InterleaveUpper(d, r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {  // of rows 0 to 3: 00 10 20 30 04 14 24 34 | 01 ...
    auto low = hn::BitCast(pairs, a[i / 2 * 4 + i % 2]), high = hn::BitCast(pairs, a[i / 2 * 4 + i % 2 + 2]);
    b[2 * i] = hn::BitCast(d, hn::InterleaveLower(pairs, low, high));
    b[2 * i + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, low, high));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    r[i] = hn::ConcatLowerLower(d, b[i + 4], b[i]);
    r[i + 4] = hn::ConcatUpperUpper(d, b[i + 4], b[i]);
  }
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#endif
