#include "optim/sharpness/look_sam.h"

#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/mix.h"
#include "optim/quotient.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {

void LookSAMOptions::visit(Visitor& v) { list_options(v, "rho", rho, "every", every, "alpha", alpha); }
void LookSAMState::visit(Visitor& visitor) { visitor.state("v", v); }

void LookSAM::check_options(const LookSAMOptions& o) {
  Method::check_options(o);
  check_rate(type, "alpha", o.alpha);
  check<ConfigError>(o.every >= 1, "LookSAM: every must be at least 1, not ", o.every);
}

void LookSAM::apply(Step& s) {
  const LookSAMOptions& o = options();
  double norm = joint_norm_of(s.grads);
  if (step_++ % o.every == 0) {
    Excursion away(s);
    Tensors plain = s.grads;
    away.to(plain, o.rho / (norm + 1e-12));
    away.evaluate(type);
    Tensors across = mix(1, s.grads, -quotient(joint_dot(s.grads, plain), norm * norm), plain);
    for (size_t i = 0; i < s.size(); i++) state(i).v = across[i];
  } else {
    Tensors kept(s.size());
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined() && has_state(i)) kept[i] = state(i).v;
    s.grads = mix(1, s.grads, o.alpha * quotient(norm, joint_norm_of(kept)), kept);
  }
  base->apply(s);
}

void LookSAM::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Wrapper<LookSAM, LookSAMOptions, LookSAMState>;

}  // namespace tare::optim
