#include "optim/acprop.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct ACPropRule {
  static constexpr auto tensors = std::tuple{&ACPropState::exp_avg, &ACPropState::exp_avg_var};
  Ema<T> first, second;
  T lr, shrink, eps, inverse_root;
  bool beginning;
  ACPropRule(ACPropState& s, const ACPropOptions& o)
      : first(o.betas[0]), second(o.betas[1]), lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)), eps(T(o.eps)), beginning(s.step++ == 0) {
    inverse_root = T(beginning ? 1 : 1 / std::sqrt(correction(o.betas[1], double(s.step - 1))));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    T before = v + eps;
    w = shrink * w - lr * (beginning ? g : g / (std::sqrt(before) * inverse_root + eps));
    m = first(m, g);
    v = second(beginning ? v : before, (g - m) * (g - m));
  }
};

}  // namespace

void ACPropOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay); }
void ACPropState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_var", exp_avg_var, "step", step); }

void ACProp::apply(Step& s) { fuse<ACPropRule>(s, *this); }

template class Method<ACProp, ACPropOptions, ACPropState>;

}  // namespace tare::optim
