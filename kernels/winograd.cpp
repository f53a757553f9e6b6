// Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2015, arXiv:1509.09308).
//
//   Y = A^T [ (G g G^T) . (B^T d B) ] A        F(m x m, 3x3)
//
// An m x m tile of outputs is computed from an (m + 2) x (m + 2) patch d of inputs and the filter g with (m + 2)^2
// multiplications for each pair of channels instead of 9 m^2: 2.25 times fewer for m = 2, 4 times for m = 4. The price is
// the transforms (additions, in proportion to the number of channels, not of pairs) and rounding: errors relative to the
// largest output are about 4e-7 for m = 2 and 6e-6 for m = 4, against 7e-7 for the direct sum. With n = (m + 2)^2 planes,
// the products over channels are n matrix products, one for each plane p:
//
//   M_p (tiles, O) = V_p (tiles, C) U_p (C, O),    U = G g G^T,  V = B^T d B,  Y = A^T M A.
//
// The gradients. With respect to the input the convolution's gradient is the convolution of the output's gradient with
// the filters turned by 180 degrees and their two channel axes exchanged: the same code. With respect to the filters the
// chain rule through the two lines above gives
//
//   dM = A dY A^T,   dU_p (O, C) = dM_p^T V_p   (summed over tiles),   dg = G^T dU G.
//
// A piece of work is some rows of tiles: few enough that V and M stay in the second-level cache, enough that U, which every
// piece reads, does not cost more than the products. For the filters' gradient a wave of many rows is transformed in
// parallel, then the planes are multiplied in parallel: no partial sums, so nothing depends on the number of threads.
#include "kernels/winograd.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/panels.h"
#include "kernels/shares.h"
#include "kernels/winograd_transforms.h"

namespace tare::kernels {
namespace {

constexpr int64_t kPanel = panel_width<float>;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// U, plane by plane, in panels of 16 output channels: U[p][panel][c][16].
struct TransformedFilters {
  Tensor memory;
  int64_t plane_stride;
};

TransformedFilters transform_filters(int m, const WinogradFilters& f) {
  int64_t plane = spread<float>(whole_panels<float>(f.outputs) * f.inputs), units = whole_panels<float>(f.outputs) / kPanel * f.inputs;
  TransformedFilters u{empty({(m + 2) * (m + 2) * plane}), plane};
  parallel_for(units, 64, [&](int64_t begin, int64_t end) { winograd_filters(m, f, begin, end, u.memory.mutable_data<float>(), plane); });
  return u;
}

// A stride-1 3x3 convolution of images (batch, channels, h, w) to (batch, outputs, out_h, out_w); strides between images.
struct Layer {
  int64_t batch, channels, outputs, height, width, out_height, out_width, pad_y, pad_x;
  int64_t in_stride, out_stride;
};

void convolve(int m, const Layer& s, const float* x, const WinogradFilters& filters, const float* bias, Activation act, float* y) {
  int n = m + 2, planes = n * n;
  int64_t across = ceil_div(s.out_width, m), down = ceil_div(s.out_height, m), rows = s.batch * down;
  int64_t padded_in = whole_panels<float>(s.channels), padded_out = whole_panels<float>(s.outputs);
  constexpr int64_t kCacheNumbers = 80'000, kFewestTiles = 24;  // V and M of a piece; a piece's tiles at least
  int64_t tiles = std::max(kFewestTiles, kCacheNumbers / (planes * (padded_in + padded_out)));
  int64_t rows_a_piece = std::clamp<int64_t>(tiles / across, 1, rows), pieces = ceil_div(rows, rows_a_piece);
  tiles = rows_a_piece * across;
  TransformedFilters u = transform_filters(m, filters);
  const float* pu = u.memory.data<float>();
  int64_t plane_v = spread<float>(tiles * padded_in), plane_m = spread<float>(tiles * padded_out), one = planes * (plane_v + plane_m);
  int64_t shares = shares_of(pieces);
  Tensor memory = empty({shares * one});
  parallel_shares(shares, pieces, [&](int64_t share, int64_t begin, int64_t end) {
    float *v = memory.mutable_data<float>() + share * one, *product = v + planes * plane_v;
    for (int64_t piece = begin; piece < end; piece++) {
      int64_t first = piece * rows_a_piece, last = std::min(first + rows_a_piece, rows);
      for (int64_t row = first; row < last; row++)
        winograd_input(m, {x + row / down * s.in_stride, s.channels, s.height, s.width}, row % down * m - s.pad_y, -s.pad_x, across,
                       {v + (row - first) * across * padded_in, plane_v, padded_in});
      for (int p = 0; p < planes; p++)
        panel_product({.m = (last - first) * across, .n = padded_out, .k = s.channels, .a = v + p * plane_v, .a_row = padded_in, .a_column = 1,
                       .b = pu + p * u.plane_stride, .b_row = kPanel, .b_panel = s.channels * kPanel, .c = product + p * plane_m, .c_row = padded_out});
      for (int64_t row = first; row < last; row++)
        winograd_output(m, {product + (row - first) * across * padded_out, plane_m, padded_out}, across,
                        {y + row / down * s.out_stride, s.outputs, s.out_height, s.out_width}, row % down * m, 0, bias, act);
    }
  });
}

void filter_gradients(int m, const Layer& s, const float* grad, const float* x, float* dw) {
  int n = m + 2, planes = n * n;
  int64_t across = ceil_div(s.out_width, m), down = ceil_div(s.out_height, m), rows = s.batch * down;
  int64_t padded_in = whole_panels<float>(s.channels), padded_out = whole_panels<float>(s.outputs);
  constexpr int64_t kWaveNumbers = 1'500'000;  // V and dM of a wave: in the last-level cache
  int64_t wave = std::clamp<int64_t>(kWaveNumbers / (planes * (padded_in + padded_out) * across), 1, rows), tiles = wave * across;
  int64_t plane_v = spread<float>(tiles * padded_in), plane_m = spread<float>(tiles * padded_out), plane_u = spread<float>(s.outputs * padded_in);
  Tensor memory = empty({planes * (plane_v + plane_m + plane_u)});
  float *v = memory.mutable_data<float>(), *dm = v + planes * plane_v, *du = dm + planes * plane_m;
  for (int64_t first = 0; first < rows; first += wave) {
    int64_t last = std::min(first + wave, rows);
    parallel_for(2 * (last - first), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        int64_t row = first + i / 2, at = i / 2 * across;
        if (i % 2 == 0)
          winograd_input(m, {x + row / down * s.in_stride, s.channels, s.height, s.width}, row % down * m - s.pad_y, -s.pad_x, across,
                         {v + at * padded_in, plane_v, padded_in});
        else
          winograd_gradient(m, {grad + row / down * s.out_stride, s.outputs, s.out_height, s.out_width}, row % down * m, 0, across,
                            {dm + at * padded_out, plane_m, padded_out});
      }
    });
    parallel_pieces(planes, [&](int64_t p) {
      panel_product({.m = s.outputs, .n = padded_in, .k = (last - first) * across, .a = dm + p * plane_m, .a_row = 1, .a_column = padded_out,
                     .b = v + p * plane_v, .b_row = padded_in, .b_panel = kPanel, .c = du + p * plane_u, .c_row = padded_in, .accumulate = first > 0});
    });
  }
  parallel_for(s.outputs, 1024 / s.channels + 1,
               [&](int64_t begin, int64_t end) { winograd_filter_gradient(m, du, plane_u, padded_in, s.channels, begin, end, dw); });
}

// Calls run(layer, offsets of the group in x, y and w) for each group.
template <class F>
void each_group(const ConvGeometry& g, F run) {
  int64_t c = g.group_c(), o = g.group_o();
  Layer s{g.n, c, o, g.in[1], g.in[2], g.out[1], g.out[2], g.padding[1], g.padding[2], g.c * g.in_plane(), g.o * g.out_plane()};
  for (int64_t i = 0; i < g.groups; i++) run(s, i * c * g.in_plane(), i * o * g.out_plane(), i * o * c * 9, i * o);
}

}  // namespace

int winograd_tile(const ConvGeometry& g) {
  bool fits = g.in[0] == 1 && g.kernel[0] == 1 && g.padding[0] == 0 && g.kernel[1] == 3 && g.kernel[2] == 3;
  for (int i = 1; i < 3; i++) fits = fits && g.stride[i] == 1 && g.dilation[i] == 1 && g.padding[i] <= 2;
  if (!fits || g.group_c() < 8 || g.group_o() < 8) return 0;
  // Multiplications for each pair of channels. Transforming the filter, and reading it back, costs as much as some 16 tiles;
  // the direct sum computes whole panels of positions.
  auto cost = [&](int64_t m) { return (m + 2) * (m + 2) * (g.n * ceil_div(g.out[1], m) * ceil_div(g.out[2], m) + 16); };
  int64_t direct = 9 * g.n * whole_panels<float>(g.out_plane()), best = std::min(cost(2), cost(4));
  return direct <= best ? 0 : cost(4) == best ? 4 : 2;
}

void winograd_forward(const ConvGeometry& g, int tile, const float* x, const float* w, const float* bias, Activation act, float* y) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t at_o) {
    convolve(tile, s, x + at_x, {w + at_w, s.outputs, s.channels, s.channels * 9, 9, false}, bias ? bias + at_o : nullptr, act, y + at_y);
  });
}

void winograd_backward_input(const ConvGeometry& g, int tile, const float* grad, const float* w, float* dx) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t) {
    Layer back{s.batch, s.outputs, s.channels, s.out_height, s.out_width, s.height, s.width, 2 - s.pad_y, 2 - s.pad_x, s.out_stride, s.in_stride};
    convolve(tile, back, grad + at_y, {w + at_w, s.channels, s.outputs, 9, s.channels * 9, true}, nullptr, Activation::none, dx + at_x);
  });
}

void winograd_backward_weight(const ConvGeometry& g, int tile, const float* grad, const float* x, float* dw) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t) { filter_gradients(tile, s, grad + at_y, x + at_x, dw + at_w); });
}

}  // namespace tare::kernels
