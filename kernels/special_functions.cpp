#include "kernels/special_functions.h"

#include <cmath>
#include <limits>

namespace tare::kernels::special {
namespace {
constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Bernoulli numbers B_2, B_4, ..., B_24.
constexpr double kBernoulli[] = {1.0 / 6,      -1.0 / 30,        1.0 / 42,      -1.0 / 30,           5.0 / 66,        -691.0 / 2730,
                                 7.0 / 6,      -3617.0 / 510,    43867.0 / 798, -174611.0 / 330,     854513.0 / 138,  -236364091.0 / 2730};
}  // namespace

// A starting value from Winitzki's formula (two digits), then Halley's iteration on erf(x) - y = 0, whose derivative is
// 2/sqrt(pi) exp(-x^2) =: d and second derivative -2 x d, so that the step is u / (1 + x u) with u = (erf(x) - y) / d.
// Near +-1 erf loses its digits; there 1 - |y| is compared with erfc instead.
double erfinv(double y) {
  if (!(y >= -1 && y <= 1)) return kNaN;
  if (y == 1 || y == -1) return y * kInfinity;
  if (y == 0) return y;
  double a = std::abs(y), tail = 1 - a;
  double l = std::log(tail * (1 + a)), b = 2 / (kPi * 0.147) + l / 2;
  double x = std::sqrt(std::max(0.0, std::sqrt(b * b - l / 0.147) - b));
  if (a < 1e-4) x = a * std::sqrt(kPi) / 2;
  for (int i = 0; i < 3; i++) {
    double error = a > 0.5 ? tail - std::erfc(x) : std::erf(x) - a;
    double u = error / (2 / std::sqrt(kPi) * std::exp(-x * x));
    x -= u / (1 + x * u);
  }
  return std::copysign(x, y);
}

double lgamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}

// Recurrence psi(x) = psi(x + 1) - 1/x up to x >= 10, then the asymptotic series
// psi(x) ~ log x - 1/(2x) - sum_k B_2k / (2k x^2k). Negative x by reflection: psi(x) = psi(1 - x) - pi / tan(pi x).
double digamma(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x < 0) {
    if (x == std::trunc(x)) return kNaN;
    double whole;
    // The fractional part keeps the tangent's argument small and exact.
    return digamma(1 - x) - kPi / std::tan(kPi * std::modf(x, &whole));
  }
  double sum = 0;
  for (; x < 10; x++) sum -= 1 / x;
  double inv2 = 1 / (x * x), power = 1, series = 0;
  for (int k = 1; k <= 8; k++) {
    power *= inv2;
    series += kBernoulli[k - 1] / (2 * k) * power;
  }
  return sum + std::log(x) - 0.5 / x - series;
}

// psi_n(x) = (-1)^(n+1) n! zeta(n + 1, x), with the Hurwitz zeta function zeta(s, x) = sum_j (x + j)^-s by Euler and
// Maclaurin: the terms up to x + j = N, then N^(1-s)/(s-1) + N^-s/2 + sum_k B_2k/(2k)! s (s+1) ... (s+2k-2) N^(1-s-2k).
// For x < 0 the recurrence zeta(s, x) = x^-s + zeta(s, x + 1) leads to positive x; it holds for whole s = n + 1.
double polygamma(int64_t n, double x) {
  if (std::isnan(x)) return x;
  double s = double(n) + 1, factorial = std::exp(lgamma(s));
  if (n <= 20) {
    factorial = 1;
    for (int64_t i = 2; i <= n; i++) factorial *= double(i);
  }
  double sign = n % 2 == 1 ? 1 : -1;
  if (x == kInfinity) return 0 * sign;
  if (x <= 0 && x == std::trunc(x)) return n % 2 == 1 ? kInfinity : kNaN;
  if (x < -1e6) return kNaN;
  double zeta = 0;
  double limit = 10 + s;
  for (; x < limit; x++) zeta += std::pow(x, -s);
  double power = std::pow(x, -s), term = s * power / x;
  zeta += power * x / (s - 1) + power / 2;
  double even_factorial = 1;
  for (int k = 1; k <= 12; k++) {
    even_factorial *= (2 * k - 1) * (2 * k);
    zeta += kBernoulli[k - 1] / even_factorial * term;
    term *= (s + 2 * k - 1) * (s + 2 * k) / (x * x);
  }
  return sign * factorial * zeta;
}

}  // namespace tare::kernels::special
