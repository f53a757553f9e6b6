#include "optim/lbfgs.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/inplace.h"
#include "optim/line_search.h"
#include "optim/measure.h"

namespace tare::optim {

void LBFGSOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "max_iter", max_iter, "max_eval", max_eval, "tolerance_grad", tolerance_grad, "tolerance_change", tolerance_change,
               "history_size", history_size, "line_search_fn", line_search_fn);
}

void LBFGS::check_options(const LBFGSOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.max_iter >= 1, "LBFGS: max_iter must be at least 1, not ", o.max_iter);
  check<ConfigError>(o.max_eval.value_or(1) >= 1, "LBFGS: max_eval must be at least 1, not ", o.max_eval.value_or(1));
  check<ConfigError>(o.history_size >= 1, "LBFGS: history_size must be at least 1, not ", o.history_size);
  check<ConfigError>(!o.line_search_fn || *o.line_search_fn == "strong_wolfe", "LBFGS: line_search_fn must be \"strong_wolfe\" or null, not \"",
                     o.line_search_fn.value_or(""), "\"");
}

void LBFGS::resize(size_t parameters, size_t groups) {
  check<ConfigError>(groups <= 1, "LBFGS: its steps are of all parameters together; it takes no groups");
  Method::resize(parameters, groups);
}

void LBFGS::apply(Step& s) {
  const LBFGSOptions& o = options();
  const int64_t max_eval = o.max_eval.value_or(o.max_iter * 5 / 4);
  check<StateError>(!d_.defined() || d_.numel() == s.params.numel(), "LBFGS: the state is of ", d_.defined() ? d_.numel() : 0,
                    " numbers but the parameters have ", s.params.numel());
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  Tensor g = flatten(s.params, s.grads);
  double loss = loss_of(s, type);
  int64_t evaluations = 1;
  func_evals_++;
  if (max_abs_of(g) <= o.tolerance_grad) return;
  auto evaluate = [&] {
    s.evaluate(false, type);
    g = flatten(s.params, s.grads);
    loss = loss_of(s, type);
  };
  for (int64_t iteration = 1; iteration <= o.max_iter; iteration++) {
    n_iter_++;
    if (n_iter_ == 1) {
      d_ = -g;
      old_dirs_.clear(), old_stps_.clear(), h_diag_ = 1;
    } else {
      remember(g);
      d_ = two_loops(g);
    }
    prev_flat_grad_ = g;
    prev_loss_ = loss;
    t_ = n_iter_ == 1 ? std::min(1.0, 1 / sum_of(abs(g))) * o.lr : o.lr;
    double slope = dot_of(g, d_);
    if (slope > -o.tolerance_change) break;
    int64_t used = 0;
    if (o.line_search_fn) {
      Tensor start = flatten(s.params);
      auto along = [&](double t) {
        assign_flat(s.params, start);
        add_flat(s.params, d_, t);
        evaluate();
        return LinePoint{t, loss, dot_of(g, d_), g};
      };
      LineSearch found = strong_wolfe(along, {0, loss, slope, g}, t_, max_abs_of(d_), o.tolerance_change, max_eval - evaluations);
      t_ = found.best.t, loss = found.best.f, g = found.best.gradient, used = found.evaluations;
      assign_flat(s.params, start);
      add_flat(s.params, d_, t_);
    } else {
      add_flat(s.params, d_, t_);
      if (iteration != o.max_iter) evaluate(), used = 1;
    }
    evaluations += used, func_evals_ += used;
    bool flat = (o.line_search_fn || used) && max_abs_of(g) <= o.tolerance_grad;
    if (evaluations >= max_eval || flat) break;
    if (max_abs_of(d_) * t_ <= o.tolerance_change || std::abs(loss - prev_loss_) < o.tolerance_change) break;
  }
}

void LBFGS::remember(const Tensor& g) {
  Tensor y = g - prev_flat_grad_, step = d_ * t_;
  double ys = dot_of(y, step);
  if (ys <= 1e-10) return;
  if (int64_t(old_dirs_.size()) >= options().history_size) old_dirs_.erase(old_dirs_.begin()), old_stps_.erase(old_stps_.begin());
  old_dirs_.push_back(y), old_stps_.push_back(step);
  h_diag_ = ys / dot_of(y, y);
}

Tensor LBFGS::two_loops(const Tensor& g) const {
  size_t n = old_dirs_.size();
  std::vector<double> rho(n), alpha(n);
  Tensor q = -g;
  for (size_t i = n; i-- > 0;) {
    rho[i] = 1 / dot_of(old_dirs_[i], old_stps_[i]);
    alpha[i] = dot_of(old_stps_[i], q) * rho[i];
    add_in_place(q, old_dirs_[i], -alpha[i]);
  }
  q = q * h_diag_;
  for (size_t i = 0; i < n; i++) add_in_place(q, old_stps_[i], alpha[i] - dot_of(old_dirs_[i], q) * rho[i]);
  return q;
}

void LBFGS::visit_global_state(Visitor& v) {
  list_states(v, "d", d_, "t", t_, "old_dirs", old_dirs_, "old_stps", old_stps_, "prev_flat_grad", prev_flat_grad_, "H_diag", h_diag_, "prev_loss",
              prev_loss_, "n_iter", n_iter_, "func_evals", func_evals_);
}

// The pairs are of all parameters in order; other parameters begin anew.
void LBFGS::move_state(const std::vector<int64_t>& old_index_of_new) {
  for (size_t i = 0; i < old_index_of_new.size(); i++)
    if (old_index_of_new[i] != int64_t(i)) d_ = Tensor(), prev_flat_grad_ = Tensor(), old_dirs_.clear(), old_stps_.clear(), n_iter_ = 0;
}

template class Method<LBFGS, LBFGSOptions>;

}  // namespace tare::optim
