#include "autograd/ops/matmul.h"

#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/gemm.h"

namespace tare {
namespace {

// Both operands have at least two axes. With Y = A B and G the gradient of Y: dA = G B^T, dB = A^T G; batch axes that were
// broadcast are summed by record.
Tensor batched(const Tensor& a, const Tensor& b) {
  return record("matmul", kernels::matmul(a, b), from(a, [b = saved(b)](const Tensor& grad) { return matmul(grad, transpose(b)); }),
                from(b, [a = saved(a)](const Tensor& grad) { return matmul(transpose(a), grad); }));
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (a.dim() >= 2 && b.dim() >= 2) return batched(a, b);
  Shape shape = kernels::matmul_shape("matmul", a.shape(), b.shape());
  // A vector is a row on the left and a column on the right; the axis added for it leaves the result again.
  Tensor rows = a.dim() == 1 ? reshape(a, {1, a.numel()}) : a;
  Tensor columns = b.dim() == 1 ? reshape(b, {b.numel(), 1}) : b;
  return reshape(batched(rows, columns), shape);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  
  auto to_x = [w = saved(weight)](const Tensor& grad) { return matmul(grad, w); };
  // All leading axes of x are samples: one product over their union.
  auto to_weight = [x = saved(x)](const Tensor& grad) {
    return matmul(transpose(reshape(grad, {-1, grad.shape().back()})), reshape(x, {-1, x->shape().back()}));
  };
  auto to_bias = [](const Tensor& grad) { return grad; };  // summed over the samples by record
  if (!bias.defined()) return record("linear", kernels::linear(x, weight, bias), from(x, to_x), from(weight, to_weight));
  return record("linear", kernels::linear(x, weight, bias), from(x, to_x), from(weight, to_weight), from(bias, to_bias));
}

}  // namespace tare
