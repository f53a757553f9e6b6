#include "optim/adam.h"

#include <cmath>

#include "optim/check.h"
#include "optim/elementwise.h"

namespace tare::optim {
namespace {

template <class Options>
void visit_adam_options(Options& o, Visitor& v) {
  v.option("lr", o.lr);
  v.option("betas", o.betas);
  v.option("eps", o.eps);
  v.option("weight_decay", o.weight_decay);
  v.option("amsgrad", o.amsgrad);
  v.option("maximize", o.maximize);
}

/// Adam's update; kDecoupled: AdamW's decay, kAmsgrad: with the running maximum of v.
template <bool kDecoupled, bool kAmsgrad>
struct AdamRule {
  static constexpr auto tensors = [] {
    if constexpr (kAmsgrad) return std::tuple{&AdamState::exp_avg, &AdamState::exp_avg_sq, &AdamState::max_exp_avg_sq};
    else return std::tuple{&AdamState::exp_avg, &AdamState::exp_avg_sq};
  }();

  template <class T>
  struct Constants {
    T sign, decay, beta1, one_minus_beta1, beta2, one_minus_beta2, step_size, inverse_root2, eps;
  };

  template <class T, class Options>
  static Constants<T> constants(AdamState& state, const Options& o) {
    double t = double(++state.step), b1 = o.betas[0], b2 = o.betas[1];
    return {T(o.maximize ? -1 : 1), T(kDecoupled ? 1 - o.lr * o.weight_decay : o.weight_decay), T(b1), T(1 - b1), T(b2), T(1 - b2),
            T(o.lr / (1 - std::pow(b1, t))), T(1 / std::sqrt(1 - std::pow(b2, t))), T(o.eps)};
  }

  template <class T, class... Max>
  static void update(const Constants<T>& c, T& w, T g, T& m, T& v, Max&... max) {
    g *= c.sign;
    if constexpr (kDecoupled) w *= c.decay;
    else g += c.decay * w;
    m = c.beta1 * m + c.one_minus_beta1 * g;
    v = c.beta2 * v + c.one_minus_beta2 * g * g;
    T second = v;
    if constexpr (kAmsgrad) ((max = max > v ? max : v, second = max), ...);
    w -= c.step_size * m / (std::sqrt(second) * c.inverse_root2 + c.eps);
  }
};

template <class Options>
void check_adam(const char* who, const Options& o) {
  check_rate(who, "lr", o.lr);
  check_betas(who, o.betas, 2);
  check_rate(who, "eps", o.eps);
  check_rate(who, "weight_decay", o.weight_decay);
}

}  // namespace

void AdamOptions::visit(Visitor& v) {
  visit_adam_options(*this, v);
  v.option("decoupled_weight_decay", decoupled_weight_decay);
}
void AdamWOptions::visit(Visitor& v) { visit_adam_options(*this, v); }

void AdamState::visit(Visitor& v) {
  v.state("exp_avg", exp_avg);
  v.state("exp_avg_sq", exp_avg_sq);
  v.state("max_exp_avg_sq", max_exp_avg_sq);
  v.state("step", step);
}

void Adam::check_options(const AdamOptions& o) { check_adam("Adam", o); }
void AdamW::check_options(const AdamWOptions& o) { check_adam("AdamW", o); }

void Adam::apply(Step& s) {
  fuse<AdamRule<false, false>>(s, state_of(), options_of(), [](auto& o) { return !o.amsgrad && !o.decoupled_weight_decay; });
  fuse<AdamRule<false, true>>(s, state_of(), options_of(), [](auto& o) { return o.amsgrad && !o.decoupled_weight_decay; });
  fuse<AdamRule<true, false>>(s, state_of(), options_of(), [](auto& o) { return !o.amsgrad && o.decoupled_weight_decay; });
  fuse<AdamRule<true, true>>(s, state_of(), options_of(), [](auto& o) { return o.amsgrad && o.decoupled_weight_decay; });
}

void AdamW::apply(Step& s) {
  fuse<AdamRule<true, false>>(s, state_of(), options_of(), [](auto& o) { return !o.amsgrad; });
  fuse<AdamRule<true, true>>(s, state_of(), options_of(), [](auto& o) { return o.amsgrad; });
}

}  // namespace tare::optim
