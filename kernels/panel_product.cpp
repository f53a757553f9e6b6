// A tile of C, some rows high and one panel (64 bytes) wide, stays in registers while k runs: each step loads one row of the
// panel, broadcasts one number of each row of A, and multiplies and adds.
//
// With AVX2 a tile is 6 rows by 2 vectors: 12 multiply-adds for 2 loads and 6 broadcasts, so both multipliers are busy all
// the time (two loads and two multiply-adds start a cycle). AVX-512 has twice the registers and takes two panels by 8 rows.
// k is cut into chunks of 256: a chunk of a panel is 16 KB and stays in the first-level cache while all rows of A pass by.
// Rows are shared out evenly among the tiles (13 rows: 5 + 4 + 4), since tiles of one or two rows wait for their sums.
#include "kernels/panel_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Lanes = hn::CappedTag<T, 64 / sizeof(T)>;

#if HWY_TARGET == HWY_AVX2
constexpr int kTileRows = 6, kTilePanels = 1;
#elif HWY_TARGET <= HWY_AVX3
constexpr int kTileRows = 8, kTilePanels = 2;
#else
constexpr int kTileRows = 3, kTilePanels = 1;
#endif
constexpr int64_t kChunk = 256;  // steps of k

// What a tile does with its sums once they are complete.
template <class T>
struct Finish {
  bool accumulate;
  const T* row_bias;
  const T* column_bias;
  Activation act;
  bool plain;  // none of the above
};

// c (kRows, kPanels panels) = or += a b over `steps` steps of k.
template <class T, int kRows, int kPanels>
HWY_ATTR HWY_NOINLINE void tile(int64_t steps, const T* HWY_RESTRICT a, int64_t a_row, int64_t a_column, const T* HWY_RESTRICT b, int64_t b_row,
                                int64_t b_panel, T* HWY_RESTRICT c, int64_t c_row, const Finish<T>& finish) {
  const Lanes<T> d;
  constexpr int kLanes = int(hn::MaxLanes(Lanes<T>())), kVectors = kPanels * int(panel_width<T>) / kLanes, kInPanel = int(panel_width<T>) / kLanes;
  using V = hn::Vec<Lanes<T>>;
  V sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; v++) sum[r][v] = hn::Zero(d);
  for (int64_t l = 0; l < steps; l++) {
    V row[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; v++) row[v] = hn::LoadU(d, b + (v / kInPanel) * b_panel + (v % kInPanel) * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; r++) {
      V number = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; v++) sum[r][v] = hn::MulAdd(number, row[v], sum[r][v]);
    }
    a += a_column;
    b += b_row;
  }
  auto each = [&](auto f) HWY_ATTR {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; r++)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; v++) f(r, v, sum[r][v]);
  };
  if (!finish.plain) {
    if (finish.accumulate) each([&](int r, int v, V& s) HWY_ATTR { s = hn::Add(s, hn::LoadU(d, c + r * c_row + v * kLanes)); });
    if (finish.row_bias) each([&](int r, int, V& s) HWY_ATTR { s = hn::Add(s, hn::Set(d, finish.row_bias[r])); });
    if (finish.column_bias) each([&](int, int v, V& s) HWY_ATTR { s = hn::Add(s, hn::LoadU(d, finish.column_bias + v * kLanes)); });
    if (finish.act == Activation::relu)
      each([&](int, int, V& s) HWY_ATTR { s = hn::IfThenElse(hn::Lt(s, hn::Zero(d)), hn::Zero(d), s); });
  }
  each([&](int r, int v, V& s) HWY_ATTR { hn::StoreU(s, d, c + r * c_row + v * kLanes); });
}

// The tile with `rows` rows, found by counting down from kRows.
template <class T, int kRows, int kPanels>
HWY_ATTR HWY_INLINE void tile_of(int64_t rows, int64_t steps, const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_row, int64_t b_panel,
                                 T* c, int64_t c_row, const Finish<T>& finish) {
  if (rows == kRows) return tile<T, kRows, kPanels>(steps, a, a_row, a_column, b, b_row, b_panel, c, c_row, finish);
  if constexpr (kRows > 1) tile_of<T, kRows - 1, kPanels>(rows, steps, a, a_row, a_column, b, b_row, b_panel, c, c_row, finish);
}

// All rows against kPanels panels, over one chunk of k.
template <class T, int kPanels>
HWY_ATTR void strip(const PanelProduct<T>& p, int64_t steps, const T* a, const T* b, int64_t b_row, int64_t b_panel, T* c, int64_t c_row,
                    const Finish<T>& finish) {
  int64_t tiles = (p.m + kTileRows - 1) / kTileRows, low = p.m / tiles, extra = p.m % tiles;
  for (int64_t t = 0, i = 0; t < tiles; t++) {
    int64_t rows = low + (t < extra);
    Finish<T> here = finish;
    if (here.row_bias) here.row_bias += i;
    tile_of<T, kTileRows, kPanels>(rows, steps, a + i * p.a_row, p.a_row, p.a_column, b, b_row, b_panel, c + i * c_row, c_row, here);
    i += rows;
  }
}

// The last n % panel_width columns: the panel and the columns of C go through padded copies.
template <class T>
HWY_ATTR void partial_strip(const PanelProduct<T>& p, int64_t columns, int64_t steps, const T* a, const T* b, T* c, const Finish<T>& finish) {
  constexpr int64_t kWidth = panel_width<T>, kBlock = 48;
  HWY_ALIGN T panel[kChunk * kWidth];
  HWY_ALIGN T block[kBlock * kWidth];
  HWY_ALIGN T bias[kWidth] = {};
  for (int64_t l = 0; l < steps; l++)
    for (int64_t j = 0; j < kWidth; j++) panel[l * kWidth + j] = j < columns ? b[l * p.b_row + j] : T(0);
  if (finish.column_bias)
    for (int64_t j = 0; j < columns; j++) bias[j] = finish.column_bias[j];
  for (int64_t i = 0; i < p.m; i += kBlock) {
    PanelProduct<T> part = p;
    part.m = p.m - i < kBlock ? p.m - i : kBlock;
    Finish<T> here = finish;
    if (here.row_bias) here.row_bias += i;
    if (here.column_bias) here.column_bias = bias;
    if (here.accumulate)
      for (int64_t r = 0; r < part.m; r++)
        for (int64_t j = 0; j < kWidth; j++) block[r * kWidth + j] = j < columns ? c[(i + r) * p.c_row + j] : T(0);
    strip<T, 1>(part, steps, a + i * p.a_row, panel, kWidth, 0, block, kWidth, here);
    for (int64_t r = 0; r < part.m; r++)
      for (int64_t j = 0; j < columns; j++) c[(i + r) * p.c_row + j] = block[r * kWidth + j];
  }
}

// kPanels panels of B against all rows. Rows of B that lie far apart are first brought together: every tile passes over them,
// and the rows of a chunk would be on as many pages.
template <class T, int kPanels>
HWY_ATTR void full_strip(const PanelProduct<T>& p, int64_t steps, const T* a, const T* b, T* c, const Finish<T>& finish) {
  constexpr int64_t kWidth = panel_width<T>;
  if (p.b_row == kWidth || p.m < 4 * kTileRows) return strip<T, kPanels>(p, steps, a, b, p.b_row, p.b_panel, c, p.c_row, finish);
  HWY_ALIGN T packed[kPanels * kChunk * kWidth];
  const Lanes<T> d;
  constexpr int64_t kLanes = int64_t(hn::MaxLanes(Lanes<T>()));
  for (int64_t l = 0; l < steps; l++)
    for (int64_t v = 0; v < kPanels * kWidth; v += kLanes)
      hn::Store(hn::LoadU(d, b + l * p.b_row + v / kWidth * p.b_panel + v % kWidth), d, packed + v / kWidth * kChunk * kWidth + l * kWidth + v % kWidth);
  strip<T, kPanels>(p, steps, a, packed, kWidth, kChunk * kWidth, c, p.c_row, finish);
}

template <class T>
HWY_ATTR void product(const PanelProduct<T>& p) {
  constexpr int64_t kWidth = panel_width<T>;
  int64_t panels = p.n / kWidth, rest = p.n % kWidth, l = 0;
  do {
    int64_t steps = p.k - l < kChunk ? p.k - l : kChunk;
    bool last = l + steps == p.k;
    Finish<T> finish{p.accumulate || l > 0, nullptr, nullptr, Activation::none, false};
    if (last && !p.accumulate) finish.row_bias = p.row_bias, finish.column_bias = p.column_bias, finish.act = p.act;
    finish.plain = !finish.accumulate && !finish.row_bias && !finish.column_bias && finish.act == Activation::none;
    const T* a = p.a + l * p.a_column;
    const T* b = p.b + l * p.b_row;
    for (int64_t j = 0; j <= panels; j++) {
      Finish<T> here = finish;
      if (here.column_bias) here.column_bias += j * kWidth;
      if (j == panels) {
        if (rest) partial_strip(p, rest, steps, a, b + j * p.b_panel, p.c + j * kWidth, here);
      } else if (j + kTilePanels <= panels) {
        full_strip<T, kTilePanels>(p, steps, a, b + j * p.b_panel, p.c + j * kWidth, here);
        j += kTilePanels - 1;
      } else {
        full_strip<T, 1>(p, steps, a, b + j * p.b_panel, p.c + j * kWidth, here);
      }
    }
    l += steps;
  } while (l < p.k);
}

void product_float(const PanelProduct<float>& p) { product(p); }
void product_double(const PanelProduct<double>& p) { product(p); }

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(product_float);
HWY_EXPORT(product_double);

void panel_product(const PanelProduct<float>& p) {
  if (p.m > 0 && p.n > 0) HWY_DYNAMIC_DISPATCH(product_float)(p);
}
void panel_product(const PanelProduct<double>& p) {
  if (p.m > 0 && p.n > 0) HWY_DYNAMIC_DISPATCH(product_double)(p);
}

}  // namespace tare::kernels
#endif
