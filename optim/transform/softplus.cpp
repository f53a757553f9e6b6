#include "optim/transform/softplus.h"

#include "autograd/ops/activation.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void SoftplusNormalizeOptions::visit(Visitor& v) { list_options(v, "beta2", beta2, "eps", eps, "beta_softplus", beta_softplus); }
void SoftplusNormalizeState::visit(Visitor& v) { list_states(v, "exp_avg_sq", exp_avg_sq, "step", step); }

void SoftplusNormalize::check_options(const SoftplusNormalizeOptions& o) {
  Method::check_options(o);
  check_range(type, "beta2", o.beta2, 0, 1);
  check<ConfigError>(o.beta_softplus > 0, "SoftplusNormalize: beta_softplus must be positive, not ", o.beta_softplus);
}

Tensor SoftplusNormalize::transform(const Tensor& g, const Tensor&, SoftplusNormalizeState& s, const SoftplusNormalizeOptions& o) {
  average_in(s.exp_avg_sq, kernels::mul(g, g), o.beta2);
  double scale = 1 / std::sqrt(correction(o.beta2, double(++s.step)));
  return kernels::div(g, softplus(kernels::add(kernels::mul(kernels::sqrt(s.exp_avg_sq), scale), o.eps), o.beta_softplus, 20));
}

template class Method<SoftplusNormalize, SoftplusNormalizeOptions, SoftplusNormalizeState>;

}  // namespace tare::optim
