#include "optim/focus.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

template <class T>
struct FOCUSRule {
  static constexpr auto tensors = std::tuple{&FOCUSState::exp_avg, &FOCUSState::pbar};
  Ema<T> first, second;
  T lr, gamma, decay, inverse;
  bool beginning;
  FOCUSRule(FOCUSState& s, const FOCUSOptions& o)
      : first(o.betas[0]), second(o.betas[1]), lr(T(o.lr)), gamma(T(o.gamma)), decay(T(o.weight_decay)), beginning(s.step++ == 0) {
    inverse = T(1 / correction(o.betas[1], double(s.step)));
  }
  void operator()(T& w, T g, T& m, T& average) const {
    m = first(m, g);
    average = second(average, w);
    T center = beginning ? w : average * inverse;  // at t = 1 the average is w: no rounding may give the difference a sign
    w -= lr * (sign_of(m) + gamma * sign_of(w - center) + decay * center);
  }
};

}  // namespace

void FOCUSOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "gamma", gamma, "weight_decay", weight_decay); }
void FOCUSState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "pbar", pbar, "step", step); }

void FOCUS::apply(Step& s) { fuse<FOCUSRule>(s, *this); }

template class Method<FOCUS, FOCUSOptions, FOCUSState>;

}  // namespace tare::optim
