#include "optim/transform/noise.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "optim/fields.h"

namespace tare::optim {

void GradientNoiseOptions::visit(Visitor& v) { list_options(v, "eta", eta, "gamma", gamma, "seed", seed); }

void GradientNoise::check_options(const GradientNoiseOptions& o) {
  Method::check_options(o);
  check_rate(type, "eta", o.eta);
  check_rate(type, "gamma", o.gamma);
}

void GradientNoise::apply(Step& s) {
  Generator noise(uint64_t(options().seed));
  noise.position = uint64_t(position_);
  double t = double(++step_);
  for (size_t i = 0; i < s.size(); i++) {
    const GradientNoiseOptions& o = options(s.groups[i]);
    if (s.grads[i].defined()) s.grads[i] = s.grads[i] + randn_like(s.grads[i], &noise) * std::sqrt(o.eta / std::pow(t, o.gamma));
  }
  position_ = int64_t(noise.position);
}

void GradientNoise::visit_global_state(Visitor& v) { list_states(v, "step", step_, "position", position_); }

template class Method<GradientNoise, GradientNoiseOptions>;

}  // namespace tare::optim
