// Winograd's transforms: of pixels, from images in (channel, row, column) order to [plane][tile][channel] and back, and of
// filters. See winograd.cpp for the algorithm.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace tare::kernels {

/// An image of `channels` planes of height * width numbers.
template <class T>
struct WinogradImage {
  T* data;
  int64_t channels, height, width;
};

/// Where the transformed tiles lie: number (plane, tile, channel) at data[plane * plane_stride + tile * tile_stride + channel].
template <class T>
struct WinogradTiles {
  T* data;
  int64_t plane_stride, tile_stride;  // tile_stride is a multiple of 16, and at least the number of channels
};

/// B^T d B for one row of `count` tiles of size m (2 or 4): the first patch d begins at pixel (y, x), the next m columns on.
/// Pixels outside count as 0, channels up to tile_stride are set to 0.
void winograd_input(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to);
/// A g A^T for one row of tiles of the output's gradient.
void winograd_gradient(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to);
/// act(A^T m A + bias) for one row of tiles, written to the pixels that lie inside the image. `bias` may be null.
void winograd_output(int m, const WinogradTiles<const float>& from, int64_t count, const WinogradImage<float>& image, int64_t y, int64_t x,
                     const float* bias, Activation act);

/// One 3x3 filter for each pair of channels: tap q of filter (output o, input c) at w[o * out_step + c * in_step + q], or at
/// 8 - q when `turned` by 180 degrees.
struct WinogradFilters {
  const float* w;
  int64_t outputs, inputs, out_step, in_step;
  bool turned;
};

/// U = G g G^T in panels of 16 outputs: number (plane, panel, input, output of the panel) at
/// u[plane * plane_stride + (panel * inputs + input) * 16 + output]; outputs that the last panel lacks become 0. Writes units
/// [begin, end), unit = panel * inputs + input.
void winograd_filters(int m, const WinogradFilters& f, int64_t begin, int64_t end, float* u, int64_t plane_stride);
/// dg = G^T dU G: from dU (plane, output, input) at du[plane * plane_stride + output * row + input] to dw (output, input, 3, 3),
/// for outputs [begin, end). `row` is a multiple of 8.
void winograd_filter_gradient(int m, const float* du, int64_t plane_stride, int64_t row, int64_t inputs, int64_t begin, int64_t end, float* dw);

}  // namespace tare::kernels
