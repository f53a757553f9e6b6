// Functions of two numbers beyond arithmetic.
#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/promote.h"

namespace tare {
namespace {

// What a side gets of the gradient: all where it wins, half where both are equal.
Tensor share(const Tensor& wins, const Tensor& ties, DType dtype) { return kernels::add(kernels::to(wins, dtype), kernels::mul(kernels::to(ties, dtype), 0.5)); }

constexpr auto no_slope = [](const Tensor& grad) { return zeros_like(grad); };

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  auto to_side = [](const Tensor& grad, const Tensor& own, const Tensor& other) {
    return grad * share(kernels::gt(own, other), kernels::eq(own, other), grad.dtype());
  };
  return record("maximum", kernels::maximum(a, b), from(a, [=, a = saved(a), b = saved(b)](const Tensor& grad) { return to_side(grad, a, b); }),
                from(b, [=, a = saved(a), b = saved(b)](const Tensor& grad) { return to_side(grad, b, a); }));
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  auto to_side = [](const Tensor& grad, const Tensor& own, const Tensor& other) {
    return grad * share(kernels::lt(own, other), kernels::eq(own, other), grad.dtype());
  };
  return record("minimum", kernels::minimum(a, b), from(a, [=, a = saved(a), b = saved(b)](const Tensor& grad) { return to_side(grad, a, b); }),
                from(b, [=, a = saved(a), b = saved(b)](const Tensor& grad) { return to_side(grad, b, a); }));
}

// A NaN never wins: the other side is taken, with its gradient. Of equal numbers PyTorch takes the first.
Tensor fmax(const Tensor& a, const Tensor& b) {
  return where(logical_or(ge(a, b), isnan(b)), a, b);
}
Tensor fmin(const Tensor& a, const Tensor& b) {
  return where(logical_or(le(a, b), isnan(b)), a, b);
}

// With r = hypot(a, b): d/da = (b / r) / r, d/db = -(a / r) / r, which neither overflow nor vanish before their time.
Tensor atan2(const Tensor& a, const Tensor& b) {
  return record("atan2", kernels::atan2(a, b), from(a, [a = saved(a), b = saved(b)](const Tensor& grad) {
                  Tensor r = hypot(a, b);
                  return grad * (b / r / r);
                }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad) {
                  Tensor r = hypot(a, b);
                  return -(grad * (a / r / r));
                }));
}
// d/da = a / r, and 0 at the origin.
Tensor hypot(const Tensor& a, const Tensor& b) {
  auto along = [](const Tensor& grad, const Tensor& side, const Tensor& r) { return grad * (side / where(kernels::eq(r, 0), 1.0, r)); };
  return record("hypot", kernels::hypot(a, b), from(a, [=, a = saved(a)](const Tensor& grad, const Tensor& y) { return along(grad, a, y); }),
                from(b, [=, b = saved(b)](const Tensor& grad, const Tensor& y) { return along(grad, b, y); }));
}

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  return record("logaddexp", kernels::logaddexp(a, b), from(a, [a = saved(a), b = saved(b)](const Tensor& grad) { return grad * sigmoid(a - b); }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad) { return grad * sigmoid(b - a); }));
}
Tensor logaddexp2(const Tensor& a, const Tensor& b) { return logaddexp(a * std::numbers::ln2, b * std::numbers::ln2) / std::numbers::ln2; }

// d/da = log b, 0 at a = 0 with b <= 0; d/db = a / b.
Tensor xlogy(const Tensor& a, const Tensor& b) {
  return record("xlogy", kernels::xlogy(a, b), from(a, [a = saved(a), b = saved(b)](const Tensor& grad) {
                  Tensor at_limit = kernels::logical_and(kernels::eq(a, 0), kernels::le(b, 0));
                  return where(at_limit, 0.0, grad * log(where(at_limit, 1.0, b)));
                }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad) { return grad * a / b; }));
}
Tensor xlogy(const Tensor& a, const Scalar& b) { return xlogy(a, scalar(b, kernels::floating_type(kernels::result_type(a, b)))); }
Tensor xlogy(const Scalar& a, const Tensor& b) { return xlogy(scalar(a, kernels::floating_type(kernels::result_type(a, b))), b); }

// a - b trunc(a / b) and a - b floor(a / b): slope 1 in a, minus the whole quotient in b.
Tensor fmod(const Tensor& a, const Tensor& b) {
  return record("fmod", kernels::fmod(a, b), from(a, [](const Tensor& grad) { return grad; }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad) { return -(grad * kernels::trunc_divide(a, b)); }));
}
Tensor fmod(const Tensor& a, const Scalar& b) {
  return record("fmod", kernels::fmod(a, b), from(a, [](const Tensor& grad) { return grad; }));
}
Tensor remainder(const Tensor& a, const Tensor& b) {
  return record("remainder", kernels::remainder(a, b), from(a, [](const Tensor& grad) { return grad; }),
                from(b, [a = saved(a), b = saved(b)](const Tensor& grad) { return -(grad * kernels::floor_divide(a, b)); }));
}
Tensor remainder(const Tensor& a, const Scalar& b) {
  return record("remainder", kernels::remainder(a, b), from(a, [](const Tensor& grad) { return grad; }));
}
Tensor remainder(const Scalar& a, const Tensor& b) { return remainder(scalar(a, kernels::result_type(a, b)), b); }

Tensor floor_divide(const Tensor& a, const Tensor& b) { return record("floor_divide", kernels::floor_divide(a, b), from(a, no_slope), from(b, no_slope)); }
Tensor floor_divide(const Tensor& a, const Scalar& b) { return record("floor_divide", kernels::floor_divide(a, b), from(a, no_slope)); }
Tensor floor_divide(const Scalar& a, const Tensor& b) { return record("floor_divide", kernels::floor_divide(a, b), from(b, no_slope)); }
Tensor trunc_divide(const Tensor& a, const Tensor& b) { return record("trunc_divide", kernels::trunc_divide(a, b), from(a, no_slope), from(b, no_slope)); }
Tensor trunc_divide(const Tensor& a, const Scalar& b) { return record("trunc_divide", kernels::trunc_divide(a, b), from(a, no_slope)); }

// |a| with b's sign: the slope in a is +1 where the signs agree, -1 where not, 0 at a = 0.
Tensor copysign(const Tensor& a, const Tensor& b) {
  Tensor magnitude = abs(is_floating(a.dtype()) ? a : to(a, default_dtype()));
  return where(signbit(b), -magnitude, magnitude);
}

Tensor heaviside(const Tensor& x, const Tensor& values) {
  Tensor positive = kernels::to(kernels::gt(x, 0), kernels::result_type(x, values));
  return kernels::where(kernels::eq(x, 0), values, kernels::where(kernels::isnan(x), x, positive));
}

}  // namespace tare
