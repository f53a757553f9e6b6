// Matrices packed into panels once, for products that use them many times (attention's keys, recurrent weights): panel_product then
// reads them as they lie.
#pragma once

#include <cstdint>

#include "kernels/panel_product.h"

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
void pack_panels(const float* b, int64_t stride, int64_t k, int64_t n, float* panels);
void pack_panels(const double* b, int64_t stride, int64_t k, int64_t n, double* panels);

/// Packs the transpose of b (n, k), rows `stride` apart.
void pack_transposed_panels(const float* b, int64_t stride, int64_t k, int64_t n, float* panels);
void pack_transposed_panels(const double* b, int64_t stride, int64_t k, int64_t n, double* panels);

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
