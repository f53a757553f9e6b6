// Lines of numbers out of an image, one after the other or every other one. Highway style: included once for each target.
#if defined(TARE_STRIDED_LINES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_STRIDED_LINES_INL_H_
#undef TARE_STRIDED_LINES_INL_H_
#else
#define TARE_STRIDED_LINES_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {

// Lines of n numbers: number i of line l at to[l to_line + i], and its pixel at pixels[l pixel_line + i step].
struct Lines {
  int64_t count, n, step, pixel_line, to_line;
};

// Copies pixels to lines. A vector of every other pixel ends on a pixel that is not asked for, and which may lie beyond the
// image: the last vector is therefore read from one pixel earlier, and overlaps the vector before.
template <class T, int kBytes>
HWY_ATTR HWY_INLINE void copy_lines(const Lines& s, const T* HWY_RESTRICT pixels, T* HWY_RESTRICT to) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<T, kBytes / sizeof(T)> d;
  const int64_t lanes = int64_t(hn::Lanes(d)), last = s.n - lanes;
  if (s.step == 1 && s.n >= lanes) {
    for (int64_t l = 0; l < s.count; l++, pixels += s.pixel_line, to += s.to_line) {
      for (int64_t i = 0; i < last; i += lanes) hn::StoreU(hn::LoadU(d, pixels + i), d, to + i);
      hn::StoreU(hn::LoadU(d, pixels + last), d, to + last);
    }
  } else if (s.step == 2 && s.n > lanes) {
    for (int64_t l = 0; l < s.count; l++, pixels += s.pixel_line, to += s.to_line) {
      hn::Vec<decltype(d)> even, odd;
      for (int64_t i = 0; i < last; i += lanes) {
        hn::LoadInterleaved2(d, pixels + 2 * i, even, odd);
        hn::StoreU(even, d, to + i);
      }
      hn::LoadInterleaved2(d, pixels + 2 * last - 1, even, odd);
      hn::StoreU(odd, d, to + last);
    }
  } else if constexpr (kBytes > 16) {
    copy_lines<T, kBytes / 2>(s, pixels, to);
  } else {
    for (int64_t l = 0; l < s.count; l++, pixels += s.pixel_line, to += s.to_line)
      for (int64_t i = 0; i < s.n; i++) to[i] = pixels[i * s.step];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#endif
