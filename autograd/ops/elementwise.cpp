#include "autograd/ops/elementwise.h"

#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"

namespace tare {

Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  // record casts the gradient back to x's dtype by itself.
  return record("to", kernels::to(x, dtype), from(x, [](const Tensor& grad) { return grad; }));
}

Tensor neg(const Tensor& x) {
  return record("neg", kernels::neg(x), from(x, [](const Tensor& grad) { return -grad; }));
}
Tensor exp(const Tensor& x) {
  return record("exp", kernels::exp(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * y; }));
}
Tensor log(const Tensor& x) {
  return record("log", kernels::log(x), from(x, [x = saved(x)](const Tensor& grad) { return grad / x; }));
}
Tensor sqrt(const Tensor& x) {
  return record("sqrt", kernels::sqrt(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * 0.5 / y; }));
}
Tensor square(const Tensor& x) {
  return record("square", kernels::square(x), from(x, [x = saved(x)](const Tensor& grad) { return grad * (2 * *x); }));
}
Tensor tanh(const Tensor& x) {
  return record("tanh", kernels::tanh(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * (1 - y * y); }));
}
Tensor relu(const Tensor& x) {
  return record("relu", kernels::relu(x), from(x, [](const Tensor& grad, const Tensor& y) { return grad * to(kernels::gt(y, 0), y.dtype()); }));
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
Tensor pow(const Tensor& x, const Scalar& exponent) {
  return record("pow", kernels::pow(x, exponent), from(x, [x = saved(x), p = exponent.real()](const Tensor& grad) {
                  return p == 0 ? grad * 0.0 : grad * (p * pow(x, p - 1));
                }));
}

}  // namespace tare
