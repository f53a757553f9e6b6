// Determinants. d det(A) = <cofactors, dA>, and cofactors = det(A) A^-T where A is regular.
//
// Near singular matrices A^-1 overflows while the cofactors stay. There A gets a border of r left and right singular vectors U, V of its
// smallest singular values: B = [[A, U], [V^T, 0]] is regular, and with S the r by r corner of B^-1
//   det A = det B det S  (Schur: det B = det A det(-V^T A^-1 U), and S is the inverse of -V^T A^-1 U),
// a formula in which U and V are constants, and whose derivatives of any order exist.
// det S, of r numbers that may all be zero, comes from Faddeev and LeVerrier's recursion, which divides by nothing.
#include <cmath>

#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/linalg.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

Tensor regular_det(const Tensor& a, const Tensor& value) {
  return record("det", value, from(a, [a = saved(a)](const Tensor& grad, const Tensor& y) { return per_matrix(grad * y) * transpose(inv(a)); }));
}

// M_1 = 1, c_k = -tr(S M_k) / k, M_(k+1) = S M_k + c_k; det S = (-1)^r c_r.
Tensor det_by_recursion(const Tensor& s) {
  int64_t r = s.size(-1);
  Tensor one = eye(r, r, s.dtype()), m = one, c;
  for (int64_t k = 1; k <= r; k++) {
    Tensor product = matmul(s, m);
    c = sum(diagonal(product, 0, -2, -1), {-1}) * (-1.0 / double(k));
    m = product + per_matrix(c) * one;
  }
  return r % 2 ? -c : c;
}

Tensor bordered_det(const Tensor& a, double small) {
  int64_t n = a.size(-1), r = 0;
  auto [u, s, vh] = kernels::svd(a.detach(), true);
  std::vector<double> values = s.to_vector<double>();
  for (size_t i = 0; i < values.size(); i += size_t(n)) {
    int64_t zeros_here = 0;
    for (int64_t j = 0; j < n; j++) zeros_here += values[i + size_t(j)] <= small * values[i];
    r = std::max(r, zeros_here);
  }
  if (r == 0) return regular_det(a, kernels::determinant(a).value);
  Tensor left = narrow(u, -1, n - r, r), right = narrow(vh, -2, n - r, r), corner = zeros(a.shape().slice(0, -2).concat({r, r}), a.dtype());
  Tensor b = block(a, left, right, corner);
  Tensor selector = cat({zeros({n, r}, a.dtype()), eye(r, r, a.dtype())}, 0);
  Tensor schur = narrow(solve(b, expand(selector, b.shape().slice(0, -1).concat({r}))), -2, n, r);
  return regular_det(b, kernels::determinant(b).value) * det_by_recursion(schur);
}

}  // namespace

Tensor det(const Tensor& a) {
  auto d = kernels::determinant(a);
  double small = std::sqrt(precision_of(a.dtype()));
  if (d.worst_pivot >= small || !a.requires_grad() || !context().grad_enabled) return regular_det(a, d.value);
  return bordered_det(a, small);
}

std::pair<Tensor, Tensor> slogdet(const Tensor& a) {
  auto d = kernels::determinant(a);
  Tensors y = custom_vjp("slogdet", Tensors{d.sign, d.log_abs}, Tensors{a}, [](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) -> Tensors {
    check<LinAlgError>(!kernels::any(kernels::eq(out[0], 0)).item<bool>(), "slogdet: a matrix of ", in[0],
                       " is singular: log |det| is -inf there and has no derivative");
    return {per_matrix(grads[1]) * transpose(inv(in[0]))};
  });
  return {y[0], y[1]};
}

Tensor logdet(const Tensor& a) {
  auto [sign, log_abs] = slogdet(a);
  return where(kernels::lt(sign, 0), std::nan(""), log_abs);
}

}  // namespace tare
