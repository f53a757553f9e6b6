#include "optim/adabound.h"

#include "optim/elementwise.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

/// The factor of 1 / (sqrt(v) + eps) in h.
double uncorrected_rate(double lr, const std::vector<double>& betas, double t) { return lr * std::sqrt(correction(betas[1], t)) / correction(betas[0], t); }

template <bool kAmsgrad>
struct BoundForm {
  template <class T>
  struct Rule {
    using S = AdaBoundState;
    static constexpr auto tensors =
        choose<kAmsgrad>(std::tuple{&S::exp_avg, &S::exp_avg_sq, &S::max_exp_avg_sq}, std::tuple{&S::exp_avg, &S::exp_avg_sq});
    Ema<T> first, second;
    T decay, rate, eps, least, most;
    Rule(S& s, const AdaBoundOptions& o) : first(o.betas[0]), second(o.betas[1]), decay(T(o.weight_decay)), eps(T(o.eps)) {
      if (s.step == 0) s.base_lr = o.base_lr.value_or(o.lr);
      double t = double(++s.step), final = s.base_lr > 0 ? o.final_lr * o.lr / s.base_lr : o.final_lr;
      rate = T(uncorrected_rate(o.lr, o.betas, t));
      least = T(final * (1 - 1 / (o.gamma * t + 1))), most = T(final * (1 + 1 / (o.gamma * t)));
    }
    template <class... Max>
    void operator()(T& w, T g, T& m, T& v, Max&... max) const {
      g += decay * w;
      m = first(m, g);
      v = second(v, g * g);
      T largest = v;
      if constexpr (kAmsgrad) ((max = max > v ? max : v, largest = max), ...);
      w -= clip(rate / (std::sqrt(largest) + eps), least, most) * m;
    }
  };
};

template <class T>
struct AdaModRule {
  static constexpr auto tensors = std::tuple{&AdaModState::exp_avg, &AdaModState::exp_avg_sq, &AdaModState::exp_avg_lr};
  Ema<T> first, second, third;
  T shrink, rate, eps;
  AdaModRule(AdaModState& s, const AdaModOptions& o)
      : first(o.betas[0]), second(o.betas[1]), third(o.beta3), shrink(T(1 - o.lr * o.weight_decay)),
        rate(T(uncorrected_rate(o.lr, o.betas, double(++s.step)))), eps(T(o.eps)) {}
  void operator()(T& w, T g, T& m, T& v, T& mean) const {
    m = first(m, g);
    v = second(v, g * g);
    T h = rate / (std::sqrt(v) + eps);
    mean = third(mean, h);
    w = shrink * w - std::min(h, mean) * m;
  }
};

}  // namespace

void AdaBoundOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "final_lr", final_lr, "gamma", gamma, "amsbound", amsbound, "eps", eps, "weight_decay", weight_decay,
               "base_lr", base_lr);
}
void AdaBoundState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "max_exp_avg_sq", max_exp_avg_sq, "base_lr", base_lr, "step", step);
}
void AdaModOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "beta3", beta3, "eps", eps, "weight_decay", weight_decay); }
void AdaModState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "exp_avg_lr", exp_avg_lr, "step", step); }

void AdaBound::check_options(const AdaBoundOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.gamma > 0, "AdaBound: gamma must be positive, not ", o.gamma);
}

void AdaBound::apply(Step& s) {
  fuse_where<BoundForm<false>::Rule>(s, *this, [](auto& o) { return !o.amsbound; });
  fuse_where<BoundForm<true>::Rule>(s, *this, [](auto& o) { return o.amsbound; });
}

void AdaMod::check_options(const AdaModOptions& o) {
  Method::check_options(o);
  check_range(type, "beta3", o.beta3, 0, 1);
}

void AdaMod::apply(Step& s) { fuse<AdaModRule>(s, *this); }

template class Method<AdaBound, AdaBoundOptions, AdaBoundState>;
template class Method<AdaMod, AdaModOptions, AdaModState>;

}  // namespace tare::optim
