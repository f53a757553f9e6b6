#include "optim/dog.h"

#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/quotient.h"

namespace tare::optim {
namespace {

/// |w - x0|^2 and |g + l2 w|^2, and |x0|^2 at the first step; nothing moves.
template <class State>
struct MeasureWith {
  template <class T>
  struct Rule {
    static constexpr auto tensors = std::tuple{&State::x0};
    T l2 = 0;
    Rule(State&, const auto& o) {
      if constexpr (requires { o.weight_decay; }) l2 = T(o.weight_decay);
    }
    static void first_state(State& s, const auto&, const Tensor& w) {
      if (!s.x0.defined()) s.x0 = kernels::copy(w);
    }
    std::array<T, 3> operator()(T& w, T g, T& x0) const {
      g += l2 * w;
      return {(w - x0) * (w - x0), g * g, x0 * x0};
    }
  };
};

/// w <- w - rate (g + l2 w), the rate given by parameter.
template <class State>
struct MoveWith {
  template <class T>
  struct Rule {
    static constexpr auto tensors = std::tuple<>{};
    T rate, l2 = 0;
    Rule(State&, const auto& o, const Here& here, const std::vector<double>& rates) : rate(T(rates[here.index])) {
      if constexpr (requires { o.weight_decay; }) l2 = T(o.weight_decay);
    }
    void operator()(T& w, T g) const { w -= rate * (g + l2 * w); }
  };
};

template <class T>
struct CDoWGRule {
  static constexpr auto tensors = std::tuple{&CDoWGState::x0, &CDoWGState::estim_sq_dist, &CDoWGState::weighted_sq_norm_grads};
  T eps;
  CDoWGRule(CDoWGState&, const CDoWGOptions& o) : eps(T(o.eps)) {}
  static void first_state(CDoWGState& s, const CDoWGOptions& o, const Tensor& w) {
    if (s.x0.defined()) return;
    s.x0 = kernels::copy(w);
    s.estim_sq_dist = empty(w.shape(), w.dtype());
    kernels::fill(s.estim_sq_dist, o.r0);
  }
  void operator()(T& w, T g, T& x0, T& r, T& v) const {
    r = std::max(r, (w - x0) * (w - x0));
    v += r * g * g;
    w -= quotient(r * g, std::sqrt(v) + eps);
  }
};

/// How far the weights came and the gradients' sum, after this step's measures.
void measure(double& rbar, double& G, const std::array<double, 3>& sums, const DoGOptions& o) {
  if (rbar == 0) rbar = o.reps_rel * (1 + std::sqrt(sums[2])), G = o.eps;
  rbar = std::max(rbar, std::sqrt(sums[0]));
  G += sums[1];
}

}  // namespace

void DoGOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "reps_rel", reps_rel, "eps", eps, "weight_decay", weight_decay, "layerwise", layerwise, "init_eta", init_eta);
}
void DoGState::visit(Visitor& v) { list_states(v, "x0", x0, "rbar", rbar, "G", G); }
void DoWGOptions::visit(Visitor& v) { v.option("eps", eps); }
void DoWGState::visit(Visitor& v) { v.state("x0", x0); }
void CDoWGOptions::visit(Visitor& v) { list_options(v, "eps", eps, "r0", r0); }
void CDoWGState::visit(Visitor& v) {
  list_states(v, "x0", x0, "estim_sq_dist", estim_sq_dist, "weighted_sq_norm_grads", weighted_sq_norm_grads);
}

void DoG::check_options(const DoGOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.reps_rel > 0, "DoG: reps_rel must be positive, not ", o.reps_rel);
  check_rate(type, "init_eta", o.init_eta.value_or(0));
}
void DoWG::check_options(const DoWGOptions& o) { check<ConfigError>(o.eps > 0, "DoWG: eps must be positive, not ", o.eps); }
void CDoWG::check_options(const CDoWGOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.r0 > 0, "CDoWG: r0 must be positive, not ", o.r0);
}

void DoG::apply(Step& s) {
  auto sums = fuse<MeasureWith<DoGState>::Rule>(s, *this);
  std::array<double, 3> all{};
  for (auto& one : sums)
    for (size_t k = 0; k < 3; k++) all[k] += one[k];
  measure(rbar_, G_, all, options());
  bool first = step_++ == 0;
  std::vector<double> rates(s.size());
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    const DoGOptions& o = options(s.groups[i]);
    double r = rbar_, G = G_;
    if (o.layerwise) {
      measure(state(i).rbar, state(i).G, sums[i], o);
      r = state(i).rbar, G = state(i).G;
    }
    rates[i] = first && o.init_eta ? *o.init_eta : o.lr * quotient(r, std::sqrt(G));
  }
  fuse<MoveWith<DoGState>::Rule>(s, *this, rates);
}

void DoG::visit_global_state(Visitor& v) { list_states(v, "rbar", rbar_, "G", G_, "step", step_); }

void DoWG::apply(Step& s) {
  double distance = 0, squares = 0;
  for (auto& one : fuse<MeasureWith<DoWGState>::Rule>(s, *this)) distance += one[0], squares += one[1];
  estim_sq_dist_ = std::max({estim_sq_dist_, options().eps, distance});
  weighted_sq_norm_grads_ += estim_sq_dist_ * squares;
  fuse<MoveWith<DoWGState>::Rule>(s, *this, std::vector<double>(s.size(), estim_sq_dist_ / (std::sqrt(weighted_sq_norm_grads_) + options().eps)));
}

void DoWG::visit_global_state(Visitor& v) {
  list_states(v, "estim_sq_dist", estim_sq_dist_, "weighted_sq_norm_grads", weighted_sq_norm_grads_);
}

void CDoWG::apply(Step& s) { fuse<CDoWGRule>(s, *this); }

template class Method<DoG, DoGOptions, DoGState>;
template class Method<DoWG, DoWGOptions, DoWGState>;
template class Method<CDoWG, CDoWGOptions, CDoWGState>;

}  // namespace tare::optim
