// Normalization over rows that are normalised each by its own mean and deviation, with a weight and a bias for every place
// in the row: layer and RMS normalization. n numbers a row.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// y = (x - mean) rstd w + b for each row, w and b (n) or null; mean and rstd (rows) are written. Without `centred` the mean counts as
/// 0 (RMS normalization) and mean may be null.
template <class T>
struct RowNorm {
  int64_t rows, n;
  const T *w, *b;
  double eps;
  bool centred;
};
void normalise_rows(const float* x, float* y, float* mean, float* rstd, const RowNorm<float>& norm);
void normalise_rows(const double* x, double* y, double* mean, double* rstd, const RowNorm<double>& norm);

/// dx (null: not wanted) is overwritten; dw and db (n; null: not wanted) are added to.
template <class T>
struct RowGradients {
  T *dx, *dw, *db;
};
void normalise_rows_backward(const float* g, const float* x, const float* mean, const float* rstd, const RowNorm<float>& norm,
                             const RowGradients<float>& out);
void normalise_rows_backward(const double* g, const double* x, const double* mean, const double* rstd, const RowNorm<double>& norm,
                             const RowGradients<double>& out);

}  // namespace tare::kernels
