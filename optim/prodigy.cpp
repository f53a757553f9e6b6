#include "optim/prodigy.h"

#include <limits>

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

/// What a step knows before it: d, d over d0, the number of steps.
struct ProdigyPlan {
  double d, relative;
  int64_t step;
  double rate(const ProdigyOptions& o) const {
    double k = o.lr * d, t = double(step);
    return o.use_bias_correction ? k * std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t) : k;
  }
};

template <class T>
struct ProdigyGather {
  static constexpr auto tensors = std::tuple{&ProdigyState::exp_avg, &ProdigyState::exp_avg_sq, &ProdigyState::s, &ProdigyState::p0};
  T l2, keep1, fresh1, keep2, fresh2, keep3, inner, into_s;
  ProdigyGather(ProdigyState&, const ProdigyOptions& o, const ProdigyPlan& plan) {
    double k = plan.rate(o);
    l2 = T(o.weight_decouple ? 0 : o.weight_decay);
    keep1 = T(o.betas[0]), fresh1 = T(plan.d * (1 - o.betas[0]));
    keep2 = T(o.betas[1]), fresh2 = T(plan.d * plan.d * (1 - o.betas[1]));
    keep3 = T(o.beta3.value_or(std::sqrt(o.betas[1])));
    inner = T(plan.relative * k), into_s = T(plan.relative * (o.safeguard_warmup ? plan.d : k));
  }
  static void first_state(ProdigyState& s, const ProdigyOptions&, const Tensor& w) {
    if (!s.p0.defined()) s.p0 = kernels::copy(w);
  }
  std::array<T, 2> operator()(T& w, T g, T& m, T& v, T& s, const T& p0) const {
    g += l2 * w;
    m = keep1 * m + fresh1 * g;
    v = keep2 * v + fresh2 * g * g;
    s = keep3 * s + into_s * g;
    return {inner * g * (p0 - w), std::abs(s)};
  }
};

template <class T>
struct ProdigyMove {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&ProdigyState::exp_avg, &ProdigyState::exp_avg_sq};
  T k, shrink, eps;
  ProdigyMove(ProdigyState&, const ProdigyOptions& o, const ProdigyPlan& plan, double new_d)
      : k(T(plan.rate(o))), shrink(T(o.weight_decouple ? 1 - plan.rate(o) * o.weight_decay : 1)), eps(T(new_d * o.eps)) {}
  void operator()(T& w, T, const T& m, const T& v) const { w = shrink * w - k * quotient(m, std::sqrt(v) + eps); }
};

}  // namespace

void ProdigyOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "beta3", beta3, "eps", eps, "weight_decay", weight_decay, "weight_decouple", weight_decouple,
               "use_bias_correction", use_bias_correction, "safeguard_warmup", safeguard_warmup, "d0", d0, "d_coef", d_coef, "growth_rate", growth_rate);
}
void ProdigyState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "s", s, "p0", p0); }

void Prodigy::check_options(const ProdigyOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.d0 > 0, "Prodigy: d0 must be positive, not ", o.d0);
  check<ConfigError>(o.d_coef > 0, "Prodigy: d_coef must be positive, not ", o.d_coef);
  check<ConfigError>(o.growth_rate.value_or(2) >= 1, "Prodigy: growth_rate must be at least 1, not ", o.growth_rate.value_or(2));
  check_range(type, "beta3", o.beta3.value_or(0), 0, 1);
}

void Prodigy::apply(Step& s) {
  const ProdigyOptions& o = options();
  if (step_++ == 0) d_ = d_max_ = o.d0;
  ProdigyPlan plan{d_, d_ / o.d0, step_};
  double inner = 0, size = 0;
  for (auto& [dot, absolute] : fuse<ProdigyGather>(s, *this, plan)) inner += dot, size += absolute;
  d_numerator_ = o.beta3.value_or(std::sqrt(o.betas[1])) * d_numerator_ + inner;
  if (size > 0) {
    double dhat = o.d_coef * d_numerator_ / size;
    if (d_ == o.d0) d_ = std::max(d_, dhat);
    d_max_ = std::max(d_max_, dhat);
    d_ = std::min(d_max_, d_ * o.growth_rate.value_or(std::numeric_limits<double>::infinity()));
  }
  fuse<ProdigyMove>(s, *this, plan, d_);
}

void Prodigy::visit_global_state(Visitor& v) { list_states(v, "d", d_, "d_max", d_max_, "d_numerator", d_numerator_, "step", step_); }

template class Method<Prodigy, ProdigyOptions, ProdigyState>;

}  // namespace tare::optim
