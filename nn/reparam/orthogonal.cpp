#include "nn/reparam/orthogonal.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {

constexpr std::string_view kOrthogonalMaps[] = {"matrix_exp", "cayley", "householder"};

// The first k columns of H_1 ... H_k = I - V T V^T, T^-1 = strict upper triangle of V^T V + half its diagonal (the compact WY form).
Tensor householder_columns(const Tensor& x) {
  int64_t n = x.size(0), k = x.size(1);
  Tensor start = eye(n, k, x.dtype()), v = tril(x, -1) + start, gram = matmul(transpose(v), v);
  Tensor t_inverse = triu(gram, 1) + diag(diagonal(gram)) * 0.5;
  Tensor q = start - matmul(v, solve_triangular(t_inverse, transpose(narrow(v, 0, 0, k)), true));
  return q * sign(diagonal(x).detach());
}

Tensor skew(const Tensor& x) {
  int64_t n = x.size(0), k = x.size(1);
  Tensor lower = tril(x, -1);
  if (k < n) lower = cat({lower, zeros({n, n - k}, x.dtype())}, 1);
  return lower - transpose(lower);
}

}  // namespace

void OrthogonalOptions::visit(Visitor& v) { v.option("map", map, kOrthogonalMaps); }

Orthogonal::Orthogonal(Options o) : options(o) {}

void Orthogonal::visit(Visitor& visitor) {
  visitor.parameter("weight_orig", x);
  visitor.buffer("base", base);
}

Tensor Orthogonal::weight() {
  Tensor raw = x(), m = as_matrix(raw), q;
  bool wide = m.size(0) < m.size(1);
  if (wide) m = transpose(m);
  if (options.map == Options::Map::householder) {
    q = householder_columns(m);
  } else {
    Tensor a = skew(m), one = eye(a.size(0), a.size(0), a.dtype());
    q = options.map == Options::Map::matrix_exp ? matrix_exp(a) : solve(one - a * 0.5, one + a * 0.5);
    q = narrow(q, 1, 0, m.size(1));
  }
  if (base.defined()) q = matmul(base(), q);
  return from_matrix(wide ? transpose(q) : q, raw.shape());
}

void Orthogonal::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  check<ShapeError>(w.dim() >= 2, type, ": ", path, " must have at least two axes, but its shape is ", w.shape());
  Tensor m = as_matrix(w);
  check_full_rank(type, path, m);
  bool wide = m.size(0) < m.size(1);
  if (wide) m = transpose(m);
  int64_t n = m.size(0), k = m.size(1);
  if (shapes_alone()) {
    base = Buffer(zeros({n, n}, w.dtype()));
  } else {
    auto [u, s, vh] = svd(m);
    base = Buffer(cat({matmul(narrow(u, 1, 0, k), vh), narrow(u, 1, k, n - k)}, 1));
  }
  // Reflections turn each e_j round, which the signs undo.
  Tensor start = options.map == Options::Map::householder ? -eye(n, k, w.dtype()) : zeros({n, k}, w.dtype());
  x.start(from_matrix(wide ? transpose(start) : start, w.shape()), path);
}

template class Reparam<Orthogonal>;

}  // namespace tare::nn
