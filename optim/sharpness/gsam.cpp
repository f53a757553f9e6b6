#include "optim/sharpness/gsam.h"

#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/mix.h"
#include "optim/quotient.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {

void GSAMOptions::visit(Visitor& v) { list_options(v, "rho", rho, "alpha", alpha); }

void GSAM::check_options(const GSAMOptions& o) {
  Method::check_options(o);
  check_rate(type, "alpha", o.alpha);
}

void GSAM::apply(Step& s) {
  const GSAMOptions& o = options();
  {
    Excursion away(s);
    Tensors plain = s.grads;
    away.to(plain, o.rho / (joint_norm_of(plain) + 1e-12));
    away.evaluate(type);
    Tensors across = mix(1, plain, -quotient(joint_dot(plain, s.grads), joint_dot(s.grads, s.grads)), s.grads);
    s.grads = mix(1, s.grads, -o.alpha, across);
  }
  base->apply(s);
}

template class Wrapper<GSAM, GSAMOptions>;

}  // namespace tare::optim
