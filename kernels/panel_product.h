// The small matrix product under convolutions, batched and skinny products: single-threaded.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace tare::kernels {

/// Columns of a panel: 64 bytes.
template <class T>
constexpr int64_t panel_width = 64 / int64_t(sizeof(T));

/// C (m, n) = act(C0 + alpha A (m, k) B (k, n) + biases), where C0 is C when accumulating and 0 otherwise.
///
/// A may have any strides: each of its numbers is broadcast. B is read in panels of panel_width<T> columns, panel j starting
/// at b + j * b_panel with rows b_row apart; a plain row-major B has b_panel = panel_width<T>, a packed one has b_row =
/// panel_width<T>. With b_transposed B is stored (n, k), its rows b_row apart, and b_panel is not used. Nothing beyond the n
/// columns of B and C is touched. No operands may overlap C.
///
/// With a_packed, room for m product_chunk(k) numbers, a transposed A (a_row = 1) is first copied there, chunk by chunk of k: where n is large
/// enough to pay for it, so that every pass reads it in order.
///
/// With tables A and the rows of C may lie anywhere: A(i, l) = a[a_rows[i] + a_columns[l]], and row i of C begins at
/// c[c_rows[i]]. Then n is a whole number of panels, and B is read as it lies.
template <class T>
struct PanelProduct {
  int64_t m, n, k;
  const T* a;
  int64_t a_row = 0, a_column = 0;
  const T* b;
  int64_t b_row, b_panel;
  T* c;
  int64_t c_row = 0;
  const int64_t *a_rows = nullptr, *a_columns = nullptr, *c_rows = nullptr;  ///< all three or none; then a_row = a_column = c_row = 0
  T* a_packed = nullptr;
  bool b_transposed = false;
  bool accumulate = false;
  T alpha = 1;
  const T* row_bias = nullptr;     ///< m values
  const T* column_bias = nullptr;  ///< n values
  Activation act = Activation::none;
};

/// Whether panels whose rows are `b_row` numbers apart stay in the first-level cache as they lie: an odd number of cache lines apart, and few
/// of them to a page. Others are packed by the product, each time it is called for many rows.
template <class T>
constexpr bool panels_lie_well(int64_t b_row) {
  return b_row <= 16 * panel_width<T> && b_row % (2 * panel_width<T>) == panel_width<T>;
}

/// k is taken in even chunks of at most 320: a chunk of a panel is 20 KB and stays in the first-level cache while all rows of A pass by.
constexpr int64_t product_chunk(int64_t k) {
  int64_t chunks = (k + 319) / 320;
  return chunks > 1 ? (k + chunks - 1) / chunks : k;
}

void panel_product(const PanelProduct<float>& p);
void panel_product(const PanelProduct<double>& p);

}  // namespace tare::kernels
