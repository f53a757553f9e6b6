#include "optim/sharpness/gam.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "optim/fields.h"
#include "optim/hutchinson.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/mix.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

constexpr double kEps = 1e-12;

/// length * g / (|g| + eps), relative to the weights if adaptive.
Tensors along(const Tensors& g, double length, const Tensors& w, bool adaptive) {
  Tensors weighted = g;
  if (adaptive)
    for (size_t i = 0; i < g.size(); i++)
      if (g[i].defined()) weighted[i] = g[i] * abs(w[i]);
  double factor = length / (joint_norm_of(weighted) + kEps);
  Tensors out(g.size());
  for (size_t i = 0; i < g.size(); i++)
    if (g[i].defined()) out[i] = (adaptive ? weighted[i] * abs(w[i]) : g[i]) * factor;
  return out;
}

}  // namespace

void GAMOptions::visit(Visitor& v) {
  list_options(v, "grad_rho", grad_rho, "grad_norm_rho", grad_norm_rho, "grad_beta_0", grad_beta_0, "grad_beta_1", grad_beta_1, "grad_gamma", grad_gamma,
               "adaptive", adaptive);
}

void GAM::check_options(const GAMOptions& o) {
  Method::check_options(o);
  check_rate(type, "grad_rho", o.grad_rho);
  check_rate(type, "grad_norm_rho", o.grad_norm_rho);
}

void GAM::apply(Step& s) {
  const GAMOptions& o = options();
  {
    Excursion away(s);
    auto gradient_at = [&](const Tensors& offsets) {
      away.to(offsets);
      away.evaluate(type);
      return s.grads;
    };
    Tensors g0 = s.grads, none(s.size());
    Tensors g1 = gradient_at(along(g0, o.grad_rho, away.home(), o.adaptive));
    Tensors e = along(mix(1, g1, -1, g0), o.grad_norm_rho, away.home(), o.adaptive);
    Tensors g2 = gradient_at(e);
    Tensors here = copies(s.params.tensors());
    Tensors g3 = gradient_at(mix(1, e, 1, along(g2, o.grad_rho, here, o.adaptive)));
    Tensors f = mix(o.grad_beta_1, g1, 1 - o.grad_beta_1, g3), r = mix(1, g0, std::abs(1 - o.grad_beta_0), g2);
    double rn = joint_norm_of(r), fn = joint_norm_of(f);
    double cosine = joint_dot(r, f) / (rn * fn + kEps);
    Tensors orthogonal = mix(1, r, -cosine * rn / (fn + kEps), f);
    s.grads = mix(1, f, -o.grad_gamma, orthogonal);
  }
  base->apply(s);
}

double first_order_flatness(const ParameterList& params, const Closure& loss, double rho, int64_t steps) {
  std::vector<uint32_t> groups(params.size());
  Step s{.params = params, .groups = groups, .grads = Tensors(params.size()), .closure = &loss};
  NoGrad off;
  FrozenStatistics frozen;
  Excursion away(s);
  s.evaluate(false, "first_order_flatness");
  double largest = joint_norm_of(s.grads);
  Tensors offsets(params.size());
  for (int64_t k = 0; k < steps; k++) {
    // The gradient of |g| is H g / |g|; a step of it as long as the radius, then back into the ball.
    Tensors hg = hessian_vector_product(s, s.grads, "first_order_flatness");
    Tensors next = mix(1, offsets, 1, along(hg, rho, away.home(), false));
    double length = joint_norm_of(next);
    offsets = length > rho ? mix(rho / length, next, 0, Tensors(params.size())) : next;
    away.to(offsets);
    s.evaluate(false, "first_order_flatness");
    largest = std::max(largest, joint_norm_of(s.grads));
  }
  return rho * largest;
}

template class Wrapper<GAM, GAMOptions>;

}  // namespace tare::optim
