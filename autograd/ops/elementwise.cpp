// Arithmetic. Each function is its kernel and, beside every input, the vector-Jacobian product.
#include "autograd/ops/elementwise.h"

#include <cmath>
#include <limits>

#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"

namespace tare {

Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  if (!is_floating(dtype)) return kernels::to(x, dtype);
  // record casts the gradient back to x's dtype by itself.
  return record("to", kernels::to(x, dtype), from(x, [](const Tensor& grad) { return grad; }));
}

Tensor neg(const Tensor& x) {
  return record("neg", kernels::neg(x), from(x, [](const Tensor& grad) { return -grad; }));
}

Tensor add(const Tensor& a, const Tensor& b) {
  auto vjp = [](const Tensor& grad) { return grad; };
  return record("add", kernels::add(a, b), from(a, vjp), from(b, vjp));
}
Tensor add(const Tensor& a, const Scalar& b) {
  return record("add", kernels::add(a, b), from(a, [](const Tensor& grad) { return grad; }));
}
Tensor sub(const Tensor& a, const Tensor& b) {
  return record("sub", kernels::sub(a, b), from(a, [](const Tensor& grad) { return grad; }), from(b, [](const Tensor& grad) { return -grad; }));
}
Tensor sub(const Tensor& a, const Scalar& b) {
  return record("sub", kernels::sub(a, b), from(a, [](const Tensor& grad) { return grad; }));
}
Tensor sub(const Scalar& a, const Tensor& b) {
  return record("sub", kernels::sub(a, b), from(b, [](const Tensor& grad) { return -grad; }));
}
Tensor mul(const Tensor& a, const Tensor& b) {
  return record("mul", kernels::mul(a, b), from(a, [b = saved(b)](const Tensor& grad) { return grad * b; }),
                from(b, [a = saved(a)](const Tensor& grad) { return grad * a; }));
}
Tensor mul(const Tensor& a, const Scalar& b) {
  return record("mul", kernels::mul(a, b), from(a, [b](const Tensor& grad) { return grad * b; }));
}
Tensor div(const Tensor& a, const Tensor& b) {
  return record("div", kernels::div(a, b), from(a, [b = saved(b)](const Tensor& grad) { return grad / b; }),
                from(b, [b = saved(b)](const Tensor& grad, const Tensor& y) { return -(grad * y / b); }));
}
Tensor div(const Tensor& a, const Scalar& b) {
  return record("div", kernels::div(a, b), from(a, [b](const Tensor& grad) { return grad / b; }));
}
Tensor div(const Scalar& a, const Tensor& b) {
  return record("div", kernels::div(a, b), from(b, [b = saved(b)](const Tensor& grad, const Tensor& y) { return -(grad * y / b); }));
}

// d a^b / da = b a^(b-1), which is 0 for b = 0 also where a^-1 is infinite.
// d a^b / db = a^b log a, whose limit at a = 0 is 0 for b >= 0 (for b < 0 the infinities of a^b and log a stay).
Tensor pow(const Tensor& a, const Tensor& b) {
  return record("pow", kernels::pow(a, b), from(a, [a = saved(a), b = saved(b)](const Tensor& grad) {
                  return where(eq(b, 0), 0.0, grad * (b * pow(a, b - 1)));
                }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad, const Tensor& y) {
                  Tensor at_limit = logical_and(eq(a, 0), ge(b, 0));
                  return where(at_limit, 0.0, grad * y * log(where(at_limit, 1.0, a)));
                }));
}
Tensor pow(const Tensor& a, const Scalar& exponent) {
  return record("pow", kernels::pow(a, exponent), from(a, [a = saved(a), p = exponent.real()](const Tensor& grad) {
                  if (p == 0) return zeros_like(grad);
                  if (p == 1) return grad;
                  if (p == 2) return grad * (2 * *a);
                  return grad * (p * pow(a, p - 1));
                }));
}
Tensor pow(const Scalar& base, const Tensor& b) {
  return record("pow", kernels::pow(base, b), from(b, [b = saved(b), base = base.real()](const Tensor& grad, const Tensor& y) {
                  if (base == 0) return where(ge(b, 0), 0.0, grad * y * -std::numeric_limits<double>::infinity());
                  return grad * (y * std::log(base));
                }));
}

Tensor square(const Tensor& x) {
  return record("square", kernels::square(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * (2 * *x); }));
}
Tensor reciprocal(const Tensor& x) {
  return record("reciprocal", kernels::reciprocal(x), from(x, [](const Tensor& grad, const Tensor& y) { return -(grad * (y * y)); }));
}

Tensor addcmul(const Tensor& input, const Tensor& a, const Tensor& b, double value) {
  Tensor product = a * b;
  return input + (value == 1 ? product : product * value);
}
Tensor addcdiv(const Tensor& input, const Tensor& a, const Tensor& b, double value) {
  Tensor quotient = a / b;
  return input + (value == 1 ? quotient : quotient * value);
}

}  // namespace tare
