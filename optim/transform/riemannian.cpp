#include "optim/transform/riemannian.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/spectral.h"
#include "kernels/elementwise.h"
#include "kernels/linalg.h"
#include "optim/inplace.h"
#include "optim/transform/project.h"

namespace tare::optim {
namespace {

using Manifold = RiemannianOptions::Manifold;
constexpr std::string_view kManifolds[] = {"oblique", "stiefel", "sphere", "spd"};

Tensor symmetric(const Tensor& a) { return 0.5 * (a + transpose(a, 0, 1)); }

/// Where a parameter lives, as rows (sphere: one row) or as a matrix, stiefel's with at least as many rows as columns.
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
    if (manifold == Manifold::spd) return matmul(matmul(w, symmetric(g)), w);
    if (manifold != Manifold::stiefel) return g - sum(g * w, {1}, true) * w;
    return g - matmul(w, symmetric(matmul(transpose(w, 0, 1), g)));
  }
  /// `w` after the base's step from `from`, which counts on spd alone.
  Tensor retract(const Tensor& from, const Tensor& w) const {
    if (manifold == Manifold::spd) {
      Tensor root = sqrtm(from), inverse = inverse_sqrtm(from);
      return symmetric(matmul(matmul(root, symmetric_exp(matmul(matmul(inverse, w - from), inverse))), root));
    }
    if (manifold == Manifold::stiefel) return kernels::qr(w).first;
    Tensor length = norm(w, 2, {1}, true);
    return w / where(gt(length, 0), length, 1.0);
  }
};

}  // namespace

void RiemannianOptions::visit(Visitor& v) {
  v.option("manifold", manifold, kManifolds);
  v.option("params", params);
}

void Riemannian::apply(Step& s) {
  std::vector<size_t> chosen = projected(s, options().params, 2, type);
  auto named = [&](size_t i) { return std::find(std::begin(kManifolds), std::end(kManifolds), s.params[i].manifold); };
  for (size_t i = 0; options().params.empty() && i < s.size(); i++)
    if (named(i) != std::end(kManifolds) && std::find(chosen.begin(), chosen.end(), i) == chosen.end()) chosen.push_back(i);
  std::erase_if(chosen, [&](size_t i) { return s.param(i).numel() == 0; });
  auto place = [&](size_t i) { return Place{named(i) == std::end(kManifolds) ? options().manifold : Manifold(named(i) - std::begin(kManifolds))}; };
  Tensors from(s.size());
  for (size_t i : chosen) {
    const Tensor& w = s.param(i);
    Place p = place(i);
    if (!s.grads[i].defined()) continue;
    if (p.manifold == Manifold::spd) {
      check<ShapeError>(w.dim() == 2 && w.size(0) == w.size(1), type, ": the manifold spd wants a square matrix but ", s.params[i].name, " is ",
                        w.shape());
      from[i] = kernels::copy(w);
    }
    s.grads[i] = p.back(p.tangent(p.matrix_of(w), p.matrix_of(s.grads[i])), w);
  }
  base->apply(s);
  if (!s.updates) return;
  for (size_t i : chosen) {
    const Tensor& w = s.param(i);
    Place p = place(i);
    if (p.manifold == Manifold::spd && !from[i].defined()) continue;
    assign(w, p.back(p.retract(from[i], p.matrix_of(w)), w));
  }
}

template class Wrapper<Riemannian, RiemannianOptions>;

}  // namespace tare::optim
