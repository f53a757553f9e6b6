// What the kernels on LAPACK share: overloads for float and double, the walk over a batch of matrices, and messages.
//
// LAPACK stores matrices by columns, tare by rows: a matrix handed over as it lies is seen transposed. Each kernel says how it makes
// use of that; almost none copies. LAPACK and BLAS run single-threaded, the matrices of a batch in parallel.
#pragma once

#include <complex>
#define lapack_complex_float std::complex<float>
#define lapack_complex_double std::complex<double>
#include <cblas.h>
#include <lapacke.h>

#include <string>
#include <vector>

#include "core/parallel.h"
#include "core/tensor.h"

namespace tare::kernels {

/// Makes OpenBLAS run each call on the calling thread.
inline void one_blas_thread() {
  [[maybe_unused]] static const bool once = (openblas_set_num_threads(1), true);
}

/// A tensor (*, rows, columns) as `count` matrices.
struct Matrices {
  Shape leading;
  int64_t count, rows, columns;
  int64_t small() const { return rows < columns ? rows : columns; }
  Shape shape(int64_t r, int64_t c) const { return leading.concat({r, c}); }
};

/// Throws ShapeError unless x has at least two axes and LAPACK can count its sizes; DTypeError unless it is floating.
Matrices matrices_of(std::string_view what, const Tensor& x);
/// The same for square matrices.
Matrices squares_of(std::string_view what, const Tensor& x);
/// "matrix [1, 2] of the batch", or "the matrix" when there is no batch.
std::string which_matrix(const Shape& leading, int64_t index);
/// Throws LinAlgError naming the matrix unless all numbers are finite: iterations on NaN or Inf need not end.
void check_finite_matrices(std::string_view what, const Tensor& x, const Matrices& m);

/// Calls f(i) for each matrix, several in one piece while they are small; `flops` is the work on one.
template <class F>
void each_matrix(int64_t count, double flops, F&& f) {
  one_blas_thread();
  int64_t grain = static_cast<int64_t>(200'000 / (flops + 200)) + 1;
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) f(i);
  });
}

// Overloads by element type; arguments in LAPACK's order, matrices by columns.
namespace lapack {
constexpr int by_columns = LAPACK_COL_MAJOR;
inline lapack_int getrf(lapack_int n, float* a, lapack_int* pivots) { return LAPACKE_sgetrf_work(by_columns, n, n, a, n, pivots); }
inline lapack_int getrf(lapack_int n, double* a, lapack_int* pivots) { return LAPACKE_dgetrf_work(by_columns, n, n, a, n, pivots); }
inline lapack_int getri(lapack_int n, float* a, const lapack_int* pivots, float* work) { return LAPACKE_sgetri_work(by_columns, n, a, n, pivots, work, n); }
inline lapack_int getri(lapack_int n, double* a, const lapack_int* pivots, double* work) { return LAPACKE_dgetri_work(by_columns, n, a, n, pivots, work, n); }
inline lapack_int getrs(char trans, lapack_int n, lapack_int k, const float* a, const lapack_int* pivots, float* b) {
  return LAPACKE_sgetrs_work(by_columns, trans, n, k, a, n, pivots, b, n);
}
inline lapack_int getrs(char trans, lapack_int n, lapack_int k, const double* a, const lapack_int* pivots, double* b) {
  return LAPACKE_dgetrs_work(by_columns, trans, n, k, a, n, pivots, b, n);
}
inline lapack_int potrf(char half, lapack_int n, float* a) { return LAPACKE_spotrf_work(by_columns, half, n, a, n); }
inline lapack_int potrf(char half, lapack_int n, double* a) { return LAPACKE_dpotrf_work(by_columns, half, n, a, n); }
inline lapack_int gelqf(lapack_int m, lapack_int n, float* a, float* tau, float* work, lapack_int lwork) {
  return LAPACKE_sgelqf_work(by_columns, m, n, a, m, tau, work, lwork);
}
inline lapack_int gelqf(lapack_int m, lapack_int n, double* a, double* tau, double* work, lapack_int lwork) {
  return LAPACKE_dgelqf_work(by_columns, m, n, a, m, tau, work, lwork);
}
inline lapack_int orglq(lapack_int m, lapack_int n, lapack_int k, float* a, lapack_int lda, const float* tau, float* work, lapack_int lwork) {
  return LAPACKE_sorglq_work(by_columns, m, n, k, a, lda, tau, work, lwork);
}
inline lapack_int orglq(lapack_int m, lapack_int n, lapack_int k, double* a, lapack_int lda, const double* tau, double* work, lapack_int lwork) {
  return LAPACKE_dorglq_work(by_columns, m, n, k, a, lda, tau, work, lwork);
}
inline lapack_int gesdd(char job, lapack_int m, lapack_int n, float* a, float* s, float* u, lapack_int ldu, float* vt, lapack_int ldvt, float* work,
                        lapack_int lwork, lapack_int* iwork) {
  return LAPACKE_sgesdd_work(by_columns, job, m, n, a, m, s, u, ldu, vt, ldvt, work, lwork, iwork);
}
inline lapack_int gesdd(char job, lapack_int m, lapack_int n, double* a, double* s, double* u, lapack_int ldu, double* vt, lapack_int ldvt, double* work,
                        lapack_int lwork, lapack_int* iwork) {
  return LAPACKE_dgesdd_work(by_columns, job, m, n, a, m, s, u, ldu, vt, ldvt, work, lwork, iwork);
}
inline lapack_int syevd(char job, lapack_int n, float* a, float* w, float* work, lapack_int lwork, lapack_int* iwork, lapack_int liwork) {
  return LAPACKE_ssyevd_work(by_columns, job, 'L', n, a, n, w, work, lwork, iwork, liwork);
}
inline lapack_int syevd(char job, lapack_int n, double* a, double* w, double* work, lapack_int lwork, lapack_int* iwork, lapack_int liwork) {
  return LAPACKE_dsyevd_work(by_columns, job, 'L', n, a, n, w, work, lwork, iwork, liwork);
}
inline void trsm(bool lower, bool unit, lapack_int n, lapack_int k, const float* a, float* b) {
  cblas_strsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, CblasNoTrans, unit ? CblasUnit : CblasNonUnit, n, k, 1, a, n, b, k);
}
inline void trsm(bool lower, bool unit, lapack_int n, lapack_int k, const double* a, double* b) {
  cblas_dtrsm(CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, CblasNoTrans, unit ? CblasUnit : CblasNonUnit, n, k, 1, a, n, b, k);
}
}  // namespace lapack

}  // namespace tare::kernels
