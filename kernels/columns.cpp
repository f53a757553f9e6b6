// A line of positions is a line of pixels, one after the other (stride 1) or every other one (stride 2): whole vectors move,
// for the two strides that occur. Lines are short, so that what matters is to leave few numbers to single steps.
#include "kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/window_span.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// to[i] = pixel[i step]. A vector of every other pixel ends on a pixel that is not asked for, and which may lie beyond the
// image: the last vector is therefore read from one pixel earlier, and overlaps the vector before.
template <class T, int kBytes>
HWY_ATTR HWY_INLINE void copy_line(const T* HWY_RESTRICT pixel, int64_t step, int64_t n, T* HWY_RESTRICT to) {
  const hn::CappedTag<T, kBytes / sizeof(T)> d;
  const int64_t lanes = int64_t(hn::Lanes(d));
  if (step <= 2 && n > lanes) {
    hn::Vec<decltype(d)> even, odd;
    if (step == 1) {
      for (int64_t i = 0; i < n - lanes; i += lanes) hn::StoreU(hn::LoadU(d, pixel + i), d, to + i);
      hn::StoreU(hn::LoadU(d, pixel + n - lanes), d, to + n - lanes);
    } else {
      for (int64_t i = 0; i < n - lanes; i += lanes) {
        hn::LoadInterleaved2(d, pixel + 2 * i, even, odd);
        hn::StoreU(even, d, to + i);
      }
      hn::LoadInterleaved2(d, pixel + 2 * (n - lanes) - 1, even, odd);
      hn::StoreU(odd, d, to + n - lanes);
    }
    return;
  }
  if constexpr (kBytes > 16) return copy_line<T, kBytes / 2>(pixel, step, n, to);
  for (int64_t i = 0; i < n; i++) to[i] = pixel[i * step];
}

// pixel[i step] += from[i].
template <class T, int kBytes>
HWY_ATTR HWY_INLINE void add_line(const T* HWY_RESTRICT from, int64_t step, int64_t n, T* HWY_RESTRICT pixel) {
  const hn::CappedTag<T, kBytes / sizeof(T)> d;
  const int64_t lanes = int64_t(hn::Lanes(d));
  int64_t i = 0;
  if (step == 1)
    for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Add(hn::LoadU(d, pixel + i), hn::LoadU(d, from + i)), d, pixel + i);
  else if (step == 2)
    for (; i + lanes < n; i += lanes) {
      hn::Vec<decltype(d)> even, odd;
      hn::LoadInterleaved2(d, pixel + 2 * i, even, odd);
      hn::StoreInterleaved2(hn::Add(even, hn::LoadU(d, from + i)), odd, d, pixel + 2 * i);
    }
  if constexpr (kBytes > 16) return add_line<T, kBytes / 2>(from + i, step, n - i, pixel + i * step);
  for (; i < n; i++) pixel[i * step] += from[i];
}

// For each line of each row of the columns: f(place of the line, pixel of position `first` (null: the line is outside), the
// positions that fall inside the image).
template <class T, class U, class F>
HWY_ATTR HWY_INLINE void each_line(const ConvGeometry& g, int64_t channels, const Positions& p, T* x, U* columns, int64_t row, F f) {
  for (int64_t c = 0; c < channels; c++, x += g.in_plane())
    for (int64_t qz = 0; qz < g.kernel[0]; qz++)
      for (int64_t qy = 0; qy < g.kernel[1]; qy++)
        for (int64_t qx = 0; qx < g.kernel[2]; qx++, columns += row) {
          int64_t shift = g.dilation[2] * qx - g.padding[2] + p.first * g.stride[2];
          WindowSpan span = window_span(p.columns, g.stride[2], shift, g.in[2]);
          int64_t pz = p.line / g.out[1], py = p.line % g.out[1];
          for (int64_t l = 0; l < p.lines; l++) {
            int64_t z = pz * g.stride[0] + g.dilation[0] * qz - g.padding[0], y = py * g.stride[1] + g.dilation[1] * qy - g.padding[1];
            bool outside = z < 0 || z >= g.in[0] || y < 0 || y >= g.in[1];
            f(columns + l * p.columns, outside ? nullptr : x + (z * g.in[1] + y) * g.in[2] + shift, span);
            if (++py == g.out[1]) py = 0, pz++;
          }
        }
}

template <class T>
HWY_ATTR HWY_INLINE void unfold_any(const ConvGeometry& g, int64_t channels, const Positions& p, const T* x, T* columns, int64_t row) {
  int64_t step = g.stride[2];
  each_line(g, channels, p, x, columns, row, [&](T* to, const T* pixel, WindowSpan span) HWY_ATTR {
    if (!pixel) span = {p.columns, p.columns};
    for (int64_t i = 0; i < span.begin; i++) to[i] = T(0);
    if (span.end > span.begin) copy_line<T, 32>(pixel + span.begin * step, step, span.end - span.begin, to + span.begin);
    for (int64_t i = span.end; i < p.columns; i++) to[i] = T(0);
  });
}

template <class T>
HWY_ATTR HWY_INLINE void fold_any(const ConvGeometry& g, int64_t channels, const Positions& p, const T* columns, int64_t row, T* x) {
  int64_t step = g.stride[2];
  each_line(g, channels, p, x, columns, row, [&](const T* from, T* pixel, WindowSpan span) HWY_ATTR {
    if (pixel) add_line<T, 32>(from + span.begin, step, span.end - span.begin, pixel + span.begin * step);
  });
}

void unfold_float(const ConvGeometry& g, int64_t channels, const Positions& p, const float* x, float* columns, int64_t row) {
  unfold_any(g, channels, p, x, columns, row);
}
void unfold_double(const ConvGeometry& g, int64_t channels, const Positions& p, const double* x, double* columns, int64_t row) {
  unfold_any(g, channels, p, x, columns, row);
}
void fold_float(const ConvGeometry& g, int64_t channels, const Positions& p, const float* columns, int64_t row, float* x) {
  fold_any(g, channels, p, columns, row, x);
}
void fold_double(const ConvGeometry& g, int64_t channels, const Positions& p, const double* columns, int64_t row, double* x) {
  fold_any(g, channels, p, columns, row, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(unfold_float);
HWY_EXPORT(unfold_double);
HWY_EXPORT(fold_float);
HWY_EXPORT(fold_double);

void im2col(const ConvGeometry& g, int64_t channels, const Positions& p, const float* x, float* columns, int64_t row) {
  HWY_DYNAMIC_DISPATCH(unfold_float)(g, channels, p, x, columns, row);
}
void im2col(const ConvGeometry& g, int64_t channels, const Positions& p, const double* x, double* columns, int64_t row) {
  HWY_DYNAMIC_DISPATCH(unfold_double)(g, channels, p, x, columns, row);
}
void col2im(const ConvGeometry& g, int64_t channels, const Positions& p, const float* columns, int64_t row, float* x) {
  HWY_DYNAMIC_DISPATCH(fold_float)(g, channels, p, columns, row, x);
}
void col2im(const ConvGeometry& g, int64_t channels, const Positions& p, const double* columns, int64_t row, double* x) {
  HWY_DYNAMIC_DISPATCH(fold_double)(g, channels, p, columns, row, x);
}

}  // namespace tare::kernels
#endif
