#include "optim/scaled_gd.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/orthogonalize.h"

namespace tare::optim {
namespace {

/// g (x^T x + damping I)^-1
Tensor scaled(const Tensor& g, const Tensor& x, double damping) {
  Tensor gram = matmul(transpose(x), x) + damping * eye(x.size(1), x.size(1), x.dtype());
  return solve(gram, g, false);
}

}  // namespace

void ScaledGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "damping", damping);
  v.option("factors", factors);
}

void ScaledGD::check_options(const ScaledGDOptions& o) { Method::check_options(o); }

void ScaledGD::apply(Step& s) {
  std::vector<size_t> partner(s.size());
  for (size_t i = 0; i < s.size(); i++) partner[i] = i;
  for (auto& [a, b] : options().factors.pairs) {
    size_t left = index_of(type, "factors", s.params, a), right = index_of(type, "factors", s.params, b);
    const Tensor &l = s.param(left), &r = s.param(right);
    check<ShapeError>(l.dim() == 2 && r.dim() == 2 && l.size(1) == r.size(1), type, ": factors \"", a, "\" and \"", b, "\" must be (n, r) and (m, r), not ",
                      l.shape(), " and ", r.shape());
    partner[left] = right, partner[right] = left;
  }
  Tensors directions(s.size());  // all from the weights before the step
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    Tensor g = finite_gradient(s, i, type);
    const Tensor& w = s.param(i);
    bool matrix = w.dim() >= 2 && w.numel() > 0;
    directions[i] = matrix ? reshape(scaled(as_matrix(g), as_matrix(s.param(partner[i])), options(s.groups[i]).damping), w.shape()) : g;
  }
  for (size_t i = 0; i < s.size(); i++)
    if (directions[i].defined()) add_in_place(s.param(i), directions[i], -options(s.groups[i]).lr);
}

Tensor scaled_gd_matrix_sensing(const Tensor& a, const Tensor& y, const Tensor& x0, double lr, double damping, int64_t steps) {
  check<ShapeError>(a.dim() == 3 && a.size(1) == a.size(2) && y.shape() == Shape({a.size(0)}) && x0.dim() == 2 && x0.size(0) == a.size(1),
                    "scaled_gd_matrix_sensing: expected A (m, n, n), y (m) and X0 (n, r) but they are ", a.shape(), ", ", y.shape(), " and ", x0.shape());
  int64_t m = a.size(0), n = a.size(1);
  Tensor measure = reshape((a + transpose(a)) * 0.5, {m, n * n}), x = x0;
  Tensors path;
  for (int64_t k = 0; k < steps; k++) {
    Tensor wrong = mv(measure, reshape(matmul(x, transpose(x)), {n * n})) - y;
    Tensor gradient = matmul(reshape(mv(transpose(measure), wrong), {n, n}), x);
    x = x - scaled(gradient, x, damping) * lr;
    path.push_back(x);
  }
  return path.empty() ? zeros({0, n, x0.size(1)}, x0.dtype()) : stack(path);
}

template class Method<ScaledGD, ScaledGDOptions>;

}  // namespace tare::optim
