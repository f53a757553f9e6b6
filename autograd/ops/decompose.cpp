// Orthogonal decompositions and eigenvalues.
//
// The derivative of a vector holds 1 / (difference of its value and another one). Where two values are equal the vectors are not determined
// and no finite answer exists, not even for functions that do not depend on their choice: the limit of 0 / 0 is lost with the vectors.
// Hence the rule here: such a pair counts as 0 when no gradient flows into either vector, else it is an error.
#include "autograd/ops/complex.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/linalg.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

bool nonzero_anywhere(const Tensor& t) { return t.requires_grad() || kernels::any(kernels::ne(t, 0)).item<bool>(); }
Tensor used_columns(const Tensor& grad) { return kernels::any(kernels::ne(grad, 0), {-2}); }

// 1 / (x_j - x_i), zero on the diagonal and for equal values. `values` (*, k) decide what is equal, `used` (*, k) whose gradients flow.
Tensor inverse_gaps(const char* what, const Tensor& x, const Tensor& values, const Tensor& used) {
  if (x.numel() == 0) return unsqueeze(x, -2) * unsqueeze(x, -1);
  Tensor v = values.detach(), close, clash;
  {
    NoGrad off;
    int64_t k = v.size(-1);
    Tensor tolerance = per_matrix(squeeze(amax(abs(v), {-1}, true), {-1})) * (4.0 * double(k) * precision_of(v.dtype()));
    close = kernels::le(abs(unsqueeze(v, -2) - unsqueeze(v, -1)), tolerance);
    Tensor off_diagonal = kernels::ne(eye(k, k, v.dtype()), 1);
    clash = logical_and(logical_and(close, off_diagonal), logical_or(unsqueeze(used, -2), unsqueeze(used, -1)));
  }
  if (kernels::any(clash).item<bool>()) {
    std::vector<double> all = v.to_vector<double>();
    int64_t k = v.size(-1), at = kernels::argmax(kernels::to(clash, DType::int64)).item<int64_t>();
    throw LinAlgError(text(what, ": the value ", all[size_t(at / k)], " stands twice, so that its vectors, into which a gradient flows, are not determined; "
                           "spectral_function and singular_value_function are differentiable there"));
  }
  return where(close, 0.0, reciprocal(where(close, 1.0, unsqueeze(x, -2) - unsqueeze(x, -1))));
}

Tensor skew(const Tensor& x) { return x - transpose(x); }

}  // namespace

// With M = R G_R^T - G_Q^T Q and copyltu(M) its lower half mirrored: G_a = (G_Q + Q copyltu(M)) R^-T (Walter and Lehmann 2018,
// arXiv:1009.6112). A wide a = [X | Y] has R = [U | Q^T Y]: Y's part flows through Q^T Y.
std::pair<Tensor, Tensor> qr(const Tensor& a) {
  auto [q, r] = kernels::qr(a);
  Tensors y = custom_vjp("qr", Tensors{q, r}, Tensors{a}, [](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) -> Tensors {
    Tensor q = out[0], r = out[1], to_q = grads[0], to_r = grads[1];
    int64_t k = q.size(-1), n = r.size(-1);
    Tensor to_rest;
    if (n > k) {
      Tensor rest = narrow(in[0], -1, k, n - k), to_extra = narrow(to_r, -1, k, n - k);
      to_q = to_q + matmul(rest, transpose(to_extra)), to_rest = matmul(q, to_extra);
      r = narrow(r, -1, 0, k), to_r = narrow(to_r, -1, 0, k);
    }
    Tensor m = matmul(r, transpose(triu(to_r))) - matmul(transpose(to_q), q);
    Tensor mirrored = tril(m) + transpose(tril(m, -1));
    Tensor to_a = solve_triangular(transpose(r), to_q + matmul(q, mirrored), false, false);
    return {n > k ? cat({to_a, to_rest}, -1) : to_a};
  });
  return {y[0], y[1]};
}

namespace {

// With F_ij = 1 / (s_j^2 - s_i^2): G_a = U [ (skew(U^T G_U) F) S + S (skew(V^T G_V) F) + diag G_S ] V^T, and for the parts of G_U and G_V
// outside the ranges of U and V: (1 - U U^T) G_U S^-1 V^T + U S^-1 G_V^T (1 - V V^T).
Tensors svd_backward(const Tensors& grads, const Tensors&, const Tensors& out, Needs) {
  int64_t m = out[0].size(-2), n = out[2].size(-1), k = std::min(m, n);
  auto thin = [&](const Tensor& t, int axis) {
    int64_t extra = t.size(axis) - k;
    check<GradError>(extra == 0 || !nonzero_anywhere(narrow(t.detach(), axis, k, extra)), "svd: the vectors beyond the first ", k,
                     " that full_matrices adds are not determined and have no derivative");
    return extra ? narrow(t, axis, 0, k) : t;
  };
  Tensor to_u = thin(grads[0], -1), to_vh = thin(grads[2], -2);
  Tensor u = narrow(out[0], -1, 0, k), s = out[1], vh = narrow(out[2], -2, 0, k), middle = diag_embed(grads[1]);
  if (k == 0) return {zeros(u.shape().slice(0, -1).concat({n}), u.dtype())};
  if (!nonzero_anywhere(to_u) && !nonzero_anywhere(to_vh)) return {matmul(u * unsqueeze(grads[1], -2), vh)};
  Tensor used = logical_or(used_columns(to_u), used_columns(transpose(to_vh)));
  Tensor gaps = inverse_gaps("svd", square(s), s, used), row = unsqueeze(s, -2), column = unsqueeze(s, -1);
  Tensor turn_u = matmul(transpose(u), to_u), turn_v = matmul(vh, transpose(to_vh));
  middle = middle + skew(turn_u) * gaps * row + column * (skew(turn_v) * gaps);
  Tensor to_a = matmul(matmul(u, middle), vh);
  if (m == n) return {to_a};
  Tensor value = s.detach(), zero = kernels::le(value, amax(value, {-1}, true) * (double(std::max(m, n)) * precision_of(s.dtype())));
  check<LinAlgError>(!kernels::any(logical_and(zero, used)).item<bool>(), "svd: a singular value of a matrix of shape ", Shape{m, n},
                     " is zero, so that its vectors, into which a gradient flows, have no derivative");
  Tensor inverse = where(zero, 0.0, reciprocal(where(zero, 1.0, s)));
  if (m > n) return {to_a + matmul((to_u - matmul(u, turn_u)) * unsqueeze(inverse, -2), vh)};
  return {to_a + matmul(u, unsqueeze(inverse, -1) * (to_vh - matmul(transpose(turn_v), vh)))};
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices) {
  auto [u, s, vh] = kernels::svd(a, full_matrices);
  Tensors y = custom_vjp("svd", Tensors{u, s, vh}, Tensors{a}, &svd_backward);
  return {y[0], y[1], y[2]};
}

Tensor svdvals(const Tensor& a) {
  if (!a.requires_grad() || !context().grad_enabled) return kernels::singular_values(a);
  return std::get<1>(svd(a, false));
}

// G_a = V (diag G_w + (V^T G_V) F) V^T, F_ij = 1 / (w_j - w_i).
std::pair<Tensor, Tensor> eigh(const Tensor& a) {
  check<ShapeError>(a.dim() >= 2 && a.size(-1) == a.size(-2), "eigh: expected square matrices but the shape is ", a.shape());
  Tensor s = symmetric_part(a);
  auto [w, v] = kernels::eigh(s);
  Tensors y = custom_vjp("eigh", Tensors{w, v}, Tensors{s}, [](const Tensors& grads, const Tensors&, const Tensors& out, Needs) -> Tensors {
    const Tensor &w = out[0], &v = out[1];
    if (!nonzero_anywhere(grads[1])) return {matmul(v * unsqueeze(grads[0], -2), transpose(v))};
    Tensor middle = matmul(transpose(v), grads[1]) * inverse_gaps("eigh", w, w, used_columns(grads[1]));
    return {matmul(matmul(v, diag_embed(grads[0]) + middle), transpose(v))};
  });
  return {y[0], y[1]};
}

Tensor eigvalsh(const Tensor& a) { return eigh(a).first; }

// The first derivative is a kernel's (kernels/eig.cpp), the second one too; a third one is a GradError.
Tensor eigvals(const Tensor& a) {
  auto [lambda, vectors] = kernels::eig(a);
  Tensor values = lambda, basis = vectors;
  auto backward = [values, basis](const Tensors& grads, const Tensors& in, const Tensors&, Needs) -> Tensors {
    auto again = [values, basis](const Tensors& h, const Tensors& inputs, const Tensors&, Needs) -> Tensors {
      auto [to_a, to_g] = kernels::eigenvalue_gradient_backward(values, basis, inputs[1], h[0]);
      return {to_a, to_g};
    };
    Tensor g = grads[0].dtype() == DType::float64 ? grads[0] : to(grads[0], DType::float64);
    return {fused("eigvals_backward", kernels::eigenvalue_gradient(basis, g), Tensors{in[0], g}, again, nullptr)};
  };
  return custom_vjp("eigvals", a.dtype() == DType::float64 ? values : kernels::to(values, a.dtype()), Tensors{a}, backward);
}

Tensor eigvals_abs(const Tensor& a) { return sort(complex_abs(eigvals(a)), -1, true).values; }

}  // namespace tare
