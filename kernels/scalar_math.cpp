// The double forms of the vector functions: loops over the C library, which is accurate to 1 ulp and fast enough for gradient checks.
#include <cmath>

#include "kernels/simd_math.h"

namespace tare::kernels {
namespace {

template <class T, class F>
void map_values(const T* x, T* y, int64_t n, F f) {
  for (int64_t i = 0; i < n; i++) y[i] = f(x[i]);
}

constexpr double kSqrtHalf = 0.70710678118654752440;         // sqrt(1/2)
constexpr double kInverseSqrt2Pi = 0.39894228040143267794;   // 1 / sqrt(2 pi)
constexpr double kGeluTanhScale = 0.79788456080286535588;    // sqrt(2 / pi)
constexpr double kGeluTanhCubic = 0.044715;

// Each sign's own form, so that the exponential never overflows.
double sigmoid_of(double v) {
  if (v >= 0) return 1 / (1 + std::exp(-v));
  double e = std::exp(v);
  return e / (1 + e);
}
double softplus_of(double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); }

}  // namespace

void vexp(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::exp(v); }); }
void vexpm1(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::expm1(v); }); }
void vlog(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::log(v); }); }
void vlog1p(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::log1p(v); }); }
void vtanh(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::tanh(v); }); }
void vsigmoid(const double* x, double* y, int64_t n) { map_values(x, y, n, sigmoid_of); }
void vlogsigmoid(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return -softplus_of(-v); }); }
void vsoftplus(const double* x, double* y, int64_t n) { map_values(x, y, n, softplus_of); }
void verf(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::erf(v); }); }
// erfc keeps the lower tail, where 1 + erf cancels.
void vgelu(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return 0.5 * v * std::erfc(-v * kSqrtHalf); }); }
void vgelu_tanh(const double* x, double* y, int64_t n) {
  // (1 + tanh u) / 2 = sigmoid(2 u)
  map_values(x, y, n, [](double v) { return v * sigmoid_of(2 * kGeluTanhScale * (v + kGeluTanhCubic * v * v * v)); });
}
void vsilu(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return v * sigmoid_of(v); }); }
void vsin(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::sin(v); }); }
void vcos(const double* x, double* y, int64_t n) { map_values(x, y, n, [](double v) { return std::cos(v); }); }

void vgelu_backward(const double* x, const double* grad, double* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    dx[i] = grad[i] * (0.5 * std::erfc(-x[i] * kSqrtHalf) + x[i] * kInverseSqrt2Pi * std::exp(-0.5 * x[i] * x[i]));
}
void vgelu_tanh_backward(const double* x, const double* grad, double* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double v = x[i], s = sigmoid_of(2 * kGeluTanhScale * (v + kGeluTanhCubic * v * v * v));
    dx[i] = grad[i] * (s + v * s * (1 - s) * 2 * kGeluTanhScale * (1 + 3 * kGeluTanhCubic * v * v));
  }
}
void vsilu_backward(const double* x, const double* grad, double* dx, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double s = sigmoid_of(x[i]);
    dx[i] = grad[i] * s * (1 + x[i] * (1 - s));
  }
}

}  // namespace tare::kernels
