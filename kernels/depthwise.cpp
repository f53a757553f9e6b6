// Depthwise convolution: each channel is a plane under a stencil of a few weights, 2 taps flops a number read. One padded copy
// of the plane, small enough for the first-level cache, removes every border case:
//
//   y[p]  = sum over q of w[q] padded[stride p + dilation q]
//   dw[q] = sum over p of grad[p] padded[stride p + dilation q]
//   dx    = the same sum over a padded gradient with the taps in reverse, when the stride is 1; otherwise each gradient adds
//           its weights to a padded dx, which is then cropped.
#include "kernels/depthwise.h"

#include <algorithm>
#include <vector>

#include "kernels/shares.h"
#include "kernels/stencil.h"

namespace tare::kernels {
namespace {

// A plane of `size` whose entry i is entry i - shift of a plane of `from` (0 outside), along each axis.
struct Padded {
  int64_t size[3], from[3], shift[3];
  int64_t numel() const { return size[0] * size[1] * size[2]; }

  // The rows the two planes share: f(row of the padded plane, row of the plane, numbers).
  template <class T, class U, class F>
  void each_row(T* padded, U* plane, F f) const {
    int64_t begin = std::clamp<int64_t>(shift[2], 0, size[2]), end = std::clamp(from[2] + shift[2], begin, size[2]);
    for (int64_t i = std::max<int64_t>(shift[0], 0); i < std::min(size[0], from[0] + shift[0]); i++)
      for (int64_t j = std::max<int64_t>(shift[1], 0); j < std::min(size[1], from[1] + shift[1]); j++)
        f(padded + (i * size[1] + j) * size[2] + begin, plane + ((i - shift[0]) * from[1] + j - shift[1]) * from[2] + begin - shift[2], end - begin);
  }
  template <class T>
  void copy_in(const T* plane, T* padded) const {
    each_row(padded, plane, [](T* to, const T* row, int64_t n) { std::copy(row, row + n, to); });
  }
};

// The stencil that reads a plane padded for `out` outputs of the given stride.
struct Taps {
  Padded padded;
  std::vector<int64_t> offsets;
  Stencil stencil;

  Taps(const ConvGeometry& g, const int64_t* out, const int64_t* from, const int64_t* stride, const int64_t* shift, bool reversed) {
    for (int i = 0; i < 3; i++) {
      padded.size[i] = (out[i] - 1) * stride[i] + g.dilation[i] * (g.kernel[i] - 1) + 1;
      padded.from[i] = from[i];
      padded.shift[i] = shift[i];
      stencil.out[i] = out[i];
    }
    int64_t steps[3] = {padded.size[1] * padded.size[2], padded.size[2], 1};
    for (int i = 0; i < 3; i++) stencil.step[i] = stride[i] * steps[i];
    for (int64_t a = 0; a < g.kernel[0]; a++)
      for (int64_t b = 0; b < g.kernel[1]; b++)
        for (int64_t c = 0; c < g.kernel[2]; c++)
          offsets.push_back(a * g.dilation[0] * steps[0] + b * g.dilation[1] * steps[1] + c * g.dilation[2] * steps[2]);
    if (reversed) std::reverse(offsets.begin(), offsets.end());
    stencil.taps = int64_t(offsets.size());
    stencil.offsets = offsets.data();
  }
  int64_t room() const { return padded.numel() + 16; }  // with what a last vector may read beyond
};

Taps forward_taps(const ConvGeometry& g) { return Taps(g, g.out, g.in, g.stride, g.padding, false); }

// Calls run(first plane, last plane, workspace) over pieces of the planes, each with its own zeroed padded plane.
template <class T, class F>
void each_piece(int64_t planes, int64_t room, int64_t taps, F run) {
  constexpr int64_t kWork = 200'000;  // multiply-adds worth handing out
  int64_t grain = kWork / (room * taps) + 1, units = (planes + grain - 1) / grain, shares = shares_of(units);
  Tensor memory = zeros_raw({shares * room}, dtype_of<T>::value);
  parallel_shares(shares, units, [&](int64_t share, int64_t begin, int64_t end) {
    run(begin * grain, std::min(end * grain, planes), memory.mutable_data<T>() + share * room);
  });
}

}  // namespace

template <class T>
void depthwise_forward(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y) {
  Taps taps = forward_taps(g);
  int64_t copies = g.group_o();
  each_piece<T>(g.n * g.c, taps.room(), taps.stencil.taps * copies, [&](int64_t begin, int64_t end, T* padded) {
    for (int64_t plane = begin; plane < end; plane++) {
      taps.padded.copy_in(x + plane * g.in_plane(), padded);
      for (int64_t o = plane * copies; o < (plane + 1) * copies; o++)
        stencil_sum(taps.stencil, padded, w + o % g.o * taps.stencil.taps, bias ? bias[o % g.o] : T(0), act, y + o * g.out_plane());
    }
  });
}

template <class T>
void depthwise_backward_input(const ConvGeometry& g, const T* grad, const T* w, T* dx) {
  int64_t copies = g.group_o();
  if (g.stride[0] == 1 && g.stride[1] == 1 && g.stride[2] == 1 && copies == 1) {
    int64_t shift[3];
    for (int i = 0; i < 3; i++) shift[i] = g.dilation[i] * (g.kernel[i] - 1) - g.padding[i];
    Taps taps(g, g.in, g.out, g.stride, shift, true);
    each_piece<T>(g.n * g.c, taps.room(), taps.stencil.taps, [&](int64_t begin, int64_t end, T* padded) {
      for (int64_t plane = begin; plane < end; plane++) {
        taps.padded.copy_in(grad + plane * g.out_plane(), padded);
        stencil_sum(taps.stencil, padded, w + plane % g.c * taps.stencil.taps, T(0), Activation::none, dx + plane * g.in_plane());
      }
    });
    return;
  }
  Taps taps = forward_taps(g);
  const Stencil& s = taps.stencil;
  each_piece<T>(g.n * g.c, taps.room(), s.taps * copies, [&](int64_t begin, int64_t end, T* padded) {
    for (int64_t plane = begin; plane < end; plane++) {
      std::fill(padded, padded + taps.padded.numel(), T(0));
      for (int64_t o = plane * copies; o < (plane + 1) * copies; o++) {
        const T *from = grad + o * g.out_plane(), *weights = w + o % g.o * s.taps;
        for (int64_t i = 0; i < s.out[0]; i++)
          for (int64_t j = 0; j < s.out[1]; j++, from += s.out[2])
            for (int64_t q = 0; q < s.taps; q++) {
              T* to = padded + i * s.step[0] + j * s.step[1] + s.offsets[q];
              for (int64_t k = 0; k < s.out[2]; k++) to[k * s.step[2]] += weights[q] * from[k];
            }
      }
      // Rows that no window reaches keep the zeros of this fill.
      T* image = dx + plane * g.in_plane();
      std::fill(image, image + g.in_plane(), T(0));
      taps.padded.each_row(padded, image, [](const T* row, T* to, int64_t n) { std::copy(row, row + n, to); });
    }
  });
}

template <class T>
void depthwise_backward_weight(const ConvGeometry& g, const T* grad, const T* x, T* dw) {
  Taps taps = forward_taps(g);
  int64_t copies = g.group_o(), count = taps.stencil.taps;
  Tensor memory = empty({g.n * g.o * count}, dtype_of<T>::value);
  T* sums = memory.mutable_data<T>();  // one gradient for each image, added up in order
  each_piece<T>(g.n * g.c, taps.room(), count * copies, [&](int64_t begin, int64_t end, T* padded) {
    for (int64_t plane = begin; plane < end; plane++) {
      taps.padded.copy_in(x + plane * g.in_plane(), padded);
      for (int64_t o = plane * copies; o < (plane + 1) * copies; o++) stencil_products(taps.stencil, padded, grad + o * g.out_plane(), sums + o * count);
    }
  });
  std::copy(sums, sums + g.o * count, dw);
  for (int64_t n = 1; n < g.n; n++)
    for (int64_t i = 0; i < g.o * count; i++) dw[i] += sums[n * g.o * count + i];
}

template void depthwise_forward(const ConvGeometry&, const float*, const float*, const float*, Activation, float*);
template void depthwise_forward(const ConvGeometry&, const double*, const double*, const double*, Activation, double*);
template void depthwise_backward_input(const ConvGeometry&, const float*, const float*, float*);
template void depthwise_backward_input(const ConvGeometry&, const double*, const double*, double*);
template void depthwise_backward_weight(const ConvGeometry&, const float*, const float*, float*);
template void depthwise_backward_weight(const ConvGeometry&, const double*, const double*, double*);

}  // namespace tare::kernels
