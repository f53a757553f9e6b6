// GEMM as parallel tiles of a product on one thread.
//
// A product does 2 m n k flops on (m k + k n + m n) numbers, so all but the skinny ones are bound by arithmetic. C is cut into tiles whose
// boundaries follow from m, n and k alone: every number of threads computes the same tiles, and the same bits. Up to a megaflop there is one
// tile; else an even number of equal ones (uneven ones leave a core idle at the end: 20%). Up to 256 rows the columns are cut: each core then
// packs its own share of B and reads all of A. From there on it is the rows, into strips of 256 to 512 (at least four where there are 1024) by
// 1024 columns, each of which packs B for itself, block by block in its second-level cache, and calls for the next block while it computes:
// once in 256 multiply-adds or more. Packing B once for all cores costs more, because a core then fetches from another one's cache what that
// one wrote.
//
// Tiles of large products go to OpenBLAS, held to one thread: its packing of everything (Goto and van de Geijn 2008) reaches 90
// of a Zen 3 core's 110 Gflop/s. It does not pay for the small and skinny products that layers are made of, where OpenBLAS
// falls to 20 to 60: those take our own product, which packs little and reaches 60 to 95 (panel_product.cpp). With vectors of 512 bits
// our own is ahead everywhere (95 to 112 of a Zen 4 core's 115 against 92 to 106) and takes all.
#include "kernels/gemm.h"

#include <cblas.h>

#include <algorithm>

#include "core/cpu.h"
#include "kernels/lapack.h"
#include "kernels/panel_product.h"
#include "kernels/shares.h"

namespace tare::kernels {
namespace {

CBLAS_TRANSPOSE blas_flag(bool t) { return t ? CblasTrans : CblasNoTrans; }

void blas_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta,
               float* c, int64_t ldc) {
  cblas_sgemm(CblasRowMajor, blas_flag(ta), blas_flag(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c, int(ldc));
}
void blas_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda, const double* b, int64_t ldb,
               double beta, double* c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, blas_flag(ta), blas_flag(tb), int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c, int(ldc));
}

// Whether OpenBLAS's packing pays. Its sizes are 32-bit.
bool suits_blas(int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc) {
  constexpr int64_t limit = int64_t{1} << 31;
  return !has_512_bit_vectors() && m >= 96 && n >= 128 && k > 384 && k < limit && lda < limit && ldb < limit && ldc < limit;
}

template <class T>
void finish(T* c, int64_t rows, int64_t columns, int64_t ldc, const T* row_bias, const T* column_bias, Activation act) {
  if (!row_bias && !column_bias && act == Activation::none) return;
  for (int64_t i = 0; i < rows; i++) {
    T* row = c + i * ldc;
    T shift = row_bias ? row_bias[i] : T(0);
    if (column_bias)
      for (int64_t j = 0; j < columns; j++) row[j] = activate(act, row[j] + shift + column_bias[j]);
    else
      for (int64_t j = 0; j < columns; j++) row[j] = activate(act, row[j] + shift);
  }
}

constexpr int64_t kStripRows = 256, kStripColumns = 1024, kFewestColumns = 64;

struct Tiling {
  int64_t rows, columns;  // of one tile
};

Tiling tiling(int64_t m, int64_t n, int64_t k) {
  constexpr int64_t one_piece = 500'000, work_of_piece = 4'000'000;  // multiply-adds
  if (m * n * k <= one_piece) return {m, n};
  // `length` in an even number of nearly equal parts, multiples of `unit`, at most `most` long.
  auto cut = [](int64_t length, int64_t most, int64_t unit) {
    int64_t parts = (length + 2 * most - 1) / (2 * most) * 2;
    return ((length + parts - 1) / parts + unit - 1) / unit * unit;
  };
  if (m <= kStripRows && (n >= 2 * kFewestColumns || m < 48)) return {m, cut(n, std::clamp(work_of_piece / (m * k), kFewestColumns, kStripColumns), 32)};
  return {cut(m, std::clamp(m / 4, kStripRows, 2 * kStripRows), 16), n <= kStripColumns ? n : cut(n, kStripColumns, 32)};
}

template <class T>
void tiled_product(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
                   int64_t ldc, const Epilogue<T>& epilogue) {
  if (m <= 0 || n <= 0) return;
  bool blas = suits_blas(m, n, k, lda, ldb, ldc);
  if (blas) one_blas_thread();
  Tiling tile = tiling(m, n, k);
  int64_t down = (m + tile.rows - 1) / tile.rows, across = (n + tile.columns - 1) / tile.columns;
  // A is read as it lies, but for a transposed one whose columns lie a multiple of a page apart: they share the same few sets of the caches.
  bool pack = !blas && ta && n >= kFewestColumns && m * k >= 16384 && lda * int64_t(sizeof(T)) % 4096 == 0;
  int64_t pieces = down * across, strip = pack ? std::min(tile.rows, m) * product_chunk(k) : 0;
  Tensor memory = pack ? empty({std::min<int64_t>(pieces, num_threads()) * strip}, dtype_of<T>::value) : Tensor();
  auto run = [&](int64_t i, int64_t j, T* packed) {
    int64_t rows = std::min(tile.rows, m - i), columns = std::min(tile.columns, n - j);
    T* out = c + i * ldc + j;
    const T *from_a = a + (ta ? i : i * lda), *from_b = b + (tb ? j * ldb : j);
    const T *row_bias = epilogue.row_bias ? epilogue.row_bias + i : nullptr, *column_bias = epilogue.column_bias ? epilogue.column_bias + j : nullptr;
    if (blas) {
      blas_gemm(ta, tb, rows, columns, k, alpha, from_a, lda, from_b, ldb, beta, out, ldc);
      return finish(out, rows, columns, ldc, row_bias, column_bias, epilogue.act);
    }
    if (beta != T(0) && beta != T(1))
      for (int64_t r = 0; r < rows; r++)
        for (int64_t s = 0; s < columns; s++) out[r * ldc + s] *= beta;
    panel_product(PanelProduct<T>{.m = rows, .n = columns, .k = k, .a = from_a, .a_row = ta ? 1 : lda, .a_column = ta ? lda : 1, .b = from_b,
                                  .b_row = ldb, .b_panel = panel_width<T>, .c = out, .c_row = ldc, .a_packed = packed, .b_transposed = tb,
                                  .accumulate = beta != T(0), .alpha = alpha, .row_bias = row_bias, .column_bias = column_bias,
                                  .act = epilogue.act});
  };
  parallel_workers(pieces, [&](int64_t worker, int64_t piece) {
    run(piece / across * tile.rows, piece % across * tile.columns, pack ? memory.mutable_data<T>() + worker * strip : nullptr);
  });
}

}  // namespace

template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
          int64_t ldc) {
  tiled_product(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, Epilogue<T>{});
}

template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
          const Epilogue<T>& epilogue) {
  tiled_product(trans_a, trans_b, m, n, k, T(1), a, lda, b, ldb, T(0), c, ldc, epilogue);
}

template void gemm(bool, bool, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);
template void gemm(bool, bool, int64_t, int64_t, int64_t, double, const double*, int64_t, const double*, int64_t, double, double*, int64_t);
template void gemm(bool, bool, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t, const Epilogue<float>&);
template void gemm(bool, bool, int64_t, int64_t, int64_t, const double*, int64_t, const double*, int64_t, double*, int64_t, const Epilogue<double>&);

}  // namespace tare::kernels
