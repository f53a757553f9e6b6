#include "optim/optimistic.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct OptimisticRule {
  static constexpr auto tensors = std::tuple{&OptimisticState::previous_grad};
  T now, before;
  bool beginning;
  OptimisticRule(OptimisticState& s, const OptimisticGDOptions& o)
      : now(T(o.lr * (o.alpha + o.beta))), before(T(o.lr * o.beta)), beginning(s.step++ == 0) {}
  void operator()(T& w, T g, T& previous) const {
    w -= now * g - before * (beginning ? g : previous);
    previous = g;
  }
};

template <class T>
struct OptimisticAdamRule {
  using S = OptimisticAdamState;
  static constexpr auto tensors = std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::previous_update};
  Ema<T> first, second;
  T lr, optimism, inverse1, inverse_root2, eps;
  bool beginning;
  OptimisticAdamRule(S& s, const OptimisticAdamOptions& o)
      : first(o.betas[0]), second(o.betas[1]), lr(T(o.lr)), optimism(T(o.optimism.value_or(o.lr))), eps(T(o.eps)), beginning(s.step++ == 0) {
    inverse1 = T(1 / correction(o.betas[0], double(s.step)));
    inverse_root2 = T(1 / std::sqrt(correction(o.betas[1], double(s.step))));
  }
  void operator()(T& w, T g, T& m, T& v, T& previous) const {
    m = first(m, g);
    v = second(v, g * g);
    T r = inverse1 * m / (std::sqrt(v) * inverse_root2 + eps);
    w -= lr * r + (beginning ? T(0) : optimism * (r - previous));
    previous = r;
  }
};

}  // namespace

void OptimisticAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "optimism", optimism, "eps", eps); }
void OptimisticAdamState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "previous_update", previous_update, "step", step);
}
void OptimisticGDOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "alpha", alpha); }
void OptimisticState::visit(Visitor& v) { list_states(v, "previous_grad", previous_grad, "step", step); }

void OptimisticAdam::apply(Step& s) { fuse<OptimisticAdamRule>(s, *this); }

void OptimisticGD::apply(Step& s) { fuse<OptimisticRule>(s, *this); }

template class Method<OptimisticAdam, OptimisticAdamOptions, OptimisticAdamState>;
template class Method<OptimisticGD, OptimisticGDOptions, OptimisticState>;

}  // namespace tare::optim
