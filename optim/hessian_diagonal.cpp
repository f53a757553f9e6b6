#include "optim/hessian_diagonal.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

/// kRoot: hessian_power is 1.
template <class T, bool kRoot>
struct AdaHessianForm {
  static constexpr auto tensors = std::tuple{&AdaHessianState::exp_avg, &AdaHessianState::exp_hessian_diag_sq};
  Ema<T> first;
  T shrink, step_size, inverse, half_power, eps;
  AdaHessianForm(AdaHessianState& s, const AdaHessianOptions& o)
      : first(o.betas[0]), shrink(T(1 - o.lr * o.weight_decay)), half_power(T(o.hessian_power / 2)), eps(T(o.eps)) {
    double t = double(++s.step);
    step_size = T(o.lr / correction(o.betas[0], t)), inverse = T(1 / correction(o.betas[1], t));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    T root = kRoot ? std::sqrt(v * inverse) : power(v * inverse, half_power);
    w = shrink * w - step_size * m / (root + eps);
  }
};

template <class T>
using AdaHessianRoot = AdaHessianForm<T, true>;
template <class T>
using AdaHessianPower = AdaHessianForm<T, false>;

template <class T>
struct SophiaRule {
  static constexpr auto tensors = std::tuple{&SophiaState::exp_avg, &SophiaState::hessian};
  Ema<T> first;
  T lr, shrink, gamma, eps;
  SophiaRule(SophiaState& s, const SophiaOptions& o)
      : first(o.betas[0]), lr(T(o.lr)), shrink(T(1 - o.lr * o.weight_decay)), gamma(T(o.gamma)), eps(T(o.eps)) {
    s.step++;
  }
  void operator()(T& w, T g, T& m, T& h) const {
    m = first(m, g);
    T scale = std::max(gamma * h, eps);
    w = shrink * w - lr * (scale > 0 ? clip(m / scale, T(-1), T(1)) : sign_of(m));
  }
};

}  // namespace

void AdaHessianOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "hessian_power", hessian_power, "eps", eps, "weight_decay", weight_decay, "hessian_every", hessian_every);
}
void AdaHessianState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_hessian_diag_sq", exp_hessian_diag_sq, "step", step); }
void SophiaOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "gamma", gamma, "eps", eps, "weight_decay", weight_decay, "hessian_every", hessian_every);
}
void SophiaState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "hessian", hessian, "step", step); }

void AdaHessian::apply(Step& s) {
  estimate_.make(s, options().hessian_every);
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined() && i < s.hessians.size() && s.hessians[i].defined()) {
      finite_gradient(s, i, type);
      average_in(state(i).exp_hessian_diag_sq, kernels::square(s.hessians[i]), options(s.groups[i]).betas[1]);
    }
  fuse_where<AdaHessianRoot>(s, *this, [](const AdaHessianOptions& o) { return o.hessian_power == 1; });
  fuse_where<AdaHessianPower>(s, *this, [](const AdaHessianOptions& o) { return o.hessian_power != 1; });
}

void Sophia::apply(Step& s) {
  estimate_.make(s, options().hessian_every);
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined() && i < s.hessians.size() && s.hessians[i].defined()) {
      finite_gradient(s, i, type);
      average_in(state(i).hessian, s.hessians[i], options(s.groups[i]).betas[1]);
    }
  fuse<SophiaRule>(s, *this);
}

void AdaHessian::visit_global_state(Visitor& v) { estimate_.visit(v); }
void Sophia::visit_global_state(Visitor& v) { estimate_.visit(v); }

template class Method<AdaHessian, AdaHessianOptions, AdaHessianState>;
template class Method<Sophia, SophiaOptions, SophiaState>;

}  // namespace tare::optim
