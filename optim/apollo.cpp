#include "optim/apollo.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void ApolloOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "beta", beta, "eps", eps, "rebound", rebound, "warmup_steps", warmup_steps, "init_lr", init_lr,
               "weight_decay", weight_decay, "weight_decay_type", weight_decay_type);
}
void ApolloState::visit(Visitor& v) {
  list_states(v, "exp_avg_grad", exp_avg_grad, "approx_hessian", approx_hessian, "update", update, "step", step);
}

void Apollo::check_options(const ApolloOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
  check<ConfigError>(o.rebound == "constant" || o.rebound == "belief", "Apollo: rebound must be \"constant\" or \"belief\", not \"", o.rebound, "\"");
  check<ConfigError>(o.weight_decay_type == "l2" || o.weight_decay_type == "decoupled" || o.weight_decay_type == "stable",
                     "Apollo: weight_decay_type must be \"l2\", \"decoupled\" or \"stable\", not \"", o.weight_decay_type, "\"");
  check<ConfigError>(o.warmup_steps >= 0, "Apollo: warmup_steps must be at least 0, not ", o.warmup_steps);
}

namespace {

constexpr double kLeast = 0.01;  // of the approximate Hessian, with rebound "constant"

/// What one step of one tensor knows: t counts from 1.
struct Plan {
  double average, rate;
  bool belief;
  Plan(const ApolloState& s, const ApolloOptions& o) : average((1 - o.beta) / correction(o.beta, double(s.step))), rate(o.lr), belief(o.rebound == "belief") {
    double begin = o.init_lr.value_or(o.lr / 1000);
    if (s.step <= o.warmup_steps) rate = begin + (o.lr - begin) * double(s.step - 1) / double(o.warmup_steps);
  }
};

/// m <- m + a D, D = g - m; sums d^4, D d and B d^2 of the last direction d.
template <class T>
struct GatherRule {
  static constexpr auto tensors = std::tuple{&ApolloState::exp_avg_grad, &ApolloState::approx_hessian, &ApolloState::update};
  T l2, average;
  GatherRule(ApolloState& s, const ApolloOptions& o) : l2(T(o.weight_decay_type == "l2" ? o.weight_decay : 0)) { s.step++, average = T(Plan(s, o).average); }
  std::array<T, 3> operator()(T& w, T g, T& m, const T& b, const T& d) const {
    T difference = g + l2 * w - m, square = d * d;
    m += average * difference;
    return {square * square, difference * d, b * square};
  }
};

/// What the sums of a tensor say: B <- B + change d^2, then den = max(|B|, least) + more.
struct Curvature {
  double change = 0, least = kLeast, more = 0, mean_den = 0;
};

template <class T>
struct DenominatorRule {
  static constexpr auto tensors = std::tuple{&ApolloState::approx_hessian, &ApolloState::update};
  T change, least, more;
  DenominatorRule(ApolloState&, const ApolloOptions&, const Here& here, const std::vector<Curvature>& all)
      : change(T(all[here.index].change)), least(T(all[here.index].least)), more(T(all[here.index].more)) {}
  T den(T b) const { return std::max(std::abs(b), least) + more; }
  T operator()(T&, T, const T& b, const T& d) const { return den(b + change * d * d); }
};

template <class T>
struct MoveRule {
  static constexpr auto tensors = std::tuple{&ApolloState::exp_avg_grad, &ApolloState::approx_hessian, &ApolloState::update};
  DenominatorRule<T> curvature;
  T rate, decay = 0;
  MoveRule(ApolloState& s, const ApolloOptions& o, const Here& here, const std::vector<Curvature>& all) : curvature(s, o, here, all), rate(T(Plan(s, o).rate)) {
    if (o.weight_decay_type == "decoupled") decay = T(o.weight_decay);
    if (o.weight_decay_type == "stable") decay = T(o.weight_decay / all[here.index].mean_den);
  }
  void operator()(T& w, T, const T& m, T& b, T& d) const {
    b += curvature.change * d * d;
    d = m / curvature.den(b) + decay * w;
    w -= rate * d;
  }
};

}  // namespace

void Apollo::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    std::vector<Curvature> curvature(s.size());
    for (size_t i = 0; i < s.size(); i++) {  // max |D| before the average takes the gradient in
      const ApolloOptions& o = options(s.groups[i]);
      if (!part.grads[i].defined() || o.rebound != "belief") continue;
      Tensor g = o.weight_decay_type == "l2" ? part.grads[i] + o.weight_decay * s.param(i) : part.grads[i];
      const Tensor& m = state(i).exp_avg_grad;
      curvature[i].least = max_abs_of(m.defined() ? g - m : g);
    }
    auto sums = fuse<GatherRule>(part, *this);
    for (size_t i = 0; i < s.size(); i++) {
      if (!part.grads[i].defined()) continue;
      const ApolloOptions& o = options(s.groups[i]);
      Plan plan(state(i), o);
      auto [fourth, slope, bend] = sums[i];
      double scale = 1 / (std::pow(fourth, 0.25) + (plan.belief ? o.eps : o.eps / kLeast)), square = scale * scale;
      curvature[i].change = (-plan.average * slope - bend) * square * square;
      if (plan.belief) curvature[i].more = o.eps / plan.average;
    }
    auto stable = [](const ApolloOptions& o) { return o.weight_decay_type == "stable"; };
    auto dens = fuse_where<DenominatorRule>(part, *this, stable, curvature);
    for (size_t i = 0; i < s.size(); i++)
      if (part.grads[i].defined()) curvature[i].mean_den = dens[i][0] / double(std::max<int64_t>(1, s.param(i).numel()));
    fuse<MoveRule>(part, *this, curvature);
  });
}

template class Method<Apollo, ApolloOptions, ApolloState>;

}  // namespace tare::optim
