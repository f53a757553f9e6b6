// Elementary functions of one number.
#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/gradients.h"

namespace tare {
namespace {

// The derivative of a step function: zero wherever it exists, and zero by convention at the steps.
constexpr auto flat = [](const Tensor& grad) { return zeros_like(grad); };

}  // namespace

Tensor abs(const Tensor& x) {
  return record("abs", kernels::abs(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * kernels::sign(x); }));
}
Tensor sign(const Tensor& x) { return record("sign", kernels::sign(x), from(x, flat)); }
Tensor floor(const Tensor& x) { return record("floor", kernels::floor(x), from(x, flat)); }
Tensor ceil(const Tensor& x) { return record("ceil", kernels::ceil(x), from(x, flat)); }
Tensor trunc(const Tensor& x) { return record("trunc", kernels::trunc(x), from(x, flat)); }
Tensor round(const Tensor& x, int64_t decimals) { return record("round", kernels::round(x, decimals), from(x, flat)); }
Tensor frac(const Tensor& x) {
  return record("frac", kernels::frac(x), from(x, [](const Tensor& grad) { return grad; }));
}

Tensor exp(const Tensor& x) {
  return record("exp", kernels::exp(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * y; }));
}
Tensor exp2(const Tensor& x) {
  return record("exp2", kernels::exp2(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (y * std::numbers::ln2); }));
}
Tensor expm1(const Tensor& x) {
  return record("expm1", kernels::expm1(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (y + 1); }));
}
Tensor log(const Tensor& x) {
  return record("log", kernels::log(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / x; }));
}
Tensor log2(const Tensor& x) {
  return record("log2", kernels::log2(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / (x * std::numbers::ln2); }));
}
Tensor log10(const Tensor& x) {
  return record("log10", kernels::log10(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / (x * std::numbers::ln10); }));
}
Tensor log1p(const Tensor& x) {
  return record("log1p", kernels::log1p(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / (x + 1); }));
}
Tensor sqrt(const Tensor& x) {
  return record("sqrt", kernels::sqrt(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad / (2 * y); }));
}
Tensor rsqrt(const Tensor& x) {
  return record("rsqrt", kernels::rsqrt(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (-0.5 * pow(y, 3)); }));
}

Tensor sin(const Tensor& x) {
  return record("sin", kernels::sin(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * cos(x); }));
}
Tensor cos(const Tensor& x) {
  return record("cos", kernels::cos(x), from(x, [x = saved(x)](const Tensor& grad) { return -(grad * sin(x)); }));
}
Tensor tan(const Tensor& x) {
  return record("tan", kernels::tan(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (1 + y * y); }));
}
Tensor asin(const Tensor& x) {
  return record("asin", kernels::asin(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * rsqrt(1 - x * x); }));
}
Tensor acos(const Tensor& x) {
  return record("acos", kernels::acos(x), from(x, [x = saved(x)](const Tensor& grad) { return -(grad * rsqrt(1 - x * x)); }));
}
Tensor atan(const Tensor& x) {
  return record("atan", kernels::atan(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / (1 + x * x); }));
}
Tensor sinh(const Tensor& x) {
  return record("sinh", kernels::sinh(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * cosh(x); }));
}
Tensor cosh(const Tensor& x) {
  return record("cosh", kernels::cosh(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * sinh(x); }));
}
Tensor asinh(const Tensor& x) {
  return record("asinh", kernels::asinh(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * rsqrt(x * x + 1); }));
}
Tensor acosh(const Tensor& x) {
  return record("acosh", kernels::acosh(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * rsqrt(x * x - 1); }));
}
Tensor atanh(const Tensor& x) {
  return record("atanh", kernels::atanh(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / (1 - x * x); }));
}

// tanh and sigmoid: their backward is one pass over memory, and an operation with derivatives of its own.
namespace {
Tensor tanh_backward(const Tensor& grad, const Tensor& y) {
  return record("tanh_backward", kernels::tanh_backward(grad, y), from(grad, [y = saved(y)](const Tensor& g) { return tanh_backward(g, y); }),
                from(y, [grad = saved(grad), y = saved(y)](const Tensor& g) { return g * (-2 * (grad * y)); }));
}
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y) {
  return record("sigmoid_backward", kernels::sigmoid_backward(grad, y), from(grad, [y = saved(y)](const Tensor& g) { return sigmoid_backward(g, y); }),
                from(y, [grad = saved(grad), y = saved(y)](const Tensor& g) { return g * (grad * (1 - 2 * *y)); }));
}
}  // namespace

Tensor tanh(const Tensor& x) { return record("tanh", kernels::tanh(x), from(x, tanh_backward)); }
Tensor sigmoid(const Tensor& x) { return record("sigmoid", kernels::sigmoid(x), from(x, sigmoid_backward)); }

Tensor deg2rad(const Tensor& x) { return x * (std::numbers::pi / 180); }
Tensor rad2deg(const Tensor& x) { return x * (180 / std::numbers::pi); }

}  // namespace tare
