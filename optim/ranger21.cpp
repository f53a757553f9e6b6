#include "optim/ranger21.h"

#include "kernels/elementwise.h"
#include "kernels/reduce.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/gradients.h"
#include "optim/inplace.h"
#include "optim/transform/adaptive_grad_clip.h"

namespace tare::optim {
namespace {

using S = Ranger21State;

template <class T>
struct VarianceRule {
  static constexpr auto tensors = std::tuple{&S::variance_ma};
  Ema<T> second;
  T inverse;
  VarianceRule(S& s, const Ranger21Options& o) : second(o.betas[1]), inverse(T(1 / correction(o.betas[1], double(++s.step)))) {}
  T operator()(T&, T g, T& v) const {
    v = second(v, g * g);
    return v * inverse;
  }
};

template <class T>
struct StepRule {
  static constexpr auto tensors = std::tuple{&S::grad_ma, &S::neg_grad_ma, &S::variance_ma};
  Ema<T> average;
  T on_a, on_b, step_size, inverse_root, eps, beta;
  bool odd, soft;
  StepRule(S& s, const Ranger21Options& o, int64_t t) : average(o.betas[0] * o.betas[0]), eps(T(o.eps)), beta(T(o.beta_softplus)), soft(o.softplus) {
    double b2 = o.betas[1], k = o.pnm_momentum_factor, noise = std::sqrt((1 + b2) * (1 + b2) + b2 * b2);
    on_a = T((1 + k) / noise), on_b = T(k / noise);
    step_size = T(o.rate(t) / correction(o.betas[0], double(s.step)));
    inverse_root = T(1 / std::sqrt(correction(b2, double(s.step))));
    odd = s.step % 2 == 1;
  }
  void operator()(T& w, T g, T& m0, T& m1, T& v) const {
    T a = average(odd ? m0 : m1, g), b = odd ? m1 : m0;
    m0 = odd ? a : m0;
    m1 = odd ? m1 : a;
    T den = std::sqrt(v) * inverse_root + eps;
    if (soft && beta * den <= 20) den = std::log1p(std::exp(beta * den)) / beta;
    w -= den > 0 ? step_size * (on_a * a - on_b * b) / den : T(0);
  }
};

Tensor prepared(const Tensor& w, Tensor g, const Ranger21Options& o) {
  if (o.use_adaptive_gradient_clipping) g = adaptive_grad_clip(w, g, o.agc_clipping_value, o.agc_eps, false);
  if (o.using_gc) g = centralized(g);
  if (o.using_normgc && g.numel() > 2) g = kernels::div(g, kernels::add(kernels::sqrt(kernels::var(g)), 1e-8));
  return g;
}

}  // namespace

void Ranger21Options::visit(Visitor& v) {
  list_options(v, "lr", lr, "num_epochs", num_epochs, "num_batches_per_epoch", num_batches_per_epoch, "betas", betas, "eps", eps, "weight_decay",
               weight_decay, "use_adaptive_gradient_clipping", use_adaptive_gradient_clipping, "agc_clipping_value", agc_clipping_value, "agc_eps", agc_eps,
               "using_gc", using_gc, "using_normgc", using_normgc, "pnm_momentum_factor", pnm_momentum_factor, "softplus", softplus, "beta_softplus",
               beta_softplus);
  list_options(v, "normloss_active", normloss_active, "normloss_factor", normloss_factor, "lookahead_active", lookahead_active, "lookahead_mergetime",
               lookahead_mergetime, "lookahead_blending_alpha", lookahead_blending_alpha, "use_warmup", use_warmup, "num_warmup_iterations",
               num_warmup_iterations, "warmup_pct_default", warmup_pct_default, "warmdown_active", warmdown_active, "warmdown_start_pct",
               warmdown_start_pct, "warmdown_min_lr", warmdown_min_lr);
}
void Ranger21State::visit(Visitor& v) {
  list_states(v, "grad_ma", grad_ma, "neg_grad_ma", neg_grad_ma, "variance_ma", variance_ma, "lookahead_params", lookahead_params, "step", step);
}

double Ranger21Options::rate(int64_t t) const {
  double total = double(num_epochs * num_batches_per_epoch), result = lr;
  if (use_warmup && (num_warmup_iterations || total > 0)) {
    double warm = std::ceil(2 / (1 - betas[1]));
    if (num_warmup_iterations) warm = double(*num_warmup_iterations);
    else if (warm > 0.45 * total) warm = std::floor(warmup_pct_default * total);
    if (double(t) <= warm) result = lr * std::min(1.0, double(t) / warm);
  }
  double start = std::floor(warmdown_start_pct * total);
  if (warmdown_active && total > 0 && double(t) >= start)
    result = lr - (lr - warmdown_min_lr) * std::min(1.0, (double(t) + 1 - start) / (total - start + 1));
  return result;
}

void Ranger21::check_options(const Ranger21Options& o) {
  Method::check_options(o);
  check_rate(type, "agc_clipping_value", o.agc_clipping_value);
  check_rate(type, "normloss_factor", o.normloss_factor);
  check<ConfigError>(o.num_epochs >= 0 && o.num_batches_per_epoch >= 0, "Ranger21: num_epochs and num_batches_per_epoch must be at least 0, not ",
                     o.num_epochs, " and ", o.num_batches_per_epoch);
  check<ConfigError>(o.lookahead_mergetime >= 1, "Ranger21: lookahead_mergetime must be at least 1, not ", o.lookahead_mergetime);
  check<ConfigError>(o.lookahead_blending_alpha >= 0 && o.lookahead_blending_alpha <= 1, "Ranger21: lookahead_blending_alpha must be in [0, 1], not ",
                     o.lookahead_blending_alpha);
  check<ConfigError>(o.beta_softplus > 0, "Ranger21: beta_softplus must be positive, not ", o.beta_softplus);
}

void Ranger21::apply(Step& s) {
  step_++;
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    const Ranger21Options& o = options(s.groups[i]);
    if (o.lookahead_active && !state(i).lookahead_params.defined()) state(i).lookahead_params = kernels::copy(s.param(i));
    s.grads[i] = prepared(s.param(i), finite_gradient(s, i, type), o);
  }
  auto sums = fuse<VarianceRule>(s, *this);
  double total = 0, count = 0;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) total += sums[i][0], count += double(s.param(i).numel());
  double root = count > 0 ? std::sqrt(total / count) : 0;
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    const Ranger21Options& o = options(s.groups[i]);
    const Tensor& w = s.param(i);
    double rate = o.rate(step_);
    if (o.weight_decay > 0 && root > 0) scale_in_place(w, 1 - o.weight_decay * rate / root);
    if (o.normloss_active) {
      Tensor pull = kernels::sub(1, kernels::reciprocal(kernels::add(unit_norms(w), o.eps)));
      assign(w, kernels::mul(w, kernels::sub(1, kernels::mul(pull, 2 * rate * o.normloss_factor))));
    }
  }
  fuse<StepRule>(s, *this, step_);
  for (size_t i = 0; i < s.size(); i++) {
    const Ranger21Options& o = options(s.groups[i]);
    if (!has_state(i) || !state(i).lookahead_params.defined() || step_ % o.lookahead_mergetime != 0) continue;
    Tensor& slow = state(i).lookahead_params;
    add_in_place(slow, kernels::sub(s.param(i), slow), o.lookahead_blending_alpha);
    assign(s.param(i), slow);
  }
}

void Ranger21::visit_global_state(Visitor& v) { v.state("step", step_); }

template class Method<Ranger21, Ranger21Options, Ranger21State>;

}  // namespace tare::optim
