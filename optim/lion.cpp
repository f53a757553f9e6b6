#include "optim/lion.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct LionRule {
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  Ema<T> direction, average;
  T lr, shrink;

  LionRule(MomentState& s, const LionOptions& o) : direction(o.betas[0]), average(o.betas[1]), lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)) { s.step++; }
  void operator()(T& w, T g, T& m) const {
    w = shrink * w - lr * sign_of(direction(m, g));
    m = average(m, g);
  }
};

}  // namespace

void LionOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "weight_decay", weight_decay); }

void Lion::apply(Step& s) { fuse<LionRule>(s, *this); }

template class Method<Lion, LionOptions, MomentState>;

}  // namespace tare::optim
