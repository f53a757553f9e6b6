// Functions of square matrices without symmetry.
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "kernels/linalg.h"

namespace tare {

// exp [[A, E], [0, A]] holds the derivative of exp at A in direction E in its corner; its adjoint is the derivative at A^T (Mathias 1996).
Tensor matrix_exp(const Tensor& a) {
  return record("matrix_exp", kernels::matrix_exp(a), from(a, [a = saved(a)](const Tensor& grad) {
                  Tensor t = transpose(a);
                  int64_t n = t.size(-1);
                  return narrow(narrow(matrix_exp(block(t, grad, zeros_like(t), t)), -2, 0, n), -1, n, n);
                }));
}

Tensor matrix_power(const Tensor& a, int64_t n) {
  check<ShapeError>(a.dim() >= 2 && a.size(-1) == a.size(-2), "matrix_power: expected square matrices but the shape is ", a.shape());
  if (n == 0) return expand(eye(a.size(-1), a.size(-1), a.dtype()), a.shape());
  Tensor square = n < 0 ? inv(a) : a, y;
  uint64_t rest = n < 0 ? -static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
  for (;; square = matmul(square, square)) {
    if (rest & 1) y = y.defined() ? matmul(y, square) : square;
    if ((rest >>= 1) == 0) return y;
  }
}

}  // namespace tare
