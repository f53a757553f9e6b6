// Transposition of a small matrix, for operands that a product wants the other way round. Single-threaded.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// to[j * to_row + i] = from[i * from_row + j] for i < rows, j < columns. No overlap.
void transpose_block(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row);
void transpose_block(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row);

}  // namespace tare::kernels
