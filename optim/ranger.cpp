#include "optim/ranger.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/gradients.h"
#include "optim/rectify.h"

namespace tare::optim {
namespace {

template <class T>
struct RangerRule {
  using S = RangerState;
  static constexpr auto tensors = std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::slow_buffer};
  Ema<T> first, second;
  T decay, rate, eps, alpha;
  bool adaptive, look;
  RangerRule(S& s, const RangerOptions& o) : first(o.betas[0]), second(o.betas[1]), decay(T(o.weight_decay)), eps(T(o.eps)), alpha(T(o.alpha)) {
    double t = double(++s.step);
    Rectification r = rectification(o.betas[1], t);
    adaptive = r.rho > o.n_sma_threshold;
    rate = T(o.lr / correction(o.betas[0], t) * (adaptive ? r.factor * std::sqrt(correction(o.betas[1], t)) : 1));
    look = s.step % o.k == 0;
  }
  static void first_state(S& s, const RangerOptions&, const Tensor& w) {
    if (!s.slow_buffer.defined()) s.slow_buffer = kernels::copy(w);
  }
  void operator()(T& w, T g, T& m, T& v, T& slow) const {
    m = first(m, g);
    v = second(v, g * g);
    w -= rate * ((adaptive ? m / (std::sqrt(v) + eps) : m) + decay * w);
    slow += look ? alpha * (w - slow) : T(0);
    w = look ? slow : w;
  }
};

}  // namespace

void RangerOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "alpha", alpha, "k", k, "n_sma_threshold", n_sma_threshold, "weight_decay", weight_decay,
               "use_gc", use_gc);
}
void RangerState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "slow_buffer", slow_buffer, "step", step); }

void Ranger::check_options(const RangerOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.k >= 1, "Ranger: k must be at least 1, not ", o.k);
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, "Ranger: alpha must be in [0, 1], not ", o.alpha);
}

void Ranger::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined() && options(s.groups[i]).use_gc) s.grads[i] = centralized(s.grads[i]);
  fuse<RangerRule>(s, *this);
}

template class Method<Ranger, RangerOptions, RangerState>;

}  // namespace tare::optim
