#include "optim/kate.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct KateRule {
  static constexpr auto tensors = std::tuple{&KateState::m, &KateState::b};
  T lr, eta, eps, decay;
  KateRule(KateState& s, const KateOptions& o) : lr(T(o.lr)), eta(T(o.eta)), eps(T(o.eps)), decay(T(o.weight_decay)) { s.step++; }
  void operator()(T& w, T g, T& m, T& b) const {
    g += decay * w;
    b += g * g;
    T inverse = b + eps > 0 ? 1 / (b + eps) : T(0);
    m += eta * g * g + g * g * inverse;
    w -= lr * std::sqrt(m) * g * inverse;
  }
};

}  // namespace

void KateOptions::visit(Visitor& v) { list_options(v, "lr", lr, "eta", eta, "eps", eps, "weight_decay", weight_decay); }
void KateState::visit(Visitor& v) { list_states(v, "m", m, "b", b, "step", step); }

void Kate::check_options(const KateOptions& o) {
  Method::check_options(o);
  check_rate(type, "eta", o.eta);
}

void Kate::apply(Step& s) { fuse<KateRule>(s, *this); }

template class Method<Kate, KateOptions, KateState>;

}  // namespace tare::optim
