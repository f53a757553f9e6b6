#include "optim/d_adaptation.h"

#include <limits>

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

// Each rule is one pass: d of this step is known before it, and d of the next one needs sums that the same pass makes.

template <class T>
struct DAdaptSGDRule {
  static constexpr auto tensors = std::tuple{&DAdaptSGDState::s, &DAdaptSGDState::x0};
  T k, l2, momentum, fresh;
  DAdaptSGDRule(DAdaptSGDState&, const DAdaptSGDOptions& o, double d_over_norm)
      : k(T(o.lr * d_over_norm)), l2(T(o.weight_decay)), momentum(T(o.momentum)), fresh(T(1 - o.momentum)) {}
  static void first_state(DAdaptSGDState& s, const DAdaptSGDOptions&, const Tensor& w) {
    if (!s.x0.defined()) s.x0 = kernels::copy(w);
  }
  std::array<T, 2> operator()(T& w, T g, T& s, T& x0) const {
    g += l2 * w;
    T inner = k * g * s;
    s += k * g;
    w = momentum * w + fresh * (x0 - s);
    return {inner, s * s};
  }
};

template <class T>
struct DAdaptAdamRule {
  static constexpr auto tensors = std::tuple{&DAdaptAdamState::exp_avg, &DAdaptAdamState::exp_avg_sq, &DAdaptAdamState::s};
  Ema<T> first, second, sums;
  Decay<T> decay;
  T k, eps;
  DAdaptAdamRule(DAdaptAdamState&, const DAdaptAdamOptions& o, const DistanceEstimate& e)
      : first(o.betas[0]), second(o.betas[1]), sums(std::sqrt(o.betas[1])), eps(T(o.eps)) {
    double rate = o.lr * e.d, t = double(e.step);
    if (o.use_bias_correction) rate *= std::sqrt(correction(o.betas[1], t)) / correction(o.betas[0], t);
    k = T(rate), decay = Decay<T>(rate, o.weight_decay, o.weight_decouple);
  }
  std::array<T, 2> operator()(T& w, T g, T& m, T& v, T& s) const {
    decay(w, g);
    T inner = k * g * quotient(s, std::sqrt(v) + eps);
    m = first(m, k * g);
    v = second(v, g * g);
    s = sums(s, k * g);
    w -= quotient(m, std::sqrt(v) + eps);
    return {inner, std::abs(s)};
  }
};

template <class T>
struct DAdaptAdaGradRule {
  static constexpr auto tensors = std::tuple{&DAdaptAdaGradState::alphak, &DAdaptAdaGradState::sk, &DAdaptAdaGradState::x0};
  T k, l2, momentum, fresh, eps;
  DAdaptAdaGradRule(DAdaptAdaGradState&, const DAdaptAdaGradOptions& o, double d)
      : k(T(o.lr * d)), l2(T(o.weight_decay)), momentum(T(o.momentum)), fresh(T(1 - o.momentum)), eps(T(o.eps)) {}
  static void first_state(DAdaptAdaGradState& s, const DAdaptAdaGradOptions&, const Tensor& w) {
    if (s.x0.defined()) return;
    s.x0 = kernels::copy(w);
    s.alphak = empty(w.shape(), w.dtype());
    kernels::fill(s.alphak, 1e-6);
  }
  std::array<T, 3> operator()(T& w, T g, T& v, T& s, T& x0) const {
    g += l2 * w;
    v += g * g;
    T divisor = std::sqrt(v) + eps;
    s += k * g;
    w = momentum * w + fresh * (x0 - s / divisor);
    return {k * k * g * g / divisor, s * s / divisor, std::abs(s)};
  }
};

template <class T>
struct DAdaptLionRule {
  static constexpr auto tensors = std::tuple{&DAdaptLionState::exp_avg, &DAdaptLionState::s};
  Ema<T> first, second, sums;
  T k, shrink;
  DAdaptLionRule(DAdaptLionState&, const DAdaptLionOptions& o, double d)
      : first(o.betas[0]), second(o.betas[1]), sums(std::sqrt(o.betas[1])), k(T(o.lr * d)), shrink(T(1 - o.lr * d * o.weight_decay)) {}
  std::array<T, 2> operator()(T& w, T g, T& m, T& s) const {
    T u = sign_of(first(m, g));
    w = shrink * w - k * u;
    m = second(m, k * g);
    T inner = k * u * s;
    s = sums(s, k * u);
    return {inner, std::abs(s)};
  }
};

template <class T>
struct DAdaptAdanRule {
  static constexpr auto tensors = std::tuple{&DAdaptAdanState::exp_avg, &DAdaptAdanState::exp_avg_diff, &DAdaptAdanState::exp_avg_sq,
                                             &DAdaptAdanState::s, &DAdaptAdanState::pre_grad};
  Ema<T> first, difference, second, sums;
  T k, before, after, look, eps, later;  // later: 0 at the first step, then 1
  DAdaptAdanRule(DAdaptAdanState& s, const DAdaptAdanOptions& o, double d)
      : first(o.betas[0]), difference(o.betas[1]), second(o.betas[2]), sums(o.betas[2]), k(T(o.lr * d)), look(T(o.betas[1])), eps(T(o.eps)),
        later(T(s.step++ > 0)) {
    double decay = o.lr * d * o.weight_decay;
    before = T(o.no_prox ? 1 - decay : 1), after = T(o.no_prox ? 1 : 1 / (1 + decay));
  }
  std::array<T, 3> operator()(T& w, T g, T& m, T& e, T& n, T& s, T& previous) const {
    T change = later * (g - previous), ahead = g + look * change;
    previous = g;
    m = first(m, k * g);
    e = difference(e, k * change);
    n = second(n, ahead * ahead);
    s = sums(s, k * g);
    T divisor = std::sqrt(n) + eps;
    w = (before * w - quotient(m + look * e, divisor)) * after;
    return {k * k * quotient(g * g, divisor), quotient(s * s, divisor), std::abs(s)};
  }
};

/// The rule's sums over all tensors.
template <size_t N>
std::array<double, N> total(const std::vector<std::array<double, N>>& sums) {
  std::array<double, N> out{};
  for (auto& one : sums)
    for (size_t k = 0; k < N; k++) out[k] += one[k];
  return out;
}

template <class Options>
void check_distance(std::string_view who, const Options& o) {
  check<ConfigError>(o.d0 > 0, who, ": d0 must be positive, not ", o.d0);
  if constexpr (requires { o.growth_rate; })
    check<ConfigError>(o.growth_rate.value_or(2) >= 1, who, ": growth_rate must be at least 1, not ", o.growth_rate.value_or(2));
  if constexpr (requires { o.momentum; }) check_range(who, "momentum", o.momentum, 0, 1);
}

}  // namespace

void DistanceEstimate::begin(double d0) {
  if (step++ == 0) d = d0;
}
void DistanceEstimate::grow(double numerator, double denominator, std::optional<double> growth_rate) {
  if (denominator > 0) d = std::max(d, std::min(numerator / denominator, d * growth_rate.value_or(std::numeric_limits<double>::infinity())));
}
void DistanceEstimate::visit(Visitor& v, std::string_view sum_name) { list_states(v, "d", d, sum_name, sum, "step", step); }

void DAdaptSGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "d0", d0, "growth_rate", growth_rate, "weight_decay", weight_decay);
}
void DAdaptSGDState::visit(Visitor& v) { list_states(v, "s", s, "x0", x0); }
void DAdaptAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decouple", weight_decouple, "use_bias_correction", use_bias_correction, "d0", d0,
               "growth_rate", growth_rate, "weight_decay", weight_decay);
}
void DAdaptAdamState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "s", s); }
void DAdaptAdaGradOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "d0", d0, "eps", eps, "growth_rate", growth_rate, "weight_decay", weight_decay);
}
void DAdaptAdaGradState::visit(Visitor& v) { list_states(v, "alphak", alphak, "sk", sk, "x0", x0); }
void DAdaptLionOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "d0", d0, "weight_decay", weight_decay); }
void DAdaptLionState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "s", s); }
void DAdaptAdanOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "d0", d0, "growth_rate", growth_rate, "weight_decay", weight_decay, "no_prox", no_prox);
}
void DAdaptAdanState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_diff", exp_avg_diff, "exp_avg_sq", exp_avg_sq, "s", s, "pre_grad", pre_grad, "step", step);
}

void DAdaptSGD::check_options(const DAdaptSGDOptions& o) { Method::check_options(o), check_distance(type, o); }
void DAdaptAdam::check_options(const DAdaptAdamOptions& o) { Method::check_options(o), check_distance(type, o); }
void DAdaptAdaGrad::check_options(const DAdaptAdaGradOptions& o) { Method::check_options(o), check_distance(type, o); }
void DAdaptLion::check_options(const DAdaptLionOptions& o) { Method::check_options(o), check_distance(type, o); }
void DAdaptAdan::check_options(const DAdaptAdanOptions& o) { Method::check_options(o), check_distance(type, o); }

void DAdaptSGD::apply(Step& s) {
  estimate_.begin(options().d0);
  if (g0_norm_ == 0) g0_norm_ = gradient_norm_of(s, type);
  auto [inner, squares] = total(fuse<DAdaptSGDRule>(s, *this, quotient(estimate_.d, g0_norm_)));
  estimate_.sum += inner;
  estimate_.grow(2 * estimate_.sum, std::sqrt(squares), options().growth_rate);
}

void DAdaptAdam::apply(Step& s) {
  estimate_.begin(options().d0);
  double r = std::sqrt(options().betas[1]);
  auto [inner, size] = total(fuse<DAdaptAdamRule>(s, *this, estimate_));
  estimate_.sum = r * estimate_.sum + (1 - r) * inner;
  estimate_.grow(estimate_.sum, (1 - r) * size, options().growth_rate);
}

void DAdaptAdaGrad::apply(Step& s) {
  estimate_.begin(options().d0);
  auto [gradients, sums, size] = total(fuse<DAdaptAdaGradRule>(s, *this, estimate_.d));
  estimate_.sum += gradients;
  estimate_.grow(sums - estimate_.sum, size, options().growth_rate);
}

void DAdaptLion::apply(Step& s) {
  estimate_.begin(options().d0);
  double r = std::sqrt(options().betas[1]);
  auto [inner, size] = total(fuse<DAdaptLionRule>(s, *this, estimate_.d));
  estimate_.sum = r * estimate_.sum + (1 - r) * inner;
  estimate_.grow(estimate_.sum, (1 - r) * size, {});
}

void DAdaptAdan::apply(Step& s) {
  estimate_.begin(options().d0);
  double b3 = options().betas[2];
  auto [gradients, sums, size] = total(fuse<DAdaptAdanRule>(s, *this, estimate_.d));
  estimate_.sum = b3 * estimate_.sum + (1 - b3) * gradients;
  estimate_.grow(sums / (1 - b3) - estimate_.sum, size, options().growth_rate);
}

void DAdaptSGD::visit_global_state(Visitor& v) {
  estimate_.visit(v, "numerator_weighted");
  v.state("g0_norm", g0_norm_);
}
void DAdaptAdam::visit_global_state(Visitor& v) { estimate_.visit(v, "numerator_weighted"); }
void DAdaptAdaGrad::visit_global_state(Visitor& v) { estimate_.visit(v, "gsq_weighted"); }
void DAdaptLion::visit_global_state(Visitor& v) { estimate_.visit(v, "numerator_weighted"); }
void DAdaptAdan::visit_global_state(Visitor& v) { estimate_.visit(v, "gsq_weighted"); }

template class Method<DAdaptSGD, DAdaptSGDOptions, DAdaptSGDState>;
template class Method<DAdaptAdam, DAdaptAdamOptions, DAdaptAdamState>;
template class Method<DAdaptAdaGrad, DAdaptAdaGradOptions, DAdaptAdaGradState>;
template class Method<DAdaptLion, DAdaptLionOptions, DAdaptLionState>;
template class Method<DAdaptAdan, DAdaptAdanOptions, DAdaptAdanState>;

}  // namespace tare::optim
