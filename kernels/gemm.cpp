// GEMM as parallel tiles of single-threaded OpenBLAS.
//
// A product does 2 m n k flops on (m k + k n + m n) numbers, so all but the skinny ones are bound by arithmetic, and
// OpenBLAS's own kernels reach 90% of a core's peak. What it lacks here is a thread pool shared with the rest of the
// program and results that do not depend on the number of threads. So OpenBLAS is held to one thread, and C is cut into
// tiles whose boundaries follow from m, n and k alone: every number of threads computes the same tiles and the same bits.
//
// The tiles: up to a megaflop one; else an even number of equal row strips (uneven ones leave a core idle at the end: 20%),
// each a multiple of 16 rows (OpenBLAS's register tile is 16 high) and at most 256 high by 1024 wide, so that a packed
// strip of A stays in the L2 cache. With few rows the columns are cut instead.
#include "kernels/gemm.h"

#include <cblas.h>

#include <algorithm>
#include <utility>

#include "core/parallel.h"

namespace tare::kernels {
namespace {

void one_blas_thread() {
  [[maybe_unused]] static const bool once = (openblas_set_num_threads(1), true);
}

CBLAS_TRANSPOSE blas_flag(bool t) { return t ? CblasTrans : CblasNoTrans; }

void blas_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta,
               float* c, int64_t ldc) {
  cblas_sgemm(CblasRowMajor, blas_flag(ta), blas_flag(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c, int(ldc));
}
void blas_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b, int64_t ldb,
               double beta, double* c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, blas_flag(ta), blas_flag(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c, int(ldc));
}

struct Tiling {
  int64_t rows, columns;  // of one tile
};

int64_t round_up(int64_t v, int64_t unit) { return (v + unit - 1) / unit * unit; }

Tiling tiling(int64_t m, int64_t n, int64_t k) {
  constexpr int64_t one_piece = 500'000;  // multiply-adds
  if (m * n * k <= one_piece) return {m, n};
  if (m >= 48) {
    int64_t strips = std::max<int64_t>(2, (m + 255) / 256);
    strips += strips % 2;
    int64_t parts = (n + 1023) / 1024;
    return {round_up((m + strips - 1) / strips, 16), parts == 1 ? n : round_up((n + parts - 1) / parts, 16)};
  }
  int64_t strips = std::max<int64_t>(2, (n + 1023) / 1024);
  strips += strips % 2;
  return {m, round_up((n + strips - 1) / strips, 16)};
}

template <class T>
void finish(T* c, int64_t rows, int64_t columns, int64_t ldc, const T* row_bias, const T* column_bias, Activation act) {
  for (int64_t i = 0; i < rows; i++) {
    T* row = c + i * ldc;
    T shift = row_bias ? row_bias[i] : T(0);
    if (column_bias)
      for (int64_t j = 0; j < columns; j++) row[j] = activate(act, row[j] + shift + column_bias[j]);
    else if (row_bias || act != Activation::none)
      for (int64_t j = 0; j < columns; j++) row[j] = activate(act, row[j] + shift);
  }
}

template <class T>
void product(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc,
             const Epilogue<T>& epilogue) {
  if (m <= 0 || n <= 0) return;
  one_blas_thread();
  // BLAS wants leading dimensions of at least a row even where a single row makes them meaningless.
  lda = std::max(lda, ta ? m : k);
  ldb = std::max(ldb, tb ? k : n);
  ldc = std::max(ldc, n);
  Tiling tile = tiling(m, n, k);
  int64_t down = (m + tile.rows - 1) / tile.rows, across = (n + tile.columns - 1) / tile.columns;
  parallel_pieces(down * across, [&](int64_t piece) {
    int64_t i = piece / across * tile.rows, j = piece % across * tile.columns;
    int64_t rows = std::min(tile.rows, m - i), columns = std::min(tile.columns, n - j);
    T* out = c + i * ldc + j;
    if (k > 0)
      blas_gemm(ta, tb, rows, columns, k, alpha, a + (ta ? i : i * lda), lda, b + (tb ? j * ldb : j), ldb, beta, out, ldc);
    else
      for (int64_t r = 0; r < rows; r++)
        for (int64_t s = 0; s < columns; s++) out[r * ldc + s] = beta == T(0) ? T(0) : beta * out[r * ldc + s];
    if (epilogue.row_bias || epilogue.column_bias || epilogue.act != Activation::none)
      finish(out, rows, columns, ldc, epilogue.row_bias ? epilogue.row_bias + i : nullptr, epilogue.column_bias ? epilogue.column_bias + j : nullptr,
             epilogue.act);
  });
}

}  // namespace

template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
          int64_t ldc) {
  product(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, Epilogue<T>{});
}

template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
          const Epilogue<T>& epilogue) {
  product(trans_a, trans_b, m, n, k, T(1), a, lda, b, ldb, T(0), c, ldc, epilogue);
}

template void gemm(bool, bool, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);
template void gemm(bool, bool, int64_t, int64_t, int64_t, double, const double*, int64_t, const double*, int64_t, double, double*, int64_t);
template void gemm(bool, bool, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t, const Epilogue<float>&);
template void gemm(bool, bool, int64_t, int64_t, int64_t, const double*, int64_t, const double*, int64_t, double*, int64_t, const Epilogue<double>&);

}  // namespace tare::kernels
