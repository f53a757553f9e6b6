#include "optim/sharpness/gsam.h"

#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/quotient.h"
#include "optim/sharpness/perturb.h"

namespace tare::optim {

void GSAMOptions::visit(Visitor& v) { list_options(v, "rho", rho, "alpha", alpha); }

void GSAM::check_options(const GSAMOptions& o) {
  Method::check_options(o);
  check_rate(type, "alpha", o.alpha);
}

void GSAM::apply(Step& s) {
  const GSAMOptions& o = options();
  Tensors sharp = gradients_at(s, copies(s.params.tensors()), s.grads, o.rho / (joint_norm_of(s.grads) + 1e-12), true, type);
  Tensors across = combined(1, s.grads, -quotient(joint_dot_of(s.grads, sharp), joint_dot_of(sharp, sharp)), sharp);
  s.grads = combined(1, sharp, -o.alpha, across);
  base->apply(s);
}

template class Wrapper<GSAM, GSAMOptions>;

}  // namespace tare::optim
