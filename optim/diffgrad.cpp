#include "optim/diffgrad.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

template <class T>
struct DiffGradRule {
  using S = DiffGradState;
  static constexpr auto tensors = std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::previous_grad};
  Ema<T> first, second;
  T decay, step_size, eps, constant, share;  // friction = constant + share sigmoid
  DiffGradRule(S& s, const DiffGradOptions& o) : first(o.betas[0]), second(o.betas[1]), decay(T(o.weight_decay)), eps(T(o.eps)) {
    double t = double(++s.step);
    step_size = T(o.lr * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t));
    share = T(o.friction == "difference");
    constant = T(o.friction == "difference" ? 0 : o.friction == "half" ? 0.5 : 1);
  }
  void operator()(T& w, T g, T& m, T& v, T& previous) const {
    g += decay * w;
    m = first(m, g);
    v = second(v, g * g);
    T friction = constant + share / (1 + exponential(-std::abs(previous - g)));
    previous = g;
    w -= step_size * friction * m / (std::sqrt(v) + eps);
  }
};

}  // namespace

void DiffGradOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "friction", friction);
}
void DiffGradState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "previous_grad", previous_grad, "step", step);
}

void DiffGrad::check_options(const DiffGradOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.friction == "difference" || o.friction == "half" || o.friction == "none",
                     "DiffGrad: friction must be \"difference\", \"half\" or \"none\", not \"", o.friction, "\"");
}

void DiffGrad::apply(Step& s) { fuse<DiffGradRule>(s, *this); }

template class Method<DiffGrad, DiffGradOptions, DiffGradState>;

}  // namespace tare::optim
