#include "optim/l1_sgd.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct L1SgdRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T lr, l1, momentum;
  L1SgdRule(MomentumState& s, const L1SubgradientSGDOptions& o) : lr(T(o.lr)), l1(T(o.l1)), momentum(T(o.momentum)) { s.step++; }
  void operator()(T& w, T g, T& buffer) const {
    buffer = momentum * buffer + (g + l1 * sign_of(w));
    w -= lr * buffer;
  }
};

template <class T>
struct L1RmspropRule {
  static constexpr auto tensors = std::tuple{&SquareState::square_avg};
  Ema<T> average;
  T lr, l1, eps;
  L1RmspropRule(SquareState&, const L1SubgradientRMSpropOptions& o) : average(o.alpha), lr(T(o.lr)), l1(T(o.l1)), eps(T(o.eps)) {}
  void operator()(T& w, T g, T& v) const {
    T d = g + l1 * sign_of(w);
    v = average(v, d * d);
    w -= d == 0 ? T(0) : lr * d / (std::sqrt(v) + eps);
  }
};

template <class T>
struct ProximalRule {
  static constexpr auto tensors = std::tuple<>{};
  T lr, threshold;
  ProximalRule(NoState&, const ProximalSGDOptions& o) : lr(T(o.lr)), threshold(T(o.lr * o.l1)) {}
  void operator()(T& w, T g) const {
    T z = w - lr * g, rest = std::abs(z) - threshold;
    w = rest > 0 ? std::copysign(rest, z) : T(0);
  }
};

}  // namespace

void L1SubgradientSGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "l1", l1, "momentum", momentum); }
void L1SubgradientRMSpropOptions::visit(Visitor& v) { list_options(v, "lr", lr, "l1", l1, "alpha", alpha, "eps", eps); }
void ProximalSGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "l1", l1); }
void SquareState::visit(Visitor& v) { list_states(v, "square_avg", square_avg); }

void L1SubgradientSGD::check_options(const L1SubgradientSGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "l1", o.l1);
}
void L1SubgradientRMSprop::check_options(const L1SubgradientRMSpropOptions& o) {
  Method::check_options(o);
  check_rate(type, "l1", o.l1);
  check_range(type, "alpha", o.alpha, 0, 1);
}
void ProximalSGD::check_options(const ProximalSGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "l1", o.l1);
}

void L1SubgradientSGD::apply(Step& s) { fuse<L1SgdRule>(s, *this); }
void L1SubgradientRMSprop::apply(Step& s) { fuse<L1RmspropRule>(s, *this); }
void ProximalSGD::apply(Step& s) { fuse<ProximalRule>(s, *this); }

template class Method<L1SubgradientSGD, L1SubgradientSGDOptions, MomentumState>;
template class Method<L1SubgradientRMSprop, L1SubgradientRMSpropOptions, SquareState>;
template class Method<ProximalSGD, ProximalSGDOptions>;

}  // namespace tare::optim
