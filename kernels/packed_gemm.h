// Products with a matrix that is used many times: packed once, then multiplied by a few rows at a time on the calling thread.
//
// What a recurrent step needs: h W^T for 1 to 20 rows h, the same W at every step. A general GEMM packs W anew at each call, which
// costs as much as a third of such a product.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// A (k, n) matrix in the panels of tile_gemm-inl.h.
template <class T>
struct PackedMatrix {
  int64_t k, n;
  const T* panels;
};

/// Numbers that the panels of a (k, n) matrix and the rows of a product of n columns take up.
int64_t packed_size(int64_t k, int64_t n);
int64_t packed_row(int64_t n);

/// Packs b (k, n), or with `transposed` the transpose of b (n, k), rows `stride` apart, into panels (packed_size numbers, 64-byte aligned).
void pack_matrix(const float* b, int64_t stride, bool transposed, int64_t k, int64_t n, float* panels);
void pack_matrix(const double* b, int64_t stride, bool transposed, int64_t k, int64_t n, double* panels);

/// c (rows, n) = a (rows, k) B, rows lda and ldc apart; each row of c has room for packed_row(n) numbers.
void packed_gemm(int64_t rows, const float* a, int64_t lda, const PackedMatrix<float>& b, float* c, int64_t ldc);
void packed_gemm(int64_t rows, const double* a, int64_t lda, const PackedMatrix<double>& b, double* c, int64_t ldc);

}  // namespace tare::kernels
