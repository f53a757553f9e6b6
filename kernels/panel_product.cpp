// A tile of C, some rows high and one panel (64 bytes) wide, stays in registers while k runs: each step loads one row of the
// panel, broadcasts one number of each row of A, and multiplies and adds.
//
// With AVX2 a tile is 6 rows by 2 vectors: 12 multiply-adds for 2 loads and 6 broadcasts, so both multipliers are busy all
// the time (two loads and two multiply-adds start a cycle). AVX-512 has twice the registers and takes two panels by 8 rows.
// Rows are shared out evenly among the tiles (13 rows: 5 + 4 + 4), since tiles of one or two rows wait for their sums.
//
// A transposed A may be copied to where its tiles read it in order (a_packed): as it lies, a tile takes half a line of the cache from each of
// its columns, which are far apart.
//
// Where A is given by tables, a tile has a pointer to each of its rows, and a step of k costs it one load more, of the column's place.
#include "kernels/panel_product.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/panel_packing-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2
constexpr int kTileRows = 6, kTilePanels = 1;
#elif HWY_TARGET <= HWY_AVX3
constexpr int kTileRows = 8, kTilePanels = 2;
#else
constexpr int kTileRows = 3, kTilePanels = 1;
#endif
constexpr int64_t kChunk = product_chunk(320);  // steps of k at most
constexpr int64_t kPackRows = 1536;  // rows of all panels packed together: 96 KB, in the second-level cache

// What a tile does with its sums once they are complete.
template <class T>
struct Finish {
  T alpha;
  bool accumulate;
  const T* row_bias;
  const T* column_bias;
  Activation act;
  bool plain;  // none of the above
};

// Where A's numbers and C's rows lie: at regular distances from each other,
struct Regular {
  static constexpr bool kTables = false;
  Regular from(int64_t, int64_t) const { return {}; }
};
// or where tables say.
struct Tables {
  static constexpr bool kTables = true;
  const int64_t *a_rows, *a_columns, *c_rows;
  Tables from(int64_t row, int64_t step) const { return {a_rows + row, a_columns + step, c_rows + row}; }
};

// Where A's rows begin: as they lie, or as pack_tiles left them, where a tile of r rows takes r numbers for each step of k.
template <class T>
struct Left {
  const T* data;
  int64_t row, column;
  bool packed;
  Left from(int64_t i) const { return {data + i * row, row, column, packed}; }
  Left tile(int64_t i, int64_t rows) const { return packed ? Left{data + i * row, 1, rows, true} : from(i); }
};

// Lines of B that will be packed next: some are called for after every tile, so that memory works while the multipliers do.
template <class T>
struct Coming {
  const T* row = nullptr;
  int64_t stride = 0, width = 0, rows = 0, turn = 0, at = 0;
  HWY_INLINE void call() {
    for (int64_t i = 0; i < turn && rows > 0; i++) {
      __builtin_prefetch(row + at, 0, 2);  // to the second-level cache: the first is full of what the tiles use
      at += panel_width<T>;
      if (at >= width) at = 0, row += stride, rows--;
    }
  }
};

// c (kRows, kPanels panels) = or += a b over `steps` steps of k.
template <class T, int kRows, int kPanels, class Places>
HWY_ATTR HWY_NOINLINE void tile(int64_t steps, const T* HWY_RESTRICT a, int64_t a_row, int64_t a_column, const T* HWY_RESTRICT b, int64_t b_row,
                                int64_t b_panel, T* HWY_RESTRICT c, int64_t c_row, const Finish<T>& finish, Places places) {
  const Lanes<T> d;
  constexpr int kLanes = int(hn::MaxLanes(Lanes<T>())), kVectors = kPanels * int(panel_width<T>) / kLanes, kInPanel = int(panel_width<T>) / kLanes;
  using V = hn::Vec<Lanes<T>>;
  auto row_of_c = [&](int r) HWY_ATTR {
    if constexpr (Places::kTables) return c + places.c_rows[r];
    else return c + r * c_row;
  };
  // The rows of C are needed at the end: on their way while the sums are made.
  for (int r = 0; r < kRows; r++)
    for (int j = 0; j < kPanels; j++) hwy::Prefetch(row_of_c(r) + j * panel_width<T>);
  const T* rows_of_a[kRows] = {};
  if constexpr (Places::kTables) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; r++) rows_of_a[r] = a + places.a_rows[r];
  }
  // Three rows share a pointer, base + {0, 1, 2} strides: what x86 addresses without further registers.
  constexpr int kBases = (kRows + 2) / 3;
  const T* base[kBases];
#pragma GCC unroll 16
  for (int i = 0; i < kBases; i++) base[i] = a + 3 * i * a_row;
  // A is called for ahead of its use: of the tile below, one of its rows a step, in turn. Of this tile, columns to come, where A is transposed
  // (two tiles share a line then), or where rows lie a multiple of a page apart and those below would drive out these.
  const bool same_rows = a_row == 1 || a_row % (4096 / int64_t(sizeof(T))) == 0;
  const int64_t ahead = same_rows ? 16 * a_column : kRows * a_row, turn = same_rows ? 0 : a_row;
  V sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; r++)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; v++) sum[r][v] = hn::Zero(d);
  for (int64_t l = 0; l < steps; l++) {
    int64_t column = 0;
    if constexpr (Places::kTables) column = places.a_columns[l];
    else hwy::Prefetch(base[0] + ahead + (l & 7) * turn);
    V row[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; v++) row[v] = hn::LoadU(d, b + (v / kInPanel) * b_panel + (v % kInPanel) * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; r++) {
      V number = hn::Set(d, Places::kTables ? rows_of_a[r][column] : base[r / 3][r % 3 * a_row]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; v++) sum[r][v] = hn::MulAdd(number, row[v], sum[r][v]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kBases; i++) base[i] += a_column;
    b += b_row;
  }
  auto each = [&](auto f) HWY_ATTR {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; r++)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; v++) f(r, v, sum[r][v]);
  };
  if (!finish.plain) {
    if (finish.alpha != T(1)) each([&](int, int, V& s) HWY_ATTR { s = hn::Mul(s, hn::Set(d, finish.alpha)); });
    if (finish.accumulate) each([&](int r, int v, V& s) HWY_ATTR { s = hn::Add(s, hn::LoadU(d, row_of_c(r) + v * kLanes)); });
    if (finish.row_bias) each([&](int r, int, V& s) HWY_ATTR { s = hn::Add(s, hn::Set(d, finish.row_bias[r])); });
    if (finish.column_bias) each([&](int, int v, V& s) HWY_ATTR { s = hn::Add(s, hn::LoadU(d, finish.column_bias + v * kLanes)); });
    if (finish.act == Activation::relu)
      each([&](int, int, V& s) HWY_ATTR { s = hn::IfThenElse(hn::Lt(s, hn::Zero(d)), hn::Zero(d), s); });
  }
  each([&](int r, int v, V& s) HWY_ATTR { hn::StoreU(s, d, row_of_c(r) + v * kLanes); });
}

// The tile with `rows` rows, found by counting down from kRows.
template <class T, int kRows, int kPanels, class Places>
HWY_ATTR HWY_INLINE void tile_of(int64_t rows, int64_t steps, const T* a, int64_t a_row, int64_t a_column, const T* b, int64_t b_row, int64_t b_panel,
                                 T* c, int64_t c_row, const Finish<T>& finish, Places places) {
  if (rows == kRows) return tile<T, kRows, kPanels>(steps, a, a_row, a_column, b, b_row, b_panel, c, c_row, finish, places);
  if constexpr (kRows > 1) tile_of<T, kRows - 1, kPanels>(rows, steps, a, a_row, a_column, b, b_row, b_panel, c, c_row, finish, places);
}

// All rows against kPanels panels, over one chunk of k.
template <class T, int kPanels, class Places>
HWY_ATTR HWY_INLINE void strip(const PanelProduct<T>& p, int64_t steps, Left<T> a, const T* b, int64_t b_row, int64_t b_panel, T* c, int64_t c_row,
                    const Finish<T>& finish, Places places, Coming<T>& coming) {
  int64_t tiles = (p.m + kTileRows - 1) / kTileRows, low = p.m / tiles, extra = p.m % tiles;
  for (int64_t t = 0, i = 0; t < tiles; t++) {
    int64_t rows = a.packed ? std::min<int64_t>(kTileRows, p.m - i) : low + (t < extra);
    Finish<T> here = finish;
    if (here.row_bias) here.row_bias += i;
    Left<T> rows_of_a = a.tile(i, rows);
    tile_of<T, kTileRows, kPanels>(rows, steps, rows_of_a.data, rows_of_a.row, rows_of_a.column, b, b_row, b_panel, c + i * c_row, c_row, here,
                                   places.from(i, 0));
    coming.call();
    i += rows;
  }
}

// The last n % panel_width columns: the panel and the columns of C go through padded copies.
template <class T>
HWY_ATTR void partial_strip(const PanelProduct<T>& p, int64_t columns, int64_t steps, Left<T> a, const T* b, T* c, const Finish<T>& finish) {
  constexpr int64_t kWidth = panel_width<T>, kBlock = 48;
  HWY_ALIGN T packed[kChunk * kWidth];
  HWY_ALIGN T block[kBlock * kWidth];
  HWY_ALIGN T bias[kWidth] = {};
  static_assert(kBlock % kTileRows == 0, "packed tiles begin where blocks do");
  Coming<T> nothing;
  pack_columns(p.b_transposed, b, p.b_row, p.b_panel, columns, steps, packed);
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
    strip<T, 1>(part, steps, a.from(i), packed, kWidth, 0, block, kWidth, here, Regular{}, nothing);
    for (int64_t r = 0; r < part.m; r++)
      for (int64_t j = 0; j < columns; j++) c[(i + r) * p.c_row + j] = block[r * kWidth + j];
  }
}

// `panels` panels of B against all rows, over one chunk of k.
template <class T, class Places>
HWY_ATTR HWY_INLINE void full_panels(const PanelProduct<T>& p, int64_t panels, int64_t steps, Left<T> a, const T* b, int64_t b_row, int64_t b_panel,
                                     T* c, Finish<T> finish, Places places, Coming<T> coming = {}) {
  for (int64_t j = 0; j < panels;) {
    int64_t turn = j + kTilePanels <= panels ? kTilePanels : 1;
    if (turn == kTilePanels) strip<T, kTilePanels>(p, steps, a, b + j * b_panel, b_row, b_panel, c, p.c_row, finish, places, coming);
    else strip<T, 1>(p, steps, a, b + j * b_panel, b_row, b_panel, c, p.c_row, finish, places, coming);
    j += turn;
    c += turn * panel_width<T>;
    if (finish.column_bias) finish.column_bias += turn * panel_width<T>;
  }
}

// Panels that are transposed, or whose rows lie far apart, are packed first: every tile passes over them, and the rows of a
// chunk would be on as many pages or share the same sets of the cache.
template <class T>
HWY_ATTR void packed_panels(const PanelProduct<T>& p, int64_t panels, int64_t steps, int64_t steps_after, Left<T> a, const T* b, int64_t between,
                            T* c, Finish<T> finish) {
  constexpr int64_t kWidth = panel_width<T>;
  HWY_ALIGN T packed[kPackRows * kWidth];
  int64_t most = steps > 0 ? kPackRows / steps / kTilePanels * kTilePanels : panels;  // tiles of fewer panels wait for the broadcasts
  auto coming = [&](const T* from, int64_t count, int64_t depth, int64_t tiles) -> Coming<T> {
    Coming<T> next{from, p.b_row, p.b_transposed ? depth : count * kWidth, p.b_transposed ? count * kWidth : depth};
    next.turn = (next.rows * ((next.width + kWidth - 1) / kWidth) + tiles - 1) / tiles;
    return p.b_transposed || p.b_panel == kWidth ? next : Coming<T>{};
  };
  for (int64_t j = 0; j < panels; j += most) {
    int64_t turn = std::min(most, panels - j), tiles = (p.m + kTileRows - 1) / kTileRows * ((turn + kTilePanels - 1) / kTilePanels);
    pack_columns(p.b_transposed, b + j * between, p.b_row, p.b_panel, turn * kWidth, steps, packed);
    Coming<T> next;
    if (j + turn < panels) next = coming(b + (j + turn) * between, std::min(most, panels - j - turn), steps, tiles);
    else if (steps_after > 0) next = coming(b + steps * (p.b_transposed ? 1 : p.b_row), std::min(most, panels), steps_after, tiles);
    full_panels(p, turn, steps, a, packed, kWidth, steps * kWidth, c + j * kWidth, finish, Regular{}, next);
    if (finish.column_bias) finish.column_bias += turn * kWidth;
  }
}

template <class T, class Places>
HWY_ATTR HWY_NOINLINE void product(const PanelProduct<T>& p, Places places) {
  constexpr int64_t kWidth = panel_width<T>;
  int64_t panels = p.n / kWidth, rest = p.n % kWidth, l = 0, between = p.b_transposed ? kWidth * p.b_row : p.b_panel;
  bool as_it_lies = !p.b_transposed && (panels_lie_well<T>(p.b_row) || p.m < 4 * kTileRows);
  const int64_t chunk = product_chunk(p.k);
  do {
    int64_t steps = p.k - l < chunk ? p.k - l : chunk;
    bool last = l + steps == p.k;
    Finish<T> finish{p.alpha, p.accumulate || l > 0, nullptr, nullptr, Activation::none, false};
    if (last) finish.row_bias = p.row_bias, finish.column_bias = p.column_bias, finish.act = p.act;
    finish.plain = finish.alpha == T(1) && !finish.accumulate && !finish.row_bias && !finish.column_bias && finish.act == Activation::none;
    Left<T> a{p.a + l * p.a_column, p.a_row, p.a_column, false};
    if (p.a_packed) {
      pack_tiles<T, kTileRows>(p.m, steps, a.data, p.a_column, p.a_packed);
      a = {p.a_packed, steps, 0, true};
    }
    const T* b = p.b + l * (p.b_transposed ? 1 : p.b_row);
    if (Places::kTables || as_it_lies) full_panels(p, panels, steps, a, b, p.b_row, p.b_panel, p.c, finish, places.from(0, l));
    else packed_panels(p, panels, steps, std::min(chunk, p.k - l - steps), a, b, between, p.c, finish);
    if (rest) {
      if (finish.column_bias) finish.column_bias += panels * kWidth;
      partial_strip(p, rest, steps, a, b + panels * between, p.c + panels * kWidth, finish);
    }
    l += steps;
  } while (l < p.k);
}

template <class T>
void product_any(const PanelProduct<T>& p) {
  if (p.a_rows) product(p, Tables{p.a_rows, p.a_columns, p.c_rows});
  else product(p, Regular{});
}
void product_float(const PanelProduct<float>& p) { product_any(p); }
void product_double(const PanelProduct<double>& p) { product_any(p); }

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
