#include "optim/sign_sgd.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T, class State>
struct SignOfAverage {
  Ema<T> average;
  T lr, shrink;
  SignOfAverage(State& s, double beta, double rate, double decay) : average(beta), lr(T(rate)), shrink(T(1 - rate * decay)) { s.step++; }
  void operator()(T& w, T g, T& m) const {
    m = average(m, g);
    w = shrink * w - lr * sign_of(m);
  }
};

template <class T>
struct SignMomentumRule : SignOfAverage<T, MomentumState> {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  SignMomentumRule(MomentumState& s, const SignSGDOptions& o) : SignOfAverage<T, MomentumState>(s, o.momentum, o.lr, o.weight_decay) {}
};

template <class T>
struct TigerRule : SignOfAverage<T, MomentState> {
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  TigerRule(MomentState& s, const TigerOptions& o) : SignOfAverage<T, MomentState>(s, o.beta, o.lr, o.weight_decay) {}
};

template <class T>
struct SignRule {
  static constexpr auto tensors = std::tuple{};
  T lr, shrink;
  SignRule(MomentumState& s, const SignSGDOptions& o) : lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)) { s.step++; }
  void operator()(T& w, T g) const { w = shrink * w - lr * sign_of(g); }
};

}  // namespace

void SignSGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay); }
void TigerOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "weight_decay", weight_decay); }

void SignSGD::check_options(const SignSGDOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
}

void SignSGD::apply(Step& s) {
  fuse_where<SignMomentumRule>(s, *this, [](auto& o) { return o.momentum != 0; });
  fuse_where<SignRule>(s, *this, [](auto& o) { return o.momentum == 0; });
}

void Tiger::check_options(const TigerOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
}

void Tiger::apply(Step& s) { fuse<TigerRule>(s, *this); }

template class Method<SignSGD, SignSGDOptions, MomentumState>;
template class Method<Tiger, TigerOptions, MomentState>;

}  // namespace tare::optim
