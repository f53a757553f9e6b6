// Operands of panel_product copied to where its tiles find them one after the other. Highway style: included once for each target.
//
// Both copies go along rows of the matrix, some lines of the cache at a time: few enough streams for the cache to take, and rows that are
// about to be read are fetched ahead, because they are often another core's work of a moment ago and lie far apart.
#if defined(TARE_PANEL_PACKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_PANEL_PACKING_INL_H_
#undef TARE_PANEL_PACKING_INL_H_
#else
#define TARE_PANEL_PACKING_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <hwy/cache_control.h>

#include "kernels/panel_product.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Lanes = hn::CappedTag<T, 64 / sizeof(T)>;
template <class T>
using Half = hn::CappedTag<T, 32 / sizeof(T)>;  // half a panel

constexpr int64_t kLinesTogether = 4, kRowsAhead = 8;

// Fetches the numbers [from, to) of the row that lies kRowsAhead rows of `stride` numbers below `row`, of which `left` remain.
template <class T>
HWY_ATTR HWY_INLINE void fetch_ahead(const T* row, int64_t stride, int64_t left, int64_t from, int64_t to) {
  if (left > kRowsAhead)
    for (int64_t j = from; j < to; j += panel_width<T>) hwy::Prefetch(row + kRowsAhead * stride + j);
}

// Copies `columns` columns of B over `steps` rows, from b on, to packed panels one after the other; columns that the last
// panel lacks become 0. B lies as panel_product reads it: rows b_row apart, panels b_panel; or transposed.
template <class T>
HWY_ATTR void pack_columns(bool transposed, const T* b, int64_t b_row, int64_t b_panel, int64_t columns, int64_t steps, T* packed) {
  constexpr int64_t kWidth = panel_width<T>, kLanes = int64_t(hn::MaxLanes(Half<T>())), kLine = int64_t(hn::MaxLanes(Lanes<T>()));
  const Half<T> d;
  const Lanes<T> line;
  for (int64_t j = columns / kWidth * kWidth; j < columns; j = columns)
    for (int64_t i = 0; i < steps * kWidth; i++) packed[j * steps + i] = T(0);
  auto at = [&](int64_t l, int64_t j) { return packed + (j / kWidth * steps + l) * kWidth + j % kWidth; };
  int64_t whole = columns / kLanes * kLanes;
  if (!transposed) {
    int64_t lines = b_panel == kWidth ? columns / kWidth * kWidth : 0;
    for (int64_t from = 0; from < lines; from += kLinesTogether * kWidth) {
      const int64_t to = std::min(lines, from + kLinesTogether * kWidth);
      for (int64_t l = 0; l < steps; l++) {
        const T* row = b + l * b_row;
        fetch_ahead(row, b_row, steps - l, from, to);
        for (int64_t j = from; j < to; j += kLine) hn::StoreU(hn::LoadU(line, row + j), line, at(l, j));
      }
    }
    for (int64_t l = 0; l < steps && lines < columns; l++) {
      const T* row = b + l * b_row;
      for (int64_t j = lines; j < whole; j += kLanes) hn::StoreU(hn::LoadU(d, row + j / kWidth * b_panel + j % kWidth), d, at(l, j));
      for (int64_t j = whole; j < columns; j++) *at(l, j) = row[j / kWidth * b_panel + j % kWidth];
    }
    return;
  }
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  for (int64_t j = 0; j < whole; j += kLanes) {
    int64_t l = 0;
    for (; l + kLanes <= steps; l += kLanes) {
      hn::Vec<Half<T>> r[kLanes];
#pragma GCC unroll 8
      for (int64_t i = 0; i < kLanes; i++) r[i] = hn::LoadU(d, b + (j + i) * b_row + l);
      transpose_lanes(d, r);
#pragma GCC unroll 8
      for (int64_t i = 0; i < kLanes; i++) hn::StoreU(r[i], d, at(l + i, j));
    }
    for (; l < steps; l++)
      for (int64_t i = 0; i < kLanes; i++) *at(l, j + i) = b[(j + i) * b_row + l];
  }
#else
  whole = 0;
#endif
  for (int64_t l = 0; l < steps; l++)
    for (int64_t j = whole; j < columns; j++) *at(l, j) = b[j * b_row + l];
}

// Copies m rows of a transposed A (its rows lie beside each other, its columns `a_column` apart) over `steps` columns: tiles of kRows rows (the
// last may have fewer) one after the other, each column by column.
template <class T, int64_t kRows>
HWY_ATTR void pack_tiles(int64_t m, int64_t steps, const T* a, int64_t a_column, T* packed) {
  constexpr int64_t kLanes = int64_t(hn::MaxLanes(Half<T>())), kTogether = kLinesTogether * panel_width<T> / kRows * kRows;
  const Half<T> d;
  for (int64_t from = 0; from < m; from += kTogether) {
    const int64_t to = std::min(m, from + kTogether);
    for (int64_t l = 0; l < steps; l++) {
      const T* column = a + l * a_column;
      fetch_ahead(column, a_column, steps - l, from, to);
      for (int64_t i = from; i < to; i += kRows) {
        const int64_t rows = std::min(kRows, to - i);
        T* tile = packed + i * steps + l * rows;
        if (kRows % kLanes == 0 && rows == kRows)
          for (int64_t r = 0; r < kRows; r += kLanes) hn::StoreU(hn::LoadU(d, column + i + r), d, tile + r);
        else
          for (int64_t r = 0; r < rows; r++) tile[r] = column[i + r];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
