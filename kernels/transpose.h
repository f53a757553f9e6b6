// Transposition of a small matrix, for operands that a product wants the other way round. Single-threaded.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// to[j * to_row + i] = from[i * from_row + j] for i < rows, j < columns. No overlap.
void transpose_block(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row);
void transpose_block(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row);

/// Sides of the tiles that transpose_tile takes, at most.
constexpr int64_t kTransposeTile = 64;
/// The same for a tile, written row by row; past the caches where the result is too large to be found there again.
void transpose_tile(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row, bool past_caches);
void transpose_tile(const double* from, int64_t from_row, int64_t rows, int64_t columns, double* to, int64_t to_row, bool past_caches);

}  // namespace tare::kernels
