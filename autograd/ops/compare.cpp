// Comparisons and tests: bools, never on the tape.
#include "autograd/ops/elementwise.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {

Tensor eq(const Tensor& a, const Tensor& b) { return kernels::eq(a, b); }
Tensor eq(const Tensor& a, const Scalar& b) { return kernels::eq(a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return kernels::ne(a, b); }
Tensor ne(const Tensor& a, const Scalar& b) { return kernels::ne(a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return kernels::lt(a, b); }
Tensor lt(const Tensor& a, const Scalar& b) { return kernels::lt(a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return kernels::le(a, b); }
Tensor le(const Tensor& a, const Scalar& b) { return kernels::le(a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return kernels::gt(a, b); }
Tensor gt(const Tensor& a, const Scalar& b) { return kernels::gt(a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return kernels::ge(a, b); }
Tensor ge(const Tensor& a, const Scalar& b) { return kernels::ge(a, b); }
Tensor isnan(const Tensor& x) { return kernels::isnan(x); }
Tensor isinf(const Tensor& x) { return kernels::isinf(x); }
Tensor isfinite(const Tensor& x) { return kernels::isfinite(x); }
Tensor logical_not(const Tensor& x) { return kernels::logical_not(x); }
Tensor logical_and(const Tensor& a, const Tensor& b) { return kernels::logical_and(a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return kernels::logical_or(a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return kernels::logical_xor(a, b); }

// -0 is told from 0 by its reciprocal.
Tensor signbit(const Tensor& x) {
  Tensor negative = kernels::lt(x, 0);
  if (!is_floating(x.dtype())) return negative;
  return kernels::logical_or(negative, kernels::logical_and(kernels::eq(x, 0), kernels::lt(kernels::reciprocal(x), 0)));
}

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check<ValueError>(rtol >= 0 && atol >= 0, "isclose: expected tolerances of at least 0, not rtol ", rtol, " and atol ", atol);
  // Equal infinities are close; an infinity and a number are not, however large the tolerance: it must be finite.
  Tensor same = kernels::eq(a, b);
  if (equal_nan) same = kernels::logical_or(same, kernels::logical_and(kernels::isnan(a), kernels::isnan(b)));
  if (rtol == 0 && atol == 0) return same;
  Tensor distance = kernels::abs(kernels::sub(kernels::to(a, DType::float64), kernels::to(b, DType::float64)));
  Tensor allowed = kernels::add(kernels::mul(kernels::abs(kernels::to(b, DType::float64)), rtol), atol);
  Tensor near = kernels::logical_and(kernels::isfinite(distance), kernels::le(distance, allowed));
  return kernels::logical_or(same, near);
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return kernels::all(isclose(a, b, rtol, atol, equal_nan)).item<bool>();
}

bool equal(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && kernels::all(kernels::eq(a, b)).item<bool>(); }

}  // namespace tare
