// Elementary functions for rules over single numbers (optim/elementwise.h), in forms that compilers vectorise: no calls, no branches.
//
// float: polynomials and Newton's method on bits, within a few units in the last place. double: the standard functions, which nothing here needs to be fast.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace tare::optim {

inline double cube_root(double x) { return std::cbrt(x); }
/// x >= 0. A third of the exponent from the bits, right to 4 %, then two steps of Halley's method, y <- y - y ((y^3 - x) / (2 y^3 + x)), whose error is 2/3 of the
/// cube of the one before; of x / 8, so that nothing overflows. x below 1e-37 count as 0.
inline float cube_root(float x) {
  float eighth = 0.125f * x, y = std::bit_cast<float>(int32_t(float(std::bit_cast<int32_t>(eighth)) * (1.0f / 3)) + 709921077);
  for (int i = 0; i < 2; i++) {
    float cube = y * y * y;
    y -= y * ((cube - eighth) / (2 * cube + eighth));
  }
  return x < 1e-37f ? 0.0f : x > 3.4e38f ? x : 2 * y;
}

inline double exponential(double x) { return std::exp(x); }
/// 2^n e^r, |r| <= ln 2 / 2, e^r by its series; n + 1.5 2^23 has n in its low bits. n = -127 and 128, beyond about [-87.7, 88.4], have the bits of 0 and infinity.
inline float exponential(float x) {
  float above = -88 > x ? -88.0f : x, in = 88.5f < above ? 88.5f : above, shifted = in * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
  float r = (in - n * 0.693359375f) + n * 2.12194440e-4f;
  float e = 1 + r * (1 + r * (0.5f + r * (1.6666667e-1f + r * (4.1666667e-2f + r * (8.3333333e-3f + r * 1.3888889e-3f)))));
  return e * std::bit_cast<float>((std::bit_cast<int32_t>(shifted) << 23) + 0x3f800000);
}

inline double logarithm(double x) { return std::log(x); }
/// x positive and not subnormal: 2^k (1 + m), 1 + m in [sqrt(1/2), sqrt(2)); log(1 + m) = m - m^2 / 2 + m^3 p(m), p a minimax polynomial (Moshier's Cephes).
inline float logarithm(float x) {
  int32_t bits = std::bit_cast<int32_t>(x), k = (bits - 0x3f3504f3) >> 23;
  float m = std::bit_cast<float>(bits - (k << 23)) - 1, square = m * m;
  float p = 1.4249322787e-1f + m * (-1.2420140846e-1f + m * (1.1676998740e-1f + m * (-1.1514610310e-1f + m * 7.0376836292e-2f)));
  p = 3.3333331174e-1f + m * (-2.4999993993e-1f + m * (2.0000714765e-1f + m * (-1.6668057665e-1f + m * p)));
  return float(k) * 0.693359375f + (m + (m * square * p - 0.5f * square - float(k) * 2.12194440e-4f));
}

inline double power(double x, double p) { return std::pow(x, p); }
/// x^p for x >= 0 and p > 0, to 1e-7 |p log x|; subnormal x count as 0.
inline float power(float x, float p) { return x < 1.17549435e-38f ? 0.0f : exponential(p * logarithm(x < 1.17549435e-38f ? 1.0f : x)); }

inline double softplus(double x) { return std::log1p(std::exp(x)); }
/// log(1 + e^x) for 0 <= x <= 80, where nothing cancels.
inline float softplus(float x) { return logarithm(1 + exponential(x)); }

/// softplus(beta x) / beta, and x itself where beta x > 20, as far as its precision: a smooth floor of about log(2) / beta below a denominator x >= 0.
template <class T>
T soft_floor(T x, T beta, T inverse_beta) {
  T scaled = beta * x;
  return scaled > 20 ? x : softplus(scaled < 20 ? scaled : T(20)) * inverse_beta;
}

}  // namespace tare::optim
