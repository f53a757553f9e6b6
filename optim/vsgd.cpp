#include "optim/vsgd.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct VSGDRule {
  static constexpr auto tensors = std::tuple{&VSGDState::mug, &VSGDState::bg, &VSGDState::bhg};
  T lr, shrink, eps, p, q, inverse, s1, s2, move1, move2;  // s1, s2: 0 but at the first step, where b and c are 0
  VSGDRule(VSGDState& s, const VSGDOptions& o)
      : lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)), eps(T(o.eps)), p(T(2 * o.ps)), q(T(2 * o.ghattg * o.ps)) {
    double a = 2 * o.ps + 1 + 1e-4, t = double(++s.step), first = s.step == 1 ? 1 / (a - 1) : 0;
    inverse = T(1 / a), s1 = T(2 * o.ps * first), s2 = T(2 * o.ghattg * o.ps * first);
    move1 = T(std::pow(t, -o.tau1)), move2 = T(std::pow(t, -o.tau2));
  }
  void operator()(T& w, T g, T& m, T& b, T& c) const {
    T s = s1 + b * inverse, noise = s2 + c * inverse;
    T next = (g * s + m * noise) / (s + noise), second = next * next + s * noise / (s + noise);
    b += move1 * (p + second - 2 * next * m + m * m - b);
    c += move2 * (q + second - 2 * g * next + g * g - c);
    m = next;
    w = shrink * w - lr * next / (std::sqrt(second) + eps);
  }
};

}  // namespace

void VSGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "ghattg", ghattg, "ps", ps, "tau1", tau1, "tau2", tau2, "weight_decay", weight_decay, "eps", eps);
}
void VSGDState::visit(Visitor& v) { list_states(v, "mug", mug, "bg", bg, "bhg", bhg, "step", step); }

void VSGD::check_options(const VSGDOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.ps > 0 && o.ghattg > 0, "VSGD: ps and ghattg must be positive, not ", o.ps, " and ", o.ghattg);
}

void VSGD::apply(Step& s) { fuse<VSGDRule>(s, *this); }

template class Method<VSGD, VSGDOptions, VSGDState>;

}  // namespace tare::optim
