// Matrices packed into panels once, for products that use them many times (attention's keys, recurrent weights): panel_product then
// reads them as they lie.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/panel_product.h"
#include "kernels/transpose.h"

namespace tare::kernels {

/// n rounded up to whole panels: the length of a row of a product, and times k the size of a packed (k, n) matrix.
template <class T>
constexpr int64_t whole_panels(int64_t n) {
  return (n + panel_width<T> - 1) / panel_width<T> * panel_width<T>;
}

/// n rounded up to an odd number of panels, a panel being a cache line wide: rows or planes so far apart spread over all sets of
/// the cache.
template <class T>
constexpr int64_t spread(int64_t n) {
  return ((n + panel_width<T> - 1) / panel_width<T> | 1) * panel_width<T>;
}

/// Packs b (k, n), rows `stride` apart; columns that the last panel lacks become 0.
template <class T>
void pack_panels(const T* b, int64_t stride, int64_t k, int64_t n, T* panels) {
  constexpr int64_t width = panel_width<T>;
  for (int64_t j = 0; j < n; j += width) {
    int64_t w = std::min(width, n - j);
    for (int64_t r = 0; r < k; r++, panels += width) {
      if (w == width) {  // of known length: no call
        std::memcpy(panels, b + r * stride + j, width * sizeof(T));
      } else {
        std::copy_n(b + r * stride + j, w, panels);
        std::fill(panels + w, panels + width, T(0));
      }
    }
  }
}

/// Packs the transpose of b (n, k), rows `stride` apart.
template <class T>
void pack_transposed_panels(const T* b, int64_t stride, int64_t k, int64_t n, T* panels) {
  constexpr int64_t width = panel_width<T>;
  for (int64_t j = 0; j < n; j += width, panels += k * width) {
    if (n - j < width) std::fill_n(panels, k * width, T(0));
    transpose_block(b + j * stride, stride, std::min(width, n - j), k, panels, width);
  }
}

/// C (m, n) = or += A (m, k) B with B the rows [0, k) of a matrix of `rows` rows in panels. A may have any strides. Where C has room for
/// whole panels, n = whole_panels is faster.
template <class T>
void multiply_panels(int64_t m, int64_t n, int64_t k, const T* a, int64_t a_row, int64_t a_column, const T* panels, int64_t rows, T* c, int64_t c_row,
                     bool accumulate) {
  panel_product(PanelProduct<T>{.m = m,
                                .n = n,
                                .k = k,
                                .a = a,
                                .a_row = a_row,
                                .a_column = a_column,
                                .b = panels,
                                .b_row = panel_width<T>,
                                .b_panel = rows * panel_width<T>,
                                .c = c,
                                .c_row = c_row,
                                .accumulate = accumulate});
}

}  // namespace tare::kernels
