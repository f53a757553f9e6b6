#include "autograd/ops/reduce.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

/// The shape of a reduction's result with the reduced axes kept as 1: what its gradient broadcasts from.
Shape kept_shape(const Shape& shape, const Shape& axes) {
  Shape kept = shape;
  for (int64_t a : axes) kept[int(a)] = 1;
  return kept;
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("sum", axes, x.dim());
  return record("sum", kernels::sum(x, over, keepdim), from(x, [shape = x.shape(), kept = kept_shape(x.shape(), over)](const Tensor& grad) {
                  return expand(reshape(grad, kept), shape);
                }));
}

Tensor mean(const Tensor& x, const Shape& axes, bool keepdim) {
  Shape over = normalize_axes("mean", axes, x.dim());
  return record("mean", kernels::mean(x, over, keepdim), from(x, [shape = x.shape(), kept = kept_shape(x.shape(), over)](const Tensor& grad) {
                  return expand(reshape(grad, kept) / (double(shape.numel()) / double(kept.numel())), shape);
                }));
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  return record("sum_to", kernels::sum_to(x, shape), from(x, [shape = x.shape()](const Tensor& grad) { return expand(grad, shape); }));
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  // record sums the gradient back to x's shape by itself.
  return record("expand", kernels::broadcast_to(x, shape), from(x, [](const Tensor& grad) { return grad; }));
}

}  // namespace tare
