// The row loops shared by softmax and cross entropy. Rows are contiguous and follow each other; n numbers a row.
//
// Float rows are Highway vectors, double rows plain loops over the C library. A row is read two or three times, but from
// the L1 cache after the first: memory sees one pass.
#pragma once

#include <cstdint>

namespace tare::kernels {

void softmax_rows(const float* x, float* y, int64_t rows, int64_t n);
void softmax_rows(const double* x, double* y, int64_t rows, int64_t n);
void log_softmax_rows(const float* x, float* y, int64_t rows, int64_t n);
void log_softmax_rows(const double* x, double* y, int64_t rows, int64_t n);

/// dx = y (grad - sum(grad y)).
void softmax_gradient_rows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n);
void softmax_gradient_rows(const double* grad, const double* y, double* dx, int64_t rows, int64_t n);
/// dx = grad - e^y sum(grad).
void log_softmax_gradient_rows(const float* grad, const float* y, float* dx, int64_t rows, int64_t n);
void log_softmax_gradient_rows(const double* grad, const double* y, double* dx, int64_t rows, int64_t n);

/// top[r] = the largest number of row r, log_sum[r] = log sum e^(x - top); NaN where log_softmax gives it.
void log_sum_exp_rows(const float* x, float* top, float* log_sum, int64_t rows, int64_t n);
void log_sum_exp_rows(const double* x, double* top, double* log_sum, int64_t rows, int64_t n);
/// One row: dx = a e^(x - top) - b w, with w = 1 where it is null. dx may be x.
void scaled_softmax_row(const float* x, float top, float a, float b, const float* w, float* dx, int64_t n);
void scaled_softmax_row(const double* x, double top, double a, double b, const double* w, double* dx, int64_t n);

}  // namespace tare::kernels
