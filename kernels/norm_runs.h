// Normalization over runs: contiguous stretches of numbers that share a mean, a scale and a shift (the pixels of one
// channel in one image). The loops that batch and group normalization are made of.
//
// Sums are taken in double whatever the input: for float numbers that costs two conversions a vector, hidden behind the
// memory traffic, and makes the plain sums of x and x^2 exact enough for any mean a float can hold beside a deviation.
// For double inputs the mean is found first and the squares are taken of the differences.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// Count, mean and sum of squared deviations of a set of numbers.
struct Moments {
  double count = 0, mean = 0, m2 = 0;
  /// The moments of both sets together (Chan, Golub and LeVeque 1979).
  void add(const Moments& o) {
    double total = count + o.count;
    if (total == 0) return;
    double delta = o.mean - mean;
    m2 += o.m2 + delta * delta * count * o.count / total;
    mean += delta * o.count / total;
    count = total;
  }
  double variance() const { return m2 / count; }
};

Moments run_moments(const float* x, int64_t n);
Moments run_moments(const double* x, int64_t n);

/// y = (x - mean) scale + shift, and with `relu` 0 where that is negative.
template <class T>
struct Affine {
  T mean, scale, shift;
  bool relu;
};
void affine_run(const float* x, float* y, int64_t n, const Affine<float>& a);
void affine_run(const double* x, double* y, int64_t n, const Affine<double>& a);

/// sum g and sum g (x - mean); with `relu` over the numbers whose y is positive.
struct GradientSums {
  double sum = 0, dot = 0;
};
GradientSums gradient_sums_run(const float* g, const float* x, int64_t n, const Affine<float>& a);
GradientSums gradient_sums_run(const double* g, const double* x, int64_t n, const Affine<double>& a);

/// dx = by_g g + by_x (x - mean) + constant; with `relu` g counts as 0 where y is not positive.
template <class T>
struct GradientFactors {
  T by_g, by_x, constant;
};
void gradient_run(const float* g, const float* x, float* dx, int64_t n, const Affine<float>& a, const GradientFactors<float>& f);
void gradient_run(const double* g, const double* x, double* dx, int64_t n, const Affine<double>& a, const GradientFactors<double>& f);

}  // namespace tare::kernels
