// A line of positions is a line of pixels, one after the other (stride 1) or every other one (stride 2): whole vectors move,
// for the two strides that occur. Lines are short, so that what matters is to leave few numbers to single steps.
#include "kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/strided_lines-inl.h"
#include "kernels/window_span.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Adds lines to pixels, from number `done` of each line on.
template <class T, int kBytes>
HWY_ATTR HWY_INLINE void add_lines(const Lines& s, int64_t done, const T* HWY_RESTRICT from, T* HWY_RESTRICT pixels) {
  const hn::CappedTag<T, kBytes / sizeof(T)> d;
  const int64_t lanes = int64_t(hn::Lanes(d)), whole = done + (s.n - done) / lanes * lanes, pairs = done + (s.n - done - 1) / lanes * lanes;
  const T* line = from;
  T* pixel = pixels;
  if (s.step == 1)
    for (int64_t l = 0; l < s.count; l++, pixel += s.pixel_line, line += s.to_line)
      for (int64_t i = done; i < whole; i += lanes) hn::StoreU(hn::Add(hn::LoadU(d, pixel + i), hn::LoadU(d, line + i)), d, pixel + i);
  if (s.step == 2)
    for (int64_t l = 0; l < s.count; l++, pixel += s.pixel_line, line += s.to_line)
      for (int64_t i = done; i < pairs; i += lanes) {
        hn::Vec<decltype(d)> even, odd;
        hn::LoadInterleaved2(d, pixel + 2 * i, even, odd);
        hn::StoreInterleaved2(hn::Add(even, hn::LoadU(d, line + i)), odd, d, pixel + 2 * i);
      }
  if (s.step == 1) done = whole;
  if (s.step == 2 && pairs > done) done = pairs;
  if constexpr (kBytes > 16) return add_lines<T, kBytes / 2>(s, done, from, pixels);
  for (int64_t l = 0; l < s.count; l++, pixels += s.pixel_line, from += s.to_line)
    for (int64_t i = done; i < s.n; i++) pixels[i * s.step] += from[i];
}

// The rows of the columns, cut into runs of lines that lie inside the image or outside. For those inside f(lines, columns,
// pixels, zeros before and after the lines' numbers), for the others g(first number, count).
template <class T, class U, class Inside, class Outside>
HWY_ATTR HWY_INLINE void each_run(const ConvGeometry& g, int64_t channels, const Positions& p, T* x, U* columns, int64_t row, Inside inside,
                                  Outside outside) {
  int64_t taps = g.kernel[1] * g.kernel[2], step = g.stride[2];
  for (int64_t pz = p.line / g.out[1], end = p.line + p.lines; pz * g.out[1] < end; pz++) {
    // This run of lines shares a place along the first axis.
    int64_t from = pz * g.out[1] < p.line ? p.line - pz * g.out[1] : 0, until = end - pz * g.out[1] < g.out[1] ? end - pz * g.out[1] : g.out[1];
    U* place = columns + (pz * g.out[1] + from - p.line) * p.columns;
    for (int64_t qz = 0; qz < g.kernel[0]; qz++)
      for (int64_t qy = 0; qy < g.kernel[1]; qy++) {
        int64_t z = pz * g.stride[0] + g.dilation[0] * qz - g.padding[0], y = from * g.stride[1] + g.dilation[1] * qy - g.padding[1];
        WindowSpan rows = window_span(until - from, g.stride[1], y, g.in[1]);
        if (z < 0 || z >= g.in[0]) rows = {0, 0};
        for (int64_t qx = 0; qx < g.kernel[2]; qx++) {
          int64_t shift = g.dilation[2] * qx - g.padding[2] + p.first * step;
          WindowSpan span = window_span(p.columns, step, shift, g.in[2]);
          Lines lines{rows.end - rows.begin, span.end - span.begin, step, g.stride[1] * g.in[2], p.columns};
          U* to = place + (qz * taps + qy * g.kernel[2] + qx) * row;
          T* pixels = x + (z * g.in[1] + y + rows.begin * g.stride[1]) * g.in[2] + shift + span.begin * step;
          for (int64_t c = 0; c < channels; c++, to += g.kernel[0] * taps * row, pixels += g.in_plane()) {
            outside(to, rows.begin * p.columns);
            if (lines.count > 0) inside(lines, to + rows.begin * p.columns, pixels, span.begin, p.columns - span.end);
            outside(to + rows.end * p.columns, (until - from - rows.end) * p.columns);
          }
        }
      }
  }
}

template <class T>
HWY_ATTR HWY_INLINE void unfold_any(const ConvGeometry& g, int64_t channels, const Positions& p, const T* x, T* columns, int64_t row) {
  auto zero = [](T* to, int64_t n) HWY_ATTR {
    for (int64_t i = 0; i < n; i++) to[i] = T(0);
  };
  auto copy = [&](const Lines& lines, T* to, const T* pixels, int64_t before, int64_t after) HWY_ATTR {
    if (before + after > 0) zero(to, lines.count * lines.to_line);  // whole lines at once: single numbers at their ends take longer
    if (lines.n > 0) copy_lines<T, 32>(lines, pixels, to + before);
  };
  each_run(g, channels, p, x, columns, row, copy, zero);
}

template <class T>
HWY_ATTR HWY_INLINE void fold_any(const ConvGeometry& g, int64_t channels, const Positions& p, const T* columns, int64_t row, T* x) {
  auto add = [](const Lines& lines, const T* from, T* pixels, int64_t before, int64_t) HWY_ATTR {
    if (lines.n > 0) add_lines<T, 32>(lines, 0, from + before, pixels);
  };
  each_run(g, channels, p, x, columns, row, add, [](const T*, int64_t) {});
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
