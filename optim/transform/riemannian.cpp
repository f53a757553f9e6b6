#include "optim/transform/riemannian.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/linalg.h"
#include "optim/inplace.h"
#include "optim/transform/project.h"

namespace tare::optim {
namespace {

using Manifold = RiemannianOptions::Manifold;

/// Where a parameter lives, as rows (sphere: one row) or as a matrix with at least as many rows as columns.
struct Place {
  Manifold manifold;
  Tensor matrix_of(const Tensor& t) const {
    Tensor rows = manifold == Manifold::sphere ? reshape(t, {1, t.numel()}) : reshape(t, {t.size(0), t.numel() / std::max<int64_t>(1, t.size(0))});
    return manifold == Manifold::stiefel && rows.size(0) < rows.size(1) ? transpose(rows, 0, 1) : rows;
  }
  Tensor back(const Tensor& m, const Tensor& like) const {
    bool turned = manifold == Manifold::stiefel && like.size(0) < like.numel() / like.size(0);
    return reshape(turned ? transpose(m, 0, 1) : m, like.shape());
  }
  Tensor tangent(const Tensor& w, const Tensor& g) const {
    if (manifold != Manifold::stiefel) return g - sum(g * w, {1}, true) * w;
    Tensor m = matmul(transpose(w, 0, 1), g);
    return g - matmul(w, 0.5 * (m + transpose(m, 0, 1)));
  }
  Tensor retract(const Tensor& w) const {
    if (manifold == Manifold::stiefel) return kernels::qr(w).first;
    Tensor length = norm(w, 2, {1}, true);
    return w / where(gt(length, 0), length, 1.0);
  }
};

}  // namespace

void RiemannianOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"oblique", "stiefel", "sphere"};
  v.option("manifold", manifold, names);
  v.option("params", params);
}

void Riemannian::apply(Step& s) {
  std::vector<size_t> chosen = projected(s, options().params, 2, type);
  auto place = [&](size_t i) {
    const std::string& named = s.params[i].manifold;
    return Place{named == "stiefel" ? Manifold::stiefel : named == "sphere" ? Manifold::sphere : named == "oblique" ? Manifold::oblique : options().manifold};
  };
  for (size_t i : chosen) {
    if (!s.grads[i].defined() || s.param(i).numel() == 0) continue;
    Place p = place(i);
    s.grads[i] = p.back(p.tangent(p.matrix_of(s.param(i)), p.matrix_of(s.grads[i])), s.param(i));
  }
  base->apply(s);
  if (!s.updates) return;
  for (size_t i : chosen) {
    const Tensor& w = s.param(i);
    if (w.numel() == 0) continue;
    Place p = place(i);
    assign(w, p.back(p.retract(p.matrix_of(w)), w));
  }
}

template class Wrapper<Riemannian, RiemannianOptions>;

}  // namespace tare::optim
