// Choosing and blending.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/gradients.h"
#include "kernels/promote.h"

namespace tare {

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return record("where", kernels::where(condition, a, b), from(a, [c = saved(condition)](const Tensor& grad) { return where(c, grad, 0.0); }),
                from(b, [c = saved(condition)](const Tensor& grad) { return where(c, 0.0, grad); }));
}
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  return record("where", kernels::where(condition, a, b), from(a, [c = saved(condition)](const Tensor& grad) { return where(c, grad, 0.0); }));
}
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  return record("where", kernels::where(condition, a, b), from(b, [c = saved(condition)](const Tensor& grad) { return where(c, 0.0, grad); }));
}

Tensor clamp(const Tensor& x, std::optional<Scalar> lo, std::optional<Scalar> hi) {
  return record("clamp", kernels::clamp(x, lo, hi), from(x, [x = saved(x), lo, hi](const Tensor& grad) {
                  Tensor inside = lo ? kernels::ge(x, *lo) : kernels::le(x, *hi);
                  if (lo && hi) inside = kernels::logical_and(inside, kernels::le(x, *hi));
                  return where(inside, grad, 0.0);
                }));
}

// The bounds win only where they are strictly tighter, and the upper one over the lower.
Tensor clamp(const Tensor& x, const Tensor& lo, const Tensor& hi) {
  check<ValueError>(lo.defined() || hi.defined(), "clamp: expected a lower or an upper bound");
  Tensor y = x;
  if (lo.defined()) y = where(lt(y, lo), lo, y);
  if (hi.defined()) y = where(gt(y, hi), hi, y);
  return y;
}

Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight) {
  return record("lerp", kernels::lerp(a, b, weight), from(a, [w = saved(weight)](const Tensor& grad) { return grad * (1 - w); }),
                from(b, [w = saved(weight)](const Tensor& grad) { return grad * w; }),
                from(weight, [a = saved(a), b = saved(b)](const Tensor& grad) { return grad * (b - a); }));
}
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight) {
  return record("lerp", kernels::lerp(a, b, weight), from(a, [w = weight.real()](const Tensor& grad) { return grad * (1 - w); }),
                from(b, [w = weight.real()](const Tensor& grad) { return grad * w; }));
}

}  // namespace tare
