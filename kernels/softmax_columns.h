// Softmaxes side by side: n rows of up to kColumnBlock neighbouring columns, `step` numbers from one row to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/simd_math.h"

namespace tare::kernels {

/// Columns treated together: 1 KiB of floats, so that each row of a block is a run the prefetcher follows.
constexpr int64_t kColumnBlock = 256;

/// top[j] = the largest entry of column j.
template <class T>
void column_maxima(const T* x, int64_t n, int64_t step, int64_t width, T* top) {
  std::fill(top, top + width, -std::numeric_limits<T>::infinity());
  for (int64_t k = 0; k < n; k++, x += step)
    for (int64_t j = 0; j < width; j++) top[j] = x[j] > top[j] ? x[j] : top[j];
}

/// total[j] = sum of e^(x - top[j]) over column j.
template <class T>
void column_sums_of_exp(const T* x, int64_t n, int64_t step, int64_t width, const T* top, T* total) {
  T row[kColumnBlock];
  std::fill(total, total + width, T(0));
  for (int64_t k = 0; k < n; k++, x += step) {
    for (int64_t j = 0; j < width; j++) row[j] = x[j] - top[j];
    vexp(row, row, width);
    for (int64_t j = 0; j < width; j++) total[j] += row[j];
  }
}

}  // namespace tare::kernels
