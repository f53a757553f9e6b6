// Systems of equations. With a x = b and G the gradient of x: G_b = a^-T G, G_a = -G_b x^T.
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

// a (*, m, n) and b (*, m, k) over one batch and of one type.
struct System {
  Tensor a, b;
  bool vectors = false;  // b held one vector a matrix; k = 1 was added for it
};

System system_of(const char* what, Tensor a, Tensor b, bool left = true) {
  check<ShapeError>(a.dim() >= 2 && b.dim() >= 1, what, ": expected matrices (*, n, n) and a right-hand side (*, n, k) or (*, n) but the shapes are ", a.shape(), " and ",
                    b.shape());
  check<DTypeError>(is_floating(a.dtype()) && is_floating(b.dtype()), what, ": expected float32 or float64 but the types are ", a.dtype(), " and ", b.dtype());
  if (a.dtype() != b.dtype()) a = to(a, promote(a.dtype(), b.dtype())), b = to(b, a.dtype());
  bool vectors = b.dim() == 1 || b.shape() == a.shape().slice(0, -1);
  if (vectors) b = unsqueeze(b, -1);
  if (!left) a = transpose(a), b = vectors ? b : transpose(b);
  check<ShapeError>(b.size(-2) == a.size(-2), what, ": ", a.size(-2), " equations in ", a.shape(), " do not fit a right-hand side of shape ", b.shape());
  Shape batch = broadcast_shapes(what, a.shape().slice(0, -2), b.shape().slice(0, -2));
  return {expand(a, batch.concat(a.shape().slice(a.dim() - 2))), expand(b, batch.concat(b.shape().slice(b.dim() - 2))), vectors};
}

Tensor undo(const Tensor& x, const System& s, bool left) { return s.vectors ? squeeze(x, {-1}) : left ? x : transpose(x); }

// Both gradients share one solution, so they are computed together.
Tensor solve_square(const Tensor& a, const Tensor& b) {
  return custom_vjp("solve", kernels::solve(a, b), {a, b}, [](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) -> Tensors {
    Tensor to_b = solve_square(transpose(in[0]), grads[0]);
    return {-matmul(to_b, transpose(out[0])), to_b};
  });
}

// The half of a triangular matrix that is read.
Tensor half(const Tensor& x, bool upper, bool unit) { return upper ? triu(x, unit ? 1 : 0) : tril(x, unit ? -1 : 0); }

Tensor solve_half(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  auto backward = [upper, unit](const Tensors& grads, const Tensors& in, const Tensors& out, Needs needs) -> Tensors {
    Tensor to_b = solve_half(transpose(in[0]), grads[0], !upper, unit);
    return {needs[0] ? -half(matmul(to_b, transpose(out[0])), upper, unit) : Tensor(), to_b};
  };
  return custom_vjp("solve_triangular", kernels::solve_triangular(a, b, upper, unit), {a, b}, backward);
}

}  // namespace

Tensor solve(const Tensor& a, const Tensor& b, bool left) {
  System s = system_of("solve", a, b, left);
  return undo(solve_square(s.a, s.b), s, left);
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left, bool unitriangular) {
  System s = system_of("solve_triangular", a, b, left);
  return undo(solve_half(s.a, s.b, upper == left, unitriangular), s, left);
}

// d(a^-1) = -a^-1 da a^-1.
Tensor inv(const Tensor& a) {
  return record("inv", kernels::inverse(a), from(a, [](const Tensor& grad, const Tensor& y) { return -matmul(matmul(transpose(y), grad), transpose(y)); }));
}

// From dL L^T + L dL^T = dA follows dL = L Phi(L^-1 dA L^-T), Phi the lower half with its diagonal halved (Murray 2016,
// arXiv:1602.07527). Its adjoint is L^-T Phi(L^T G) L^-1, made symmetric by the symmetric part in front.
Tensor cholesky(const Tensor& a, bool upper) {
  check<ShapeError>(a.dim() >= 2 && a.size(-1) == a.size(-2), "cholesky: expected square matrices but the shape is ", a.shape());
  Tensor s = symmetric_part(a);
  Tensor l = record("cholesky", kernels::cholesky(s), from(s, [](const Tensor& grad, const Tensor& y) {
                      Tensor x = matmul(transpose(y), tril(grad));
                      Tensor phi = (tril(x) + tril(x, -1)) * 0.5, up = transpose(y);
                      return transpose(solve_half(up, transpose(solve_half(up, phi, true, false)), true, false));
                    }));
  return upper ? transpose(l) : l;
}

Tensor cholesky_solve(const Tensor& b, const Tensor& l, bool upper) {
  check<ShapeError>(b.dim() >= 2 && l.dim() >= 2, "cholesky_solve: expected b (*, n, k) and a factor (*, n, n) but the shapes are ", b.shape(), " and ", l.shape());
  Tensor lower = upper ? transpose(l) : l;
  return solve_triangular(transpose(lower), solve_triangular(lower, b, false), true);
}

// At constant rank (Golub and Pereyra 1973), with P = a^+:
//   dP = -P da P + P P^T da^T (1 - a P) + (1 - P a) da^T P^T P,
// so G_a = -P^T G P^T + (1 - a P) G^T P P^T + P^T P G^T (1 - P a).
Tensor pinv(const Tensor& a, std::optional<double> atol, std::optional<double> rtol) {
  check<ShapeError>(a.dim() >= 2, "pinv: expected a matrix or a batch of matrices (*, m, n) but the shape is ", a.shape());
  Tensor value;
  {
    NoGrad off;
    auto [u, s, vh] = kernels::svd(a.detach(), false);
    if (s.size(-1) > 0) {
      double relative = rtol.value_or(atol ? 0 : precision_of(a.dtype()) * double(std::max(a.size(-1), a.size(-2))));
      Tensor zero = kernels::le(s, clamp(amax(s, {-1}, true) * relative, atol.value_or(0)));
      s = where(zero, 0.0, reciprocal(where(zero, 1.0, s)));
    }
    value = matmul(transpose(vh) * unsqueeze(s, -2), transpose(u));
  }
  return record("pinv", value, from(a, [a = saved(a)](const Tensor& grad, const Tensor& p) {
                  Tensor pt = transpose(p), gt = transpose(grad);
                  Tensor outside = matmul(gt, matmul(p, pt)), inside = matmul(matmul(pt, p), gt);
                  return matmul(matmul(pt, grad), pt) * -1.0 + (outside - matmul(a, matmul(p, outside))) + (inside - matmul(matmul(inside, p), a));
                }));
}

Tensor lstsq(const Tensor& a, const Tensor& b, std::optional<double> rcond) {
  System s = system_of("lstsq", a, b);
  return undo(matmul(pinv(s.a, {}, rcond), s.b), s, true);
}

}  // namespace tare
