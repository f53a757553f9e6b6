#include "optim/qh.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct QHMRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  Ema<T> average;
  T decay, on_g, on_b;
  QHMRule(MomentumState& s, const QHMOptions& o)
      : average(o.momentum), decay(T(o.weight_decay)), on_g(T(o.lr * (1 - o.nu))), on_b(T(o.lr * o.nu)) {
    s.step++;
  }
  void operator()(T& w, T g, T& b) const {
    g += decay * w;
    b = average(b, g);
    w -= on_g * g + on_b * b;
  }
};

template <class T>
struct QHAdamRule {
  static constexpr auto tensors = std::tuple{&QHAdamState::exp_avg, &QHAdamState::exp_avg_sq};
  T decay, lr, eps, nu1, nu2, fresh1, fresh2;
  QHAdamRule(QHAdamState& s, const QHAdamOptions& o) : decay(T(o.weight_decay)), lr(T(o.lr)), eps(T(o.eps)), nu1(T(o.nus[0])), nu2(T(o.nus[1])) {
    s.step++;
    s.beta1_weight = 1 + o.betas[0] * s.beta1_weight;
    s.beta2_weight = 1 + o.betas[1] * s.beta2_weight;
    fresh1 = T(1 / s.beta1_weight), fresh2 = T(1 / s.beta2_weight);
  }
  void operator()(T& w, T g, T& m, T& v) const {
    g += decay * w;
    m += fresh1 * (g - m);
    v += fresh2 * (g * g - v);
    w -= lr * ((1 - nu1) * g + nu1 * m) / (std::sqrt((1 - nu2) * g * g + nu2 * v) + eps);
  }
};

}  // namespace

void QHAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "nus", nus, "eps", eps, "weight_decay", weight_decay); }
void QHAdamState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "beta1_weight", beta1_weight, "beta2_weight", beta2_weight, "step", step);
}
void QHMOptions::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "nu", nu, "weight_decay", weight_decay); }

void QHAdam::check_options(const QHAdamOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.nus.size() == 2, "QHAdam: nus must be 2 numbers, not ", o.nus.size());
}

void QHAdam::apply(Step& s) { fuse<QHAdamRule>(s, *this); }

void QHM::check_options(const QHMOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}

void QHM::apply(Step& s) { fuse<QHMRule>(s, *this); }

template class Method<QHAdam, QHAdamOptions, QHAdamState>;
template class Method<QHM, QHMOptions, MomentumState>;

}  // namespace tare::optim
