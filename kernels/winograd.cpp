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
#include "kernels/panel_product.h"
#include "kernels/shares.h"
#include "kernels/winograd_transforms.h"

namespace tare::kernels {
namespace {

constexpr int64_t kPanel = panel_width<float>;

int64_t round_to_panel(int64_t v) { return (v + kPanel - 1) / kPanel * kPanel; }
int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Planes are read and written side by side. Strides of an odd number of cache lines spread them over all sets of the cache.
int64_t spread_stride(int64_t numbers) { return (ceil_div(numbers, 16) | 1) * 16; }

// One channel's filter, 3x3, at taps[i * step]; turned by 180 degrees when `turned`.
struct Filters {
  const float* w;
  int64_t out_step, in_step;  // between filters of neighbouring output and input channels
  bool turned;
};

// U = G g G^T in one dimension, for 16 filters at a time.
void filter_transform(int m, const float* g0, const float* g1, const float* g2, float* const* out) {
  for (int i = 0; i < kPanel; i++) {
    float a = g0[i], b = g1[i], c = g2[i];
    if (m == 2) {
      out[0][i] = a;
      out[1][i] = 0.5f * (a + b + c);
      out[2][i] = 0.5f * (a - b + c);
      out[3][i] = c;
    } else {
      float outer = a * (1 / 24.0f) + c * (1 / 6.0f), inner = b * (1 / 12.0f);
      out[0][i] = 0.25f * a;
      out[1][i] = (-1 / 6.0f) * (a + b + c);
      out[2][i] = (-1 / 6.0f) * (a - b + c);
      out[3][i] = outer + inner;
      out[4][i] = outer - inner;
      out[5][i] = c;
    }
  }
}

// Its adjoint G^T: out (3) from u (m + 2).
void filter_gradient(int m, const float* const* u, float* const* out) {
  for (int i = 0; i < kPanel; i++) {
    if (m == 2) {
      float sum = 0.5f * (u[1][i] + u[2][i]);
      out[0][i] = u[0][i] + sum;
      out[1][i] = 0.5f * (u[1][i] - u[2][i]);
      out[2][i] = sum + u[3][i];
    } else {
      float inner = u[1][i] + u[2][i], outer = u[3][i] + u[4][i];
      out[0][i] = 0.25f * u[0][i] - inner * (1 / 6.0f) + outer * (1 / 24.0f);
      out[1][i] = (u[2][i] - u[1][i]) * (1 / 6.0f) + (u[3][i] - u[4][i]) * (1 / 12.0f);
      out[2][i] = (outer - inner) * (1 / 6.0f) + u[5][i];
    }
  }
}

// U, plane by plane, in panels of 16 output channels: U[p][panel][c][16].
struct TransformedFilters {
  Tensor memory;
  int64_t plane_stride;
};

TransformedFilters transform_filters(int m, const Filters& f, int64_t channels, int64_t outputs) {
  int n = m + 2;
  int64_t padded = round_to_panel(outputs), plane = spread_stride(padded * channels);
  TransformedFilters u{empty({n * n * plane}), plane};
  float* to = u.memory.mutable_data<float>();
  parallel_for(padded / kPanel * channels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      int64_t panel = at / channels, c = at % channels;
      float g[9][kPanel] = {}, half[6][3][kPanel], full[6][kPanel];
      for (int64_t o = 0; o < kPanel && panel * kPanel + o < outputs; o++) {
        const float* taps = f.w + (panel * kPanel + o) * f.out_step + c * f.in_step;
        for (int q = 0; q < 9; q++) g[f.turned ? 8 - q : q][o] = taps[q];
      }
      for (int j = 0; j < 3; j++) {
        float* columns[6] = {half[0][j], half[1][j], half[2][j], half[3][j], half[4][j], half[5][j]};
        filter_transform(m, g[j], g[3 + j], g[6 + j], columns);
      }
      float* row[6] = {full[0], full[1], full[2], full[3], full[4], full[5]};
      for (int i = 0; i < n; i++) {
        filter_transform(m, half[i][0], half[i][1], half[i][2], row);
        for (int j = 0; j < n; j++) std::copy(row[j], row[j] + kPanel, to + (i * n + j) * plane + (panel * channels + c) * kPanel);
      }
    }
  });
  return u;
}

// A stride-1 3x3 convolution of images (batch, channels, h, w) to (batch, outputs, out_h, out_w); strides between images.
struct Layer {
  int64_t batch, channels, outputs, height, width, out_height, out_width, pad_y, pad_x;
  int64_t in_stride, out_stride;
};

void convolve(int m, const Layer& s, const float* x, const Filters& filters, const float* bias, Activation act, float* y) {
  int n = m + 2, planes = n * n;
  int64_t across = ceil_div(s.out_width, m), down = ceil_div(s.out_height, m), rows = s.batch * down;
  int64_t padded_in = round_to_panel(s.channels), padded_out = round_to_panel(s.outputs);
  constexpr int64_t kCacheNumbers = 80'000, kFewestTiles = 24;  // V and M of a piece; a piece's tiles at least
  int64_t tiles = std::max(kFewestTiles, kCacheNumbers / (planes * (padded_in + padded_out)));
  int64_t rows_a_piece = std::clamp<int64_t>(tiles / across, 1, rows), pieces = ceil_div(rows, rows_a_piece);
  tiles = rows_a_piece * across;
  TransformedFilters u = transform_filters(m, filters, s.channels, s.outputs);
  const float* pu = u.memory.data<float>();
  int64_t plane_v = spread_stride(tiles * padded_in), plane_m = spread_stride(tiles * padded_out), one = planes * (plane_v + plane_m);
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
  int64_t padded_in = round_to_panel(s.channels), padded_out = round_to_panel(s.outputs);
  constexpr int64_t kWaveNumbers = 1'500'000;  // V and dM of a wave: in the last-level cache
  int64_t wave = std::clamp<int64_t>(kWaveNumbers / (planes * (padded_in + padded_out) * across), 1, rows), tiles = wave * across;
  int64_t plane_v = spread_stride(tiles * padded_in), plane_m = spread_stride(tiles * padded_out), plane_u = spread_stride(s.outputs * padded_in);
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
  parallel_for(s.outputs * (padded_in / kPanel), 64, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at++) {
      int64_t o = at / (padded_in / kPanel), c = at % (padded_in / kPanel) * kPanel;
      float half[3][6][kPanel], g[9][kPanel];
      for (int j = 0; j < n; j++) {
        const float* column[6];
        for (int i = 0; i < n; i++) column[i] = du + (i * n + j) * plane_u + o * padded_in + c;
        float* out[3] = {half[0][j], half[1][j], half[2][j]};
        filter_gradient(m, column, out);
      }
      for (int i = 0; i < 3; i++) {
        const float* row[6] = {half[i][0], half[i][1], half[i][2], half[i][3], half[i][4], half[i][5]};
        float* out[3] = {g[3 * i], g[3 * i + 1], g[3 * i + 2]};
        filter_gradient(m, row, out);
      }
      for (int64_t l = 0; l < kPanel && c + l < s.channels; l++)
        for (int q = 0; q < 9; q++) dw[(o * s.channels + c + l) * 9 + q] = g[q][l];
    }
  });
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
  return g.group_c() >= 16 && g.group_o() >= 16 ? 4 : 2;
}

void winograd_forward(const ConvGeometry& g, int tile, const float* x, const float* w, const float* bias, Activation act, float* y) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t at_o) {
    convolve(tile, s, x + at_x, {w + at_w, s.channels * 9, 9, false}, bias ? bias + at_o : nullptr, act, y + at_y);
  });
}

void winograd_backward_input(const ConvGeometry& g, int tile, const float* grad, const float* w, float* dx) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t) {
    Layer back{s.batch, s.outputs, s.channels, s.out_height, s.out_width, s.height, s.width, 2 - s.pad_y, 2 - s.pad_x, s.out_stride, s.in_stride};
    convolve(tile, back, grad + at_y, {w + at_w, 9, s.channels * 9, true}, nullptr, Activation::none, dx + at_x);
  });
}

void winograd_backward_weight(const ConvGeometry& g, int tile, const float* grad, const float* x, float* dw) {
  each_group(g, [&](const Layer& s, int64_t at_x, int64_t at_y, int64_t at_w, int64_t) { filter_gradients(tile, s, grad + at_y, x + at_x, dw + at_w); });
}

}  // namespace tare::kernels
