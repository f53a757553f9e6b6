// 8x8 floats (4x4 doubles) at a time are transposed in registers: per block 24 shuffles (8), and loads and stores of whole
// vectors instead of single numbers.
#include "kernels/transpose.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>

#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_ATTR HWY_INLINE void transpose_any(const T* from, int64_t from_row, int64_t rows, int64_t columns, T* to, int64_t to_row) {
  int64_t whole = 0;  // rows done in blocks
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  const hn::CappedTag<T, 32 / sizeof(T)> d;
  constexpr int64_t kSide = 32 / sizeof(T);
  whole = rows / kSide * kSide;
  for (int64_t i = 0; i < whole; i += kSide) {
    int64_t j = 0;
    for (; j + kSide <= columns; j += kSide) {
      hn::Vec<decltype(d)> r[kSide];
#pragma GCC unroll 8
      for (int64_t l = 0; l < kSide; l++) r[l] = hn::LoadU(d, from + (i + l) * from_row + j);
      transpose_lanes(d, r);
#pragma GCC unroll 8
      for (int64_t l = 0; l < kSide; l++) hn::StoreU(r[l], d, to + (j + l) * to_row + i);
    }
    for (; j < columns; j++)
      for (int64_t l = 0; l < kSide; l++) to[j * to_row + i + l] = from[(i + l) * from_row + j];
  }
#endif
  for (int64_t i = whole; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
}

void transpose_float(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row) {
  transpose_any(from, from_row, rows, columns, to, to_row);
}
void transpose_double(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row) {
  transpose_any(from, from_row, rows, columns, to, to_row);
}

// Rows of a large result lie a multiple of its width apart: written by blocks of 8 x 8, they would push each other out of the first-level
// cache. So a tile is made in a buffer and goes out in lines.
template <class T>
HWY_ATTR HWY_INLINE void transpose_buffered(const T* from, int64_t from_row, int64_t rows, int64_t columns, T* to, int64_t to_row, bool past_caches) {
  HWY_ALIGN T buffer[kTransposeTile * kTransposeTile];
  transpose_any(from, from_row, rows, columns, buffer, kTransposeTile);
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const int64_t lanes = int64_t(hn::MaxLanes(d)), bytes = int64_t(sizeof(T));
  past_caches = past_caches && reinterpret_cast<uintptr_t>(to) % 64 == 0 && to_row * bytes % 64 == 0;
  for (int64_t j = 0; j < columns; j++) {
    const T* row = buffer + j * kTransposeTile;
    T* out = to + j * to_row;
    int64_t i = 0;
    if (past_caches)
      for (; i + lanes <= rows; i += lanes) hn::Stream(hn::Load(d, row + i), d, out + i);
    else
      for (; i + lanes <= rows; i += lanes) hn::StoreU(hn::Load(d, row + i), d, out + i);
    for (; i < rows; i++) out[i] = row[i];
  }
}
void tile_float(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row, bool past_caches) {
  transpose_buffered(from, from_row, rows, columns, to, to_row, past_caches);
}
void tile_double(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row, bool past_caches) {
  transpose_buffered(from, from_row, rows, columns, to, to_row, past_caches);
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(transpose_float);
HWY_EXPORT(transpose_double);
HWY_EXPORT(tile_float);
HWY_EXPORT(tile_double);

void transpose_block(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row) {
  HWY_DYNAMIC_DISPATCH(transpose_float)(from, from_row, rows, columns, to, to_row);
}
void transpose_block(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row) {
  HWY_DYNAMIC_DISPATCH(transpose_double)(from, from_row, rows, columns, to, to_row);
}

void transpose_tile(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row, bool past_caches) {
  HWY_DYNAMIC_DISPATCH(tile_float)(from, from_row, rows, columns, to, to_row, past_caches);
}
void transpose_tile(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row, bool past_caches) {
  HWY_DYNAMIC_DISPATCH(tile_double)(from, from_row, rows, columns, to, to_row, past_caches);
}

}  // namespace tare::kernels
#endif
