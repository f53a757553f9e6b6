#include "optim/transform/loss_scale.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "kernels/multi_tensor.h"
#include "optim/fields.h"

namespace tare::optim {

void LossScaleOptions::visit(Visitor& v) {
  list_options(v, "init_scale", init_scale, "growth_factor", growth_factor, "backoff_factor", backoff_factor, "growth_interval", growth_interval);
}

void LossScale::check_options(const LossScaleOptions& o) {
  check<ConfigError>(o.init_scale > 0, "LossScale: init_scale must be positive, not ", o.init_scale);
  check<ConfigError>(o.growth_factor >= 1, "LossScale: growth_factor must be at least 1, not ", o.growth_factor);
  check<ConfigError>(o.backoff_factor > 0 && o.backoff_factor <= 1, "LossScale: backoff_factor must be in (0, 1], not ", o.backoff_factor);
  check<ConfigError>(o.growth_interval >= 0, "LossScale: growth_interval must be at least 0, not ", o.growth_interval);
}

Tensor LossScale::scaled(const Tensor& loss) const { return loss * scale(); }

void LossScale::apply(Step& s) {
  const LossScaleOptions& o = options();
  double divided = 1 / scale();
  scale_ = scale();
  bool finite = true;
  for (Tensor& g : s.grads)
    if (g.defined()) {
      g = g * divided;
      finite = finite && std::isfinite(kernels::global_max_abs({&g, 1}));
    }
  if (!finite) {
    scale_ *= o.backoff_factor;
    good_ = 0, skipped_++;
    return;
  }
  if (s.loss.defined()) s.loss = s.loss * divided;
  // What evaluates again gets the plain loss: its gradients reach the base without another division.
  const Closure* closure = s.closure;
  Closure plain = [closure, divided] { return (*closure)() * divided; };
  if (closure) s.closure = &plain;
  base->apply(s);
  s.closure = closure;
  if (o.growth_interval > 0 && ++good_ % o.growth_interval == 0) scale_ *= o.growth_factor;
}

void LossScale::visit_global_state(Visitor& v) { list_states(v, "scale", scale_, "good_steps", good_, "skipped", skipped_); }

template class Wrapper<LossScale, LossScaleOptions>;

}  // namespace tare::optim
