#include "optim/ademamix.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// The beta at step t of a warm-up from `begin` to `end`.
double warmed_beta(double begin, double end, double t, std::optional<int64_t> steps) {
  if (!steps || t >= double(*steps)) return end;
  double x = t / double(*steps);
  return std::exp(1 / ((1 - x) / std::log(begin) + x / std::log(end)));
}

template <class T>
struct AdEMAMixRule {
  using S = AdEMAMixState;
  static constexpr auto tensors = std::tuple{&S::exp_avg, &S::exp_avg_slow, &S::exp_avg_sq};
  Ema<T> first, second, slow;
  T shrink, lr, inverse1, alpha, inverse_root2, eps;
  AdEMAMixRule(S& s, const AdEMAMixOptions& o) : AdEMAMixRule(o, double(++s.step)) {}
  AdEMAMixRule(const AdEMAMixOptions& o, double t)
      : first(o.betas[0]), second(o.betas[1]), slow(warmed_beta(o.betas[0], o.betas[2], t, o.beta3_warmup)), shrink(T(1 - o.lr * o.weight_decay)),
        lr(T(o.lr)), inverse1(T(1 / correction(o.betas[0], t))),
        alpha(T(o.alpha_warmup ? o.alpha * std::min(1.0, t / double(*o.alpha_warmup)) : o.alpha)),
        inverse_root2(T(1 / std::sqrt(correction(o.betas[1], t)))), eps(T(o.eps)) {}
  void operator()(T& w, T g, T& m, T& n, T& v) const {
    m = first(m, g);
    n = slow(n, g);
    v = second(v, g * g);
    w = shrink * w - lr * (inverse1 * m + alpha * n) / (std::sqrt(v) * inverse_root2 + eps);
  }
};

template <class T>
struct SimplifiedAdEMAMixRule {
  using S = SimplifiedAdEMAMixState;
  static constexpr auto tensors = std::tuple{&S::exp_avg, &S::exp_avg_sq};
  Ema<T> second;
  T shrink, lr, keep, alpha, inverse_root2, eps;
  SimplifiedAdEMAMixRule(S& s, const SimplifiedAdEMAMixOptions& o)
      : second(o.betas[1]), shrink(T(1 - o.lr * o.weight_decay)), lr(T(o.lr)), alpha(T(o.alpha)), eps(T(o.eps)) {
    double beta1 = warmed_beta(o.min_beta1, o.betas[0], double(++s.step), o.beta1_warmup);
    s.num_sum = beta1 * s.num_sum + 1;
    s.den_sum = o.betas[1] * s.den_sum + (1 - o.betas[1]);
    keep = T(beta1), inverse_root2 = T(1 / std::sqrt(s.den_sum));
  }
  void operator()(T& w, T g, T& m, T& v) const {
    m = keep * m + g;
    v = second(v, g * g);
    w = shrink * w - lr * (alpha * g + m) / (std::sqrt(v) * inverse_root2 + eps);
  }
};

}  // namespace

void AdEMAMixOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "alpha", alpha, "alpha_warmup", alpha_warmup, "beta3_warmup", beta3_warmup, "eps", eps,
               "weight_decay", weight_decay);
}
void AdEMAMixState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_slow", exp_avg_slow, "exp_avg_sq", exp_avg_sq, "step", step); }
void SimplifiedAdEMAMixOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "alpha", alpha, "beta1_warmup", beta1_warmup, "min_beta1", min_beta1, "eps", eps,
               "weight_decay", weight_decay);
}
void SimplifiedAdEMAMixState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "num_sum", num_sum, "den_sum", den_sum, "step", step);
}

void AdEMAMix::apply(Step& s) { fuse<AdEMAMixRule>(s, *this); }

void SimplifiedAdEMAMix::check_options(const SimplifiedAdEMAMixOptions& o) {
  Method::check_options(o);
  check_range(type, "min_beta1", o.min_beta1, 0, 1);
}

void SimplifiedAdEMAMix::apply(Step& s) { fuse<SimplifiedAdEMAMixRule>(s, *this); }

template class Method<AdEMAMix, AdEMAMixOptions, AdEMAMixState>;
template class Method<SimplifiedAdEMAMix, SimplifiedAdEMAMixOptions, SimplifiedAdEMAMixState>;

}  // namespace tare::optim
