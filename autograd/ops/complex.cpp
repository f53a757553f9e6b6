#include "autograd/ops/complex.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"

namespace tare {
namespace {

struct Parts {
  Tensor real, imaginary;
};
Parts parts_of(const char* what, const Tensor& x) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == 2, what, ": expected pairs (real, imaginary) along a last axis of 2 but the shape is ", x.shape());
  return {select(x, -1, 0), select(x, -1, 1)};
}

}  // namespace

Tensor complex(const Tensor& real, const Tensor& imaginary) {
  Shape shape = broadcast_shapes("complex", real.shape(), imaginary.shape());
  return stack({expand(real, shape), expand(imaginary, shape)}, -1);
}

Tensor complex_mul(const Tensor& a, const Tensor& b) {
  auto [p, q] = parts_of("complex_mul", a);
  auto [r, s] = parts_of("complex_mul", b);
  return complex(p * r - q * s, p * s + q * r);
}

Tensor complex_conj(const Tensor& x) {
  auto [re, im] = parts_of("complex_conj", x);
  return complex(re, -im);
}

Tensor complex_abs(const Tensor& x) {
  auto [re, im] = parts_of("complex_abs", x);
  return hypot(re, im);
}

Tensor complex_angle(const Tensor& x) {
  auto [re, im] = parts_of("complex_angle", x);
  Tensor zero = kernels::logical_and(kernels::eq(re, 0), kernels::eq(im, 0));
  return where(zero, 0.0, atan2(im, where(zero, 1.0, re)));
}

}  // namespace tare
