// Error and gamma functions, logit, sinc, and the replacement of NaN and infinities.
#include <cmath>
#include <limits>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"

namespace tare {
namespace {
constexpr double kTwoOverSqrtPi = 2 * std::numbers::inv_sqrtpi;
}

Tensor erf(const Tensor& x) {
  return record("erf", kernels::erf(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * (kTwoOverSqrtPi * exp(-(x * x))); }));
}
Tensor erfc(const Tensor& x) {
  return record("erfc", kernels::erfc(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * (-kTwoOverSqrtPi * exp(-(x * x))); }));
}
Tensor erfinv(const Tensor& x) {
  return record("erfinv", kernels::erfinv(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (exp(y * y) / kTwoOverSqrtPi); }));
}
Tensor lgamma(const Tensor& x) {
  return record("lgamma", kernels::lgamma(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * digamma(x); }));
}
Tensor digamma(const Tensor& x) {
  return record("digamma", kernels::digamma(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * polygamma(1, x); }));
}
Tensor polygamma(int64_t n, const Tensor& x) {
  return record("polygamma", kernels::polygamma(n, x), from(x, [n, x = saved(x)](const Tensor& grad) { return grad * polygamma(n + 1, x); }));
}

Tensor logit(const Tensor& x, std::optional<double> eps) {
  if (!eps) return log(x / (1 - x));
  // Outside [eps, 1 - eps] the clamp stops the gradient.
  Tensor inside = clamp(x, *eps, 1 - *eps);
  return log(inside / (1 - inside));
}

// sinc(x) = sin(u) / u with u = pi x, and its derivative pi (cos u - sinc) / u is 0 at 0. Both divisions avoid u = 0, and near
// it, where cos u - sinc cancels, the derivative is a power series whose own derivatives are right as well.
Tensor sinc(const Tensor& x) {
  Tensor u = x * std::numbers::pi;
  Tensor near = kernels::lt(kernels::abs(u), 0.05);
  Tensor away = where(near, 1.0, u), inside = where(near, u, 0.0), s = inside * inside;
  // 1 - s/6 + s^2/120 - s^3/5040 + s^4/362880
  Tensor series = 1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72)));
  return where(near, series, sin(away) / away);
}

Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  if (!is_floating(x.dtype())) return x;
  double largest = x.dtype() == DType::float32 ? double(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  double inf = std::numeric_limits<double>::infinity();
  Tensor y = where(isnan(x), nan, x);
  y = where(eq(y, inf), posinf.value_or(largest), y);
  return where(eq(y, -inf), neginf.value_or(-largest), y);
}

}  // namespace tare
