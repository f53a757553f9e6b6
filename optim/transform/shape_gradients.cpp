#include "optim/transform/shape_gradients.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/gradients.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"

namespace tare::optim {
namespace {

constexpr std::string_view kScopes[] = {"all", "tensor", "row"};

}  // namespace

Tensor CentralizeGradients::transform(const Tensor& g, const Tensor&, NoState&, const CentralizeGradientsOptions&) { return centralized(g); }

void NormalizeGradientsOptions::visit(Visitor& v) {
  v.option("per", per, kScopes);
  v.option("eps", eps);
}

void NormalizeGradients::apply(Step& s) {
  double all = -1;
  for (size_t i = 0; i < s.size(); i++) {
    Tensor& g = s.grads[i];
    if (!g.defined()) continue;
    const NormalizeGradientsOptions& o = options(s.groups[i]);
    if (o.per == NormScope::row && g.dim() > 1) {
      Tensor rows = as_matrix(g);
      g = reshape(rows / (sqrt(sum(square(rows), {1}, true)) + std::max(o.eps, 1e-300)), g.shape());
      continue;
    }
    if (o.per == NormScope::all && all < 0) all = joint_norm_of(s.grads);  // of the gradients as they came
    double norm = (o.per == NormScope::all ? all : norm_of(g)) + o.eps;
    g = g * (norm > 0 ? 1 / norm : 0);
  }
}

Tensor SignGradients::transform(const Tensor& g, const Tensor&, NoState&, const SignGradientsOptions&) { return kernels::sign(g); }

void OrthogonalizeGradientsOptions::visit(Visitor& v) { list_options(v, "ns_steps", ns_steps, "eps", eps); }

void OrthogonalizeGradients::check_options(const OrthogonalizeGradientsOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.ns_steps >= 1, "OrthogonalizeGradients: ns_steps must be at least 1, not ", o.ns_steps);
}

Tensor OrthogonalizeGradients::transform(const Tensor& g, const Tensor&, NoState&, const OrthogonalizeGradientsOptions& o) {
  if (g.dim() < 2) return g;
  Tensor matrix = as_matrix(g);
  double scale = std::sqrt(std::max(1.0, double(matrix.size(0)) / double(std::max<int64_t>(1, matrix.size(1)))));
  return reshape(newton_schulz(matrix, o.ns_steps, o.eps) * scale, g.shape());
}

template class Method<CentralizeGradients, CentralizeGradientsOptions>;
template class Method<NormalizeGradients, NormalizeGradientsOptions>;
template class Method<SignGradients, SignGradientsOptions>;
template class Method<OrthogonalizeGradients, OrthogonalizeGradientsOptions>;

}  // namespace tare::optim
