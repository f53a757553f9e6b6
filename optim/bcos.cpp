#include "optim/bcos.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct BCOSRule {
  static constexpr auto tensors = std::tuple{&BCOSState::m, &BCOSState::v};
  Decay<T> decay;
  T keep, fresh, old_m = 0, old_g = 0, on_m = 0, on_g = 0, lr, eps;    // the old moment and the direction as sums of m and g
  T keep_v = 0, on_dd = 0, on_mm = 0, on_gg = 0, on_mg = 0;  // what makes the new v
  BCOSRule(BCOSState& s, const BCOSOptions& o)
      : decay(o.lr, o.weight_decay, o.weight_decouple), keep(T(o.beta)), fresh(T(1 - o.beta)), lr(T(o.lr)), eps(T(o.eps)) {
    double b = o.beta, rest = (1 - b) * (1 - b), b2 = o.beta2.value_or(b);
    bool beginning = s.step++ == 0;  // m and v start as g and g^2
    (beginning ? old_g : old_m) = 1;
    (o.mode == "g" ? on_g : on_m) = 1;
    if (o.mode != "c") {
      (beginning ? on_gg : keep_v) = T(b2), on_dd = T(1 - b2);
    } else if (o.simple_cond) {
      double k = o.beta2.value_or(1 - rest);
      on_mm = T(k), on_gg = T(1 - k);
    } else {
      on_mm = T(3 * b * b - 2 * b * b * b), on_gg = T(rest), on_mg = T(2 * b * rest);
    }
  }
  void operator()(T& w, T g, T& m, T& v) const {
    decay(w, g);
    T old = old_m * m + old_g * g;
    m = keep * old + fresh * g;
    T d = on_m * m + on_g * g;
    v = keep_v * v + on_dd * d * d + on_mm * old * old + on_gg * g * g + on_mg * old * g;
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
