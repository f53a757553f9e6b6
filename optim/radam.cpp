#include "optim/radam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/rectify.h"

namespace tare::optim {
namespace {

template <class T>
struct RAdamRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  Decay<T> decay;
  T sign, step_size, eps;
  bool adaptive;

  RAdamRule(MomentsState& s, const RAdamOptions& o)
      : first(o.betas[0]), second(o.betas[1]), decay(o.lr, o.weight_decay, o.decoupled_weight_decay), sign(T(o.maximize ? -1 : 1)), eps(T(o.eps)) {
    double t = double(++s.step);
    Rectification r = rectification(o.betas[1], t);
    adaptive = r.rho > 5;
    step_size = T(o.lr / correction(o.betas[0], t) * (adaptive ? r.factor * std::sqrt(correction(o.betas[1], t)) : 1));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g *= sign;
    decay(w, g);
    m = first(m, g);
    v = second(v, g * g);
    w -= step_size * (adaptive ? m / (std::sqrt(v) + eps) : m);
  }
};

}  // namespace

void RAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "decoupled_weight_decay", decoupled_weight_decay,
               "maximize", maximize);
}

void RAdam::apply(Step& s) { fuse<RAdamRule>(s, *this); }

template class Method<RAdam, RAdamOptions, MomentsState>;

}  // namespace tare::optim
