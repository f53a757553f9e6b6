#include "kernels/columns.h"

#include <algorithm>

#include "kernels/window_span.h"

namespace tare::kernels {
namespace {

// For each line of each row of the columns: f(place of the line, pixel of position `first` (null: the line is outside), the
// positions that fall inside the image).
template <class T, class U, class F>
void each_line(const ConvGeometry& g, int64_t channels, const Positions& p, T* x, U* columns, int64_t row, F f) {
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

}  // namespace

template <class T>
void im2col(const ConvGeometry& g, int64_t channels, const Positions& p, const T* x, T* columns, int64_t row) {
  int64_t step = g.stride[2];
  each_line(g, channels, p, x, columns, row, [&](T* to, const T* pixel, WindowSpan span) {
    if (!pixel) span = {p.columns, p.columns};
    for (int64_t i = 0; i < span.begin; i++) to[i] = T(0);
    if (step == 1)
      for (int64_t i = span.begin; i < span.end; i++) to[i] = pixel[i];
    else if (step == 2)
      for (int64_t i = span.begin; i < span.end; i++) to[i] = pixel[2 * i];
    else
      for (int64_t i = span.begin; i < span.end; i++) to[i] = pixel[i * step];
    for (int64_t i = span.end; i < p.columns; i++) to[i] = T(0);
  });
}

template <class T>
void col2im(const ConvGeometry& g, int64_t channels, const Positions& p, const T* columns, int64_t row, T* x) {
  int64_t step = g.stride[2];
  each_line(g, channels, p, x, columns, row, [&](const T* from, T* pixel, WindowSpan span) {
    if (!pixel) return;
    if (step == 1)
      for (int64_t i = span.begin; i < span.end; i++) pixel[i] += from[i];
    else
      for (int64_t i = span.begin; i < span.end; i++) pixel[i * step] += from[i];
  });
}

template void im2col(const ConvGeometry&, int64_t, const Positions&, const float*, float*, int64_t);
template void im2col(const ConvGeometry&, int64_t, const Positions&, const double*, double*, int64_t);
template void col2im(const ConvGeometry&, int64_t, const Positions&, const float*, int64_t, float*);
template void col2im(const ConvGeometry&, int64_t, const Positions&, const double*, int64_t, double*);

}  // namespace tare::kernels
