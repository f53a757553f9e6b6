#include "optim/schedule_free.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/rectify.h"

namespace tare::optim {
namespace {

/// x = (y - (1 - b) z) / b.
template <class State>
Tensor schedule_free_average(const State* s, const Tensor& y, double b) {
  if (!s || !s->z.defined()) return {};
  return kernels::mul(kernels::sub(y, kernels::mul(s->z, 1 - b)), 1 / b);
}

/// The step from the direction d.
template <class T>
struct ScheduleFreeMove {
  T c, rate, on_y;
  /// `a`: this step's rate; counts the step's weight into the state.
  template <class State, class Options>
  ScheduleFreeMove(State& s, const Options& o, double b, double a) {
    s.lr_max = std::max(s.lr_max, a);
    double weight = std::pow(double(s.step), o.r) * std::pow(s.lr_max, o.weight_lr_power);
    s.weight_sum += weight;
    double share = s.weight_sum > 0 ? weight / s.weight_sum : 0;
    c = T(share), rate = T(a), on_y = T(a * (1 - b * (1 - share)));
  }
  void operator()(T& y, T& z, T d) const {
    y += c * (z - y) - on_y * d;
    z -= rate * d;
  }
};

double warmed_up(double lr, int64_t t, int64_t warmup_steps) { return warmup_steps > 0 ? lr * std::min(1.0, double(t) / double(warmup_steps)) : lr; }

template <class T>
struct ScheduleFreeRule {
  static constexpr auto tensors = std::tuple{&ScheduleFreeState::z};
  ScheduleFreeMove<T> move;
  T decay;

  ScheduleFreeRule(ScheduleFreeState& s, const ScheduleFreeSGDOptions& o)
      : move(s, o, o.momentum, warmed_up(o.lr, ++s.step, o.warmup_steps)), decay(T(o.weight_decay)) {}
  static void first_state(ScheduleFreeState& s, const ScheduleFreeSGDOptions&, const Tensor& w) {
    if (!s.z.defined()) s.z = kernels::copy(w);
  }
  void operator()(T& y, T g, T& z) const { move(y, z, g + decay * y); }
};

/// The rate of this step; counts it.
double schedule_free_rate(ScheduleFreeAdamState& s, const ScheduleFreeAdamWOptions& o, bool& adaptive) {
  adaptive = true;
  return warmed_up(o.lr, ++s.step, o.warmup_steps);
}
double schedule_free_rate(ScheduleFreeAdamState& s, const ScheduleFreeRAdamOptions& o, bool& adaptive) {
  Rectification r = rectification(o.betas[1], double(++s.step));
  adaptive = r.rho > 4;
  return adaptive ? o.lr * r.factor : o.silent_sgd_phase ? 0 : o.lr;
}

template <class T>
struct ScheduleFreeAdamRule {
  static constexpr auto tensors = std::tuple{&ScheduleFreeAdamState::z, &ScheduleFreeAdamState::exp_avg_sq};
  bool adaptive;
  ScheduleFreeMove<T> move;
  Ema<T> second;
  T decay, inverse_root, eps;

  template <class Options>
  ScheduleFreeAdamRule(ScheduleFreeAdamState& s, const Options& o)
      : move(s, o, o.betas[0], schedule_free_rate(s, o, adaptive)), second(o.betas[1]), decay(T(o.weight_decay)),
        inverse_root(T(1 / std::sqrt(correction(o.betas[1], double(s.step))))), eps(T(o.eps)) {}
  template <class Options>
  static void first_state(ScheduleFreeAdamState& s, const Options&, const Tensor& w) {
    if (!s.z.defined()) s.z = kernels::copy(w);
  }
  void operator()(T& y, T g, T& z, T& v) const {
    v = second(v, g * g);
    T d = adaptive ? g / (std::sqrt(v) * inverse_root + eps) : g;
    move(y, z, d + decay * y);
  }
};

}  // namespace

void ScheduleFreeAdamWOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "warmup_steps", warmup_steps, "r", r, "weight_lr_power", weight_lr_power, "eps", eps,
               "weight_decay", weight_decay);
}
void ScheduleFreeAdamState::visit(Visitor& v) {
  list_states(v, "z", z, "exp_avg_sq", exp_avg_sq, "weight_sum", weight_sum, "lr_max", lr_max, "step", step);
}
void ScheduleFreeRAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "r", r, "weight_lr_power", weight_lr_power, "silent_sgd_phase", silent_sgd_phase, "eps", eps,
               "weight_decay", weight_decay);
}
void ScheduleFreeSGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "weight_decay", weight_decay, "warmup_steps", warmup_steps, "r", r,
               "weight_lr_power", weight_lr_power);
}
void ScheduleFreeState::visit(Visitor& v) { list_states(v, "z", z, "weight_sum", weight_sum, "lr_max", lr_max, "step", step); }

void ScheduleFreeAdamW::check_options(const ScheduleFreeAdamWOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.betas[0] > 0, "ScheduleFreeAdamW: betas.0 must be positive: the average is recovered with it");
}

void ScheduleFreeAdamW::apply(Step& s) { fuse<ScheduleFreeAdamRule>(s, *this); }

void ScheduleFreeRAdam::check_options(const ScheduleFreeRAdamOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.betas[0] > 0, "ScheduleFreeRAdam: betas.0 must be positive: the average is recovered with it");
}

void ScheduleFreeRAdam::apply(Step& s) { fuse<ScheduleFreeAdamRule>(s, *this); }

void ScheduleFreeSGD::check_options(const ScheduleFreeSGDOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.momentum > 0 && o.momentum < 1, "ScheduleFreeSGD: momentum must be in (0, 1), not ", o.momentum);
}

void ScheduleFreeSGD::apply(Step& s) { fuse<ScheduleFreeRule>(s, *this); }

Tensor ScheduleFreeAdamW::evaluation_weight(size_t i, const Tensor& w) const { return schedule_free_average(state_or_null(i), w, options().betas[0]); }
Tensor ScheduleFreeRAdam::evaluation_weight(size_t i, const Tensor& w) const { return schedule_free_average(state_or_null(i), w, options().betas[0]); }
Tensor ScheduleFreeSGD::evaluation_weight(size_t i, const Tensor& w) const { return schedule_free_average(state_or_null(i), w, options().momentum); }

template class Method<ScheduleFreeAdamW, ScheduleFreeAdamWOptions, ScheduleFreeAdamState>;
template class Method<ScheduleFreeRAdam, ScheduleFreeRAdamOptions, ScheduleFreeAdamState>;
template class Method<ScheduleFreeSGD, ScheduleFreeSGDOptions, ScheduleFreeState>;

}  // namespace tare::optim
