#include "optim/asgd.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct ASGDRule {
  static constexpr auto tensors = std::tuple{&ASGDState::ax};
  T sign, decay, shrink, eta, mu;

  ASGDRule(ASGDState& s, const ASGDOptions& o) : sign(T(o.maximize ? -1 : 1)), decay(T(o.weight_decay)) {
    if (s.step == 0) s.eta = o.lr;
    eta = T(s.eta), mu = T(s.mu), shrink = T(1 - o.lambd * s.eta);
    double t = double(++s.step);
    s.eta = o.lr / std::pow(1 + o.lambd * o.lr * t, o.alpha);
    s.mu = 1 / std::max(1.0, t - o.t0);
  }
  void operator()(T& w, T g, T& average) const {
    g = sign * g + decay * w;
    w = shrink * w - eta * g;
    average = mu == 1 ? w : average + mu * (w - average);
  }
};

}  // namespace

void ASGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "lambd", lambd, "alpha", alpha, "t0", t0, "weight_decay", weight_decay, "maximize", maximize);
}
void ASGDState::visit(Visitor& v) { list_states(v, "ax", ax, "eta", eta, "mu", mu, "step", step); }

void ASGD::apply(Step& s) { fuse<ASGDRule>(s, *this); }

Tensor ASGD::evaluation_weight(size_t i, const Tensor&) const {
  const ASGDState* s = state_or_null(i);
  return s ? s->ax : Tensor();
}

template class Method<ASGD, ASGDOptions, ASGDState>;

}  // namespace tare::optim
