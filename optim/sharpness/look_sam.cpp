#include "optim/sharpness/look_sam.h"

#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/quotient.h"
#include "optim/sharpness/perturb.h"

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
    Tensors sharp = gradients_at(s, copies(s.params.tensors()), s.grads, o.rho / (norm + 1e-12), true, type);
    Tensors across = combined(1, sharp, -quotient(joint_dot_of(sharp, s.grads), norm * norm), s.grads);
    for (size_t i = 0; i < s.size(); i++) state(i).v = across[i];
    s.grads = sharp;
  } else {
    Tensors kept(s.size());
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined() && has_state(i)) kept[i] = state(i).v;
    s.grads = combined(1, s.grads, o.alpha * quotient(norm, joint_norm_of(kept)), kept);
  }
  base->apply(s);
}

void LookSAM::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Wrapper<LookSAM, LookSAMOptions, LookSAMState>;

}  // namespace tare::optim
