#include "nn/reparam/kronecker.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {

int64_t balanced_divisor(int64_t n) {
  int64_t best = 1;
  for (int64_t d = 1; d * d <= n; d++)
    if (n % d == 0) best = d;
  return best;
}

}  // namespace

void KroneckerOptions::visit(Visitor& v) {
  v.option("left", left);
  v.option("terms", terms);
}

Kronecker::Kronecker(Options o) : options(std::move(o)) {
  check<ConfigError>(options.left.size() == 2 && options.left[0] >= 0 && options.left[1] >= 0 && options.terms >= 1,
                     "Kronecker: expected left to be two sizes and terms at least 1, not ", options.left, " and ", options.terms);
}

void Kronecker::visit(Visitor& visitor) {
  visitor.parameter("weight_a", a);
  visitor.parameter("weight_b", b);
}

Tensor Kronecker::weight() { return reshape(einsum("tij,tkl->ikjl", {a(), b()}), shape_); }

void Kronecker::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  check_rows(type, path, w, {});
  Tensor m = as_matrix(w);
  int64_t rows = options.left[0] ? options.left[0] : balanced_divisor(m.size(0)), columns = options.left[1] ? options.left[1] : balanced_divisor(m.size(1));
  check<ShapeError>(m.numel() > 0 && m.size(0) % rows == 0 && m.size(1) % columns == 0, type, ": left = [", rows, ", ", columns, "] does not divide the sides of ", path,
                    " of shape ", w.shape(), ", which is a matrix ", m.shape());
  int64_t p = m.size(0) / rows, q = m.size(1) / columns, terms = options.terms;
  check<ShapeError>(terms <= std::min(rows * columns, p * q), type, ": ", path, " of shape ", w.shape(), " is a sum of ", std::min(rows * columns, p * q),
                    " products at most, not of ", terms);
  Tensor left = zeros({terms, rows, columns}, w.dtype()), right = zeros({terms, p, q}, w.dtype());
  if (!shapes_alone()) {
    Tensor arranged = reshape(permute(reshape(m, {rows, p, columns, q}), {0, 2, 1, 3}), {rows * columns, p * q});
    auto [u, s, vh] = svd(arranged, false);
    Tensor root = sqrt(narrow(s, 0, 0, terms));
    left = reshape(transpose(narrow(u, 1, 0, terms) * root), left.shape());
    right = reshape(narrow(vh, 0, 0, terms) * unsqueeze(root, 1), right.shape());
  }
  a.start(left, path);
  b.start(right, path);
  shape_ = w.shape();
}

template class Reparam<Kronecker>;

}  // namespace tare::nn
