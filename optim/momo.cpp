#include "optim/momo.h"

#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/measure.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

/// What the steps of all parameters share, once the averages are made.
struct MoMoPlan {
  double F, q, lb, c, inner, squares;
  template <class Options>
  double rate(const Options& o) const {
    double k = 1 + o.lr * o.weight_decay;
    return squares > 0 ? std::min(o.lr / c, std::max(0.0, k * (F - c * lb - q) + inner) / squares) : 0;
  }
};

/// m from g; <g, w> is wanted before it, <m, w> and sum(m^2) after.
template <class T>
struct MoMoGather {
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  Ema<T> first;
  bool beginning;
  MoMoGather(MomentState& s, const MoMoOptions& o) : first(o.beta), beginning(s.step++ == 0) {}
  std::array<T, 3> operator()(T& w, T g, T& m) const {
    m = beginning ? g : first(m, g);
    return {g * w, m * w, m * m};
  }
};

template <class T>
struct MoMoMove {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&MomentState::exp_avg};
  T shrink, rate;
  MoMoMove(MomentState&, const MoMoOptions& o, const MoMoPlan& plan) : shrink(T(1 / (1 + o.lr * o.weight_decay))), rate(T(plan.rate(o))) {}
  void operator()(T& w, T, T& m) const { w = shrink * w - rate * m; }
};

template <class T>
struct MoMoAdamGather {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T inverse_root, eps;
  MoMoAdamGather(MomentsState& s, const MoMoAdamOptions& o) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], double(++s.step))));
  }
  std::array<T, 3> operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    return {g * w, m * w, quotient(m * m, std::sqrt(v) * inverse_root + eps)};
  }
};

template <class T>
struct MoMoAdamMove {
  static constexpr bool gradient_was_checked = true;
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  T shrink, rate, inverse_root, eps;
  MoMoAdamMove(MomentsState& s, const MoMoAdamOptions& o, const MoMoPlan& plan)
      : shrink(T(1 / (1 + o.lr * o.weight_decay))), rate(T(plan.rate(o))), eps(T(o.eps)) {
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], double(s.step))));
  }
  void operator()(T& w, T, T& m, T& v) const { w = shrink * w - rate * quotient(m, std::sqrt(v) * inverse_root + eps); }
};

/// The lower bound before the step, where the model has fallen below it.
template <class Options>
void lower(LossModel& model, const Options& o, double inner, double c) {
  double k = 1 + o.lr * o.weight_decay, h = k * (model.barf - model.gamma) + inner;
  if (o.adapt_lower_bound && h < k * c * model.lb) model.lb = std::max(h / (2 * c * k), o.lower_bound);
}

/// And after it, from the model's value where the step led.
template <class Options>
void raise(LossModel& model, const Options& o, const MoMoPlan& plan) {
  if (o.adapt_lower_bound)
    model.lb = std::max((model.barf + plan.inner - model.gamma - plan.rate(o) / 2 * plan.squares) / plan.c, o.lower_bound);
}

}  // namespace

void LossModel::visit(Visitor& v) { list_states(v, "barf", barf, "gamma", gamma, "lb", lb, "step", step); }
void MoMoOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "beta", beta, "weight_decay", weight_decay, "lower_bound", lower_bound, "adapt_lower_bound", adapt_lower_bound);
}
void MoMoAdamOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "lower_bound", lower_bound, "adapt_lower_bound", adapt_lower_bound, "eps", eps, "weight_decay", weight_decay);
}

void MoMo::check_options(const MoMoOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
}

void MoMo::apply(Step& s) {
  const MoMoOptions& o = options();
  double loss = loss_of(s, type), fresh = 0, inner = 0, squares = 0;
  for (auto& [gw, mw, mm] : fuse<MoMoGather>(s, *this)) fresh += gw, inner += mw, squares += mm;
  bool beginning = model_.step++ == 0;
  if (beginning || !o.adapt_lower_bound) model_.lb = o.lower_bound;
  double keep = beginning ? 0 : o.beta;
  model_.barf = keep * model_.barf + (1 - keep) * loss;
  model_.gamma = keep * model_.gamma + (1 - keep) * fresh;
  lower(model_, o, inner, 1);
  MoMoPlan plan{model_.barf, model_.gamma, model_.lb, 1, inner, squares};
  fuse<MoMoMove>(s, *this, plan);
  raise(model_, o, plan);
}

void MoMoAdam::apply(Step& s) {
  const MoMoAdamOptions& o = options();
  double loss = loss_of(s, type), fresh = 0, inner = 0, squares = 0;
  for (auto& [gw, mw, mm] : fuse<MoMoAdamGather>(s, *this)) fresh += gw, inner += mw, squares += mm;
  if (model_.step++ == 0 || !o.adapt_lower_bound) model_.lb = o.lower_bound;
  double b = o.betas[0], c = correction(b, double(model_.step));
  model_.barf = b * model_.barf + (1 - b) * loss;
  model_.gamma = b * model_.gamma + (1 - b) * fresh;
  lower(model_, o, inner, c);
  MoMoPlan plan{model_.barf, model_.gamma, model_.lb, c, inner, squares};
  fuse<MoMoAdamMove>(s, *this, plan);
  raise(model_, o, plan);
}

template class Method<MoMo, MoMoOptions, MomentState>;
template class Method<MoMoAdam, MoMoAdamOptions, MomentsState>;

}  // namespace tare::optim
