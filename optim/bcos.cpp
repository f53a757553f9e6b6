#include "optim/bcos.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct BCOSRule {
  static constexpr auto tensors = std::tuple{&BCOSState::m, &BCOSState::v};
  Ema<T> first, second;
  Decay<T> decay;
  T lr, eps, on_mm, on_gg, on_mg = 0;
  bool plain, conditional, beginning;
  BCOSRule(BCOSState& s, const BCOSOptions& o)
      : first(o.beta), second(o.beta2.value_or(o.beta)), decay(o.lr, o.weight_decay, o.weight_decouple), lr(T(o.lr)), eps(T(o.eps)), plain(o.mode == "g"),
        conditional(o.mode == "c"), beginning(s.step++ == 0) {
    double b = o.beta, rest = (1 - b) * (1 - b);
    if (o.simple_cond) {
      double k = o.beta2.value_or(1 - rest);
      on_mm = T(k), on_gg = T(1 - k);
    } else {
      on_mm = T(3 * b * b - 2 * b * b * b), on_gg = T(rest), on_mg = T(2 * b * rest);
    }
  }
  void operator()(T& w, T g, T& m, T& v) const {
    decay(w, g);
    T old = beginning ? g : m;
    m = first(old, g);
    T d = plain ? g : m;
    T of_moments = second(beginning ? g * g : v, d * d), of_condition = on_mm * old * old + on_gg * g * g + on_mg * old * g;
    v = conditional ? of_condition : of_moments;
    w -= lr * d / (std::sqrt(v) + eps);
  }
};

}  // namespace

void BCOSOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "beta", beta, "beta2", beta2, "mode", mode, "simple_cond", simple_cond, "eps", eps, "weight_decay", weight_decay,
               "weight_decouple", weight_decouple);
}
void BCOSState::visit(Visitor& visitor) { list_states(visitor, "m", m, "v", v, "step", step); }

void BCOS::check_options(const BCOSOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
  check_range(type, "beta2", o.beta2.value_or(0), 0, 1);
  check<ConfigError>(o.mode == "g" || o.mode == "m" || o.mode == "c", "BCOS: mode must be \"g\", \"m\" or \"c\", not \"", o.mode, "\"");
}

void BCOS::apply(Step& s) { fuse<BCOSRule>(s, *this); }

template class Method<BCOS, BCOSOptions, BCOSState>;

}  // namespace tare::optim
