#include "optim/swats.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

/// Adam's step; returns <p, g> and <p, p>.
template <class T>
struct SWATSAdamRule {
  static constexpr auto tensors = std::tuple{&SWATSState::exp_avg, &SWATSState::exp_avg_sq};
  Ema<T> first, second;
  T rate, l2, eps;
  SWATSAdamRule(SWATSState& s, const SWATSOptions& o) : first(o.betas[0]), second(o.betas[1]), l2(T(o.weight_decay)), eps(T(o.eps)) {
    double t = double(++s.step);
    rate = T(o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t));
  }
  std::array<T, 2> operator()(T& w, T g, T& m, T& v) const {
    g += l2 * w;
    m = first(m, g);
    v = second(v, g * g);
    T p = -rate * quotient(m, std::sqrt(v) + eps);
    w += p;
    return {p * g, p * p};
  }
};

template <class T>
struct SWATSSGDRule {
  static constexpr auto tensors = std::tuple{&SWATSState::momentum_buffer};
  T momentum, rate, l2;
  SWATSSGDRule(SWATSState& s, const SWATSOptions& o, double sgd_lr) : momentum(T(o.betas[0])), l2(T(o.weight_decay)) {
    s.step++;
    rate = T(sgd_lr * (o.nesterov ? 1 : 1 - o.betas[0]));  // (1 - beta1) b + beta1 b = b
  }
  void operator()(T& w, T g, T& b) const {
    b = momentum * b + (g + l2 * w);
    w -= rate * b;
  }
};

}  // namespace

void SWATSOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "nesterov", nesterov); }
void SWATSState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "momentum_buffer", momentum_buffer, "step", step);
}

void SWATS::apply(Step& s) {
  step_++;
  if (phase_ == 1) return (void)fuse<SWATSSGDRule>(s, *this, sgd_lr_);
  const SWATSOptions& o = options();
  double pg = 0, pp = 0;
  for (auto& [inner, squares] : fuse<SWATSAdamRule>(s, *this)) pg += inner, pp += squares;
  if (pg == 0) return;
  double y = pp / -pg;
  exp_avg2_ = o.betas[1] * exp_avg2_ + (1 - o.betas[1]) * y;
  double settled = exp_avg2_ / correction(o.betas[1], double(step_));
  if (step_ > 1 && settled > 0 && std::abs(settled - y) < o.eps) phase_ = 1, sgd_lr_ = settled;
}

void SWATS::visit_global_state(Visitor& v) { list_states(v, "phase", phase_, "exp_avg2", exp_avg2_, "sgd_lr", sgd_lr_, "step", step_); }

template class Method<SWATS, SWATSOptions, SWATSState>;

}  // namespace tare::optim
