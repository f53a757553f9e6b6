#include "optim/nadam.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct NAdamRule {
  static constexpr auto tensors = std::tuple{&NAdamState::exp_avg, &NAdamState::exp_avg_sq};
  Ema<T> first, second;
  Decay<T> decay;
  T sign, on_gradient, on_momentum, inverse_root, eps;

  NAdamRule(NAdamState& s, const NAdamOptions& o)
      : first(o.betas[0]), second(o.betas[1]), decay(o.lr, o.weight_decay, o.decoupled_weight_decay), sign(T(o.maximize ? -1 : 1)), eps(T(o.eps)) {
    double t = double(++s.step);
    auto mu = [&](double at) { return o.betas[0] * (1 - 0.5 * std::pow(0.96, at * o.momentum_decay)); };
    s.mu_product *= mu(t);
    on_gradient = T(o.lr * (1 - mu(t)) / (1 - s.mu_product));
    on_momentum = T(o.lr * mu(t + 1) / (1 - s.mu_product * mu(t + 1)));
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g *= sign;
    decay(w, g);
    m = first(m, g);
    v = second(v, g * g);
    w -= (on_gradient * g + on_momentum * m) / (std::sqrt(v) * inverse_root + eps);
  }
};

}  // namespace

void NAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "momentum_decay", momentum_decay,
               "decoupled_weight_decay", decoupled_weight_decay, "maximize", maximize);
}
void NAdamState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "mu_product", mu_product, "step", step); }

void NAdam::apply(Step& s) { fuse<NAdamRule>(s, *this); }

template class Method<NAdam, NAdamOptions, NAdamState>;

}  // namespace tare::optim
