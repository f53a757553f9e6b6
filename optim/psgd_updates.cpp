// The preconditioners of PSGD (optim/psgd.h): their group elements, updates and products.
#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/measure.h"
#include "optim/psgd.h"

namespace tare::optim {
namespace {

/// Added to denominators: the smallest normal number.
double tiny(const Tensor& x) { return x.dtype() == DType::float64 ? std::numeric_limits<double>::min() : double(std::numeric_limits<float>::min()); }

bool second_order(std::string_view normalizer) {
  check<ConfigError>(normalizer == "1st" || normalizer == "2nd", "PSGD: step_normalizer must be \"1st\" or \"2nd\", not \"", normalizer, "\"");
  return normalizer == "2nd";
}

Tensor flipped(const Tensor& x) { return flip(x, {0}); }

// A factor is an upper triangular matrix or the diagonal of one.
Tensor times(const Tensor& q, const Tensor& x) { return q.dim() == 2 ? matmul(q, x) : reshape(q, {-1, 1}) * x; }
Tensor transposed_times(const Tensor& q, const Tensor& x) { return q.dim() == 2 ? matmul(transpose(q), x) : times(q, x); }
/// Q^-T x
Tensor inverse_transposed_times(const Tensor& q, const Tensor& x) {
  return q.dim() == 2 ? solve_triangular(transpose(q), x, false) : x / reshape(q, {-1, 1});
}
/// Q - mu triu(A A^T - B B^T) Q
Tensor moved(const Tensor& q, const Tensor& a, const Tensor& b, double step, bool second) {
  bool full = q.dim() == 2;
  auto square_of = [&](const Tensor& x) { return full ? matmul(x, transpose(x)) : sum(square(x), {1}); };
  Tensor aa = square_of(a), bb = square_of(b), slope = full ? triu(aa - bb) : aa - bb;
  // |A A^T + B B^T| bounds the curvature along any direction of the group; its Frobenius norm bounds that.
  double size = (second ? norm_of(aa + bb) : max_abs_of(slope)) + tiny(q);
  return q - (full ? matmul(slope, q) : slope * q) * (step / size);
}

}  // namespace

XMat psgd_xmat_update(const Tensor& a, const Tensor& b, const Tensor& v, const Tensor& h, double step, std::string_view normalizer) {
  bool second = second_order(normalizer);
  Tensor qh = a * h + b * flipped(h);
  Tensor q = (flipped(a) * v - flipped(b) * flipped(v)) / (a * flipped(a) - b * flipped(b));
  Tensor na = square(qh) - square(q), nb = qh * flipped(qh) - q * flipped(q);
  if (int64_t n = nb.size(0); n % 2 == 1) kernels::fill(narrow(nb, 0, n / 2, 1), 0);
  double size = second ? max_abs_of(square(qh) + square(q)) : std::max(max_abs_of(na), max_abs_of(nb));
  double mu = step / (size + tiny(a));
  return {a - (na * a + nb * flipped(b)) * mu, b - (na * b + nb * flipped(a)) * mu};
}

Tensor psgd_xmat_precondition(const Tensor& a, const Tensor& b, const Tensor& g) {
  Tensor cross = a * b;
  return (square(a) + square(flipped(b))) * g + (cross + flipped(cross)) * flipped(g);
}

LowRank psgd_lra_update(const LowRank& f, const Tensor& v_in, const Tensor& h_in, std::string_view which, double step, std::string_view normalizer) {
  bool second = second_order(normalizer);
  check<ConfigError>(which == "U" || which == "V", "psgd_lra_update: which must be \"U\" or \"V\", not \"", which, "\"");
  Tensor d = reshape(f.d, {-1, 1}), v = reshape(v_in, {-1, 1}), h = reshape(h_in, {-1, 1});
  Tensor ut = transpose(f.u), vt = transpose(f.v), k = matmul(vt, f.u) + eye(f.u.size(1), f.u.size(1), f.u.dtype());
  Tensor dh = d * h, qh = dh + matmul(f.u, matmul(vt, dh));
  Tensor ph = d * (qh + matmul(f.v, matmul(ut, qh)));
  Tensor vd = v / d, q = vd - matmul(f.v, solve(transpose(k), matmul(ut, vd)));
  Tensor ipv = (q - matmul(f.u, solve(k, matmul(vt, q)))) / d;
  Tensor nd = ph * h - v * ipv;
  double mu = second ? step * amin(1 / sqrt((square(ph) + square(v)) * (square(h) + square(ipv)) + tiny(d))).item() : step / (max_abs_of(nd) + tiny(d));
  LowRank out{f.u, f.v, reshape(d - d * nd * mu, f.d.shape())};

  const Tensor &a = qh, &b = q;
  bool of_u = which == "U";
  const Tensor& other = of_u ? f.v : f.u;
  Tensor pa = matmul(transpose(other), a), pb = matmul(transpose(other), b);  // (r, 1)
  Tensor x = matmul(other, pa), y = matmul(other, pb);
  // |a x^T - b y^T|_F from inner products: no N x N matrix.
  double aa = dot_of(a, a), bb = dot_of(b, b), xx = dot_of(x, x), yy = dot_of(y, y);
  double size = second ? std::sqrt(aa * xx) + std::sqrt(bb * yy) : std::sqrt(std::max(0.0, aa * xx + bb * yy - 2 * dot_of(a, b) * dot_of(x, y)));
  double m = step / (size + tiny(d));
  if (of_u) out.u = f.u - (matmul(a, matmul(transpose(pa), k)) - matmul(b, matmul(transpose(pb), k))) * m;
  else out.v = f.v - (matmul(a + matmul(f.v, pa), transpose(pa)) - matmul(b + matmul(f.v, pb), transpose(pb))) * m;
  return out;
}

Tensor psgd_lra_precondition(const LowRank& f, const Tensor& g) {
  Tensor d = reshape(f.d, {-1, 1}), x = d * reshape(g, {-1, 1});
  x = x + matmul(f.u, matmul(transpose(f.v), x));
  return reshape(d * (x + matmul(f.v, matmul(transpose(f.u), x))), g.shape());
}

Kron psgd_kron_update(const Kron& q, const Tensor& v, const Tensor& h, double step, std::string_view normalizer) {
  bool second = second_order(normalizer);
  // A^T = Q2 (Q1 H)^T, B^T = Q2^-T (Q1^-T V)^T
  Tensor at = times(q.q2, transpose(times(q.q1, h))), bt = inverse_transposed_times(q.q2, transpose(inverse_transposed_times(q.q1, v)));
  return {moved(q.q1, transpose(at), transpose(bt), step, second), moved(q.q2, at, bt, step, second)};
}

Tensor psgd_kron_precondition(const Kron& q, const Tensor& g) {
  Tensor left = transposed_times(q.q1, times(q.q1, g));
  return transpose(transposed_times(q.q2, times(q.q2, transpose(left))));
}

}  // namespace tare::optim
