#include "optim/adam_norm.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

template <class T>
struct AdamNormRule {
  static constexpr auto tensors = std::tuple{&AdamNormState::exp_avg, &AdamNormState::exp_avg_sq};
  Ema<T> first, second;
  T stretch = 1, step_size, inverse_root, eps;
  AdamNormRule(AdamNormState& s, const AdamNormOptions& o, const Here& here) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    double t = double(++s.step), norm = norm_of(here.g);
    s.exp_grad_norm = o.r * s.exp_grad_norm + (1 - o.r) * norm;
    if (s.exp_grad_norm > norm && norm > 0) stretch = T(s.exp_grad_norm / norm);
    step_size = T(o.lr / correction(o.betas[0], t)), inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, stretch * g);
    v = second(v, g * g);
    T root = std::sqrt(v) * inverse_root + eps;
    w -= root > 0 ? step_size * m / root : T(0);
  }
};

}  // namespace

void AdamNormOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "r", r, "eps", eps, "weight_decay", weight_decay); }
void AdamNormState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "exp_grad_norm", exp_grad_norm, "step", step); }

void AdamNorm::check_options(const AdamNormOptions& o) {
  Method::check_options(o);
  check_range(type, "r", o.r, 0, 1);
}

void AdamNorm::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++)
    if (double decay = options(s.groups[i]).weight_decay; s.grads[i].defined() && decay != 0)
      s.grads[i] = kernels::add(s.grads[i], kernels::mul(s.param(i), decay));
  fuse<AdamNormRule>(s, *this);
}

template class Method<AdamNorm, AdamNormOptions, AdamNormState>;

}  // namespace tare::optim
