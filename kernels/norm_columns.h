// Normalization over columns: a block of rows whose every column has its own mean, scale and shift (the features of a
// batch of vectors). Rows are `stride` numbers apart.
//
// The sums run down the rows a few rows at a time, with the running totals of all columns in the L1 cache.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// mean[j] and m2[j] (sum of squared deviations) of each column, overwritten.
void column_moments(const float* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2);
void column_moments(const double* x, int64_t rows, int64_t stride, int64_t columns, double* mean, double* m2);

/// y = (x - mean) scale + shift by column, and with `relu` 0 where that is negative.
template <class T>
struct ColumnAffine {
  const T *mean, *scale, *shift;
  bool relu;
};
void affine_columns(const float* x, float* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a);
void affine_columns(const double* x, double* y, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a);

/// sum[j] = sum g, dot[j] = sum g (x - mean) of each column, overwritten; with `relu` over the numbers whose y is positive.
void gradient_sums_columns(const float* g, const float* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a, double* sum,
                           double* dot);
void gradient_sums_columns(const double* g, const double* x, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                           double* sum, double* dot);

/// dx = by_g g + by_x (x - mean) + constant by column; with `relu` g counts as 0 where y is not positive.
template <class T>
struct ColumnFactors {
  const T *by_g, *by_x, *constant;
};
void gradient_columns(const float* g, const float* x, float* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<float>& a,
                      const ColumnFactors<float>& f);
void gradient_columns(const double* g, const double* x, double* dx, int64_t rows, int64_t stride, int64_t columns, const ColumnAffine<double>& a,
                      const ColumnFactors<double>& f);

}  // namespace tare::kernels
