#include "optim/lars.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

template <class T>
struct LARSRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T lr, momentum, decay, trust = 1;

  LARSRule(MomentumState& s, const LARSOptions& o, const Here& here) : lr(T(o.lr)), momentum(T(o.momentum)), decay(T(o.weight_decay)) {
    s.step++;
    double w = norm_of(here.w), g = norm_of(here.g);
    if (w > 0 && g > 0) trust = T(o.trust_coefficient * w / (g + o.weight_decay * w + 1e-8));
  }
  void operator()(T& w, T g, T& buffer) const {
    buffer = momentum * buffer + trust * (g + decay * w);
    w -= lr * buffer;
  }
};

}  // namespace

void LARSOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay, "trust_coefficient", trust_coefficient);
}

void LARS::check_options(const LARSOptions& o) {
  Method::check_options(o);
  check_rate(type, "trust_coefficient", o.trust_coefficient);
}

void LARS::apply(Step& s) { fuse<LARSRule>(s, *this); }

template class Method<LARS, LARSOptions, MomentumState>;

}  // namespace tare::optim
