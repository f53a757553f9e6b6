#include "optim/sharpness/sam.h"

#include "autograd/ops/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {

void SAMOptions::visit(Visitor& v) {
  list_options(v, "rho", rho, "adaptive", adaptive, "eta", eta, "p", p, "elementwise", elementwise, "layerwise", layerwise, "normalize_bias", normalize_bias,
               "perturb", perturb, "freeze_bn", freeze_bn);
}

void SAM::check_options(const SAMOptions& o) {
  Method::check_options(o);
  check_rate(type, "eta", o.eta);
  check<ConfigError>(o.p == "2" || o.p == "infinity", "SAM: p must be \"2\" or \"infinity\", not \"", o.p, "\"");
  check<ConfigError>(o.perturb == "all" || o.perturb == "only_norm" || o.perturb == "no_norm",
                     "SAM: perturb must be \"all\", \"only_norm\" or \"no_norm\", not \"", o.perturb, "\"");
}

Tensors SAM::offsets(const Step& s) const {
  Tensors scaled(s.size()), scales(s.size());  // T g and T
  for (size_t i = 0; i < s.size(); i++) {
    const SAMOptions& o = options(s.groups[i]);
    Role role = s.params[i].role;
    bool of_norm = role == Role::norm_scale || role == Role::norm_shift;
    if (!s.grads[i].defined() || (o.perturb == "only_norm" && !of_norm) || (o.perturb == "no_norm" && of_norm)) continue;
    bool plain = !o.adaptive || (!o.normalize_bias && (role == Role::bias || role == Role::norm_shift));
    if (!plain && o.layerwise) scales[i] = abs(s.param(i)) * 0 + (norm_of(s.param(i)) + o.eta);
    else if (!plain && o.elementwise) scales[i] = abs(s.param(i)) + o.eta;
    scaled[i] = scales[i].defined() ? scales[i] * s.grads[i] : s.grads[i];
  }
  double norm = joint_norm_of(scaled);
  for (size_t i = 0; i < s.size(); i++) {
    if (!scaled[i].defined()) continue;
    const SAMOptions& o = options(s.groups[i]);
    Tensor e = o.p == "2" ? scaled[i] * (o.rho / (norm + 1e-16)) : sign(s.grads[i]) * o.rho;
    scaled[i] = scales[i].defined() ? scales[i] * e : e;
  }
  return scaled;
}

void SAM::apply(Step& s) {
  {
    Excursion away(s);
    away.to(offsets(s));
    away.evaluate(type, options().freeze_bn);
  }
  base->apply(s);
}

template class Wrapper<SAM, SAMOptions>;

}  // namespace tare::optim
