// Limited-memory BFGS (Nocedal, 1980; Liu and Nocedal, 1989) as in PyTorch, with a line search for the strong Wolfe conditions (Nocedal and
// Wright, Numerical Optimization, algorithms 3.5 and 3.6; optim/line_search.h). One step runs up to max_iter iterations:
//
//   1. y = g - g_prev, s = t d; the pair is kept when y.s > 1e-10;  H0 = y.s / y.y
//   2. d <- -H g by the two-loop recursion over the kept pairs
//   3. t = lr, at the very first iteration min(1, 1 / |g|_1) lr; or found by the line search;  w <- w + t d
//
// It stops under tolerance_grad (largest |g|), when g.d > -tolerance_change, after max_iter iterations or max_eval evaluations, and when the
// step or the change of the loss falls under tolerance_change. Needs step(closure); parameters without gradient count as zero.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct LBFGSOptions {
  double lr = 1;
  int64_t max_iter = 20;  ///< iterations a step
  std::optional<int64_t> max_eval{};  ///< evaluations a step; 5/4 max_iter when absent
  double tolerance_grad = 1e-7;
  double tolerance_change = 1e-9;
  int64_t history_size = 100;
  std::optional<std::string> line_search_fn{};  ///< "strong_wolfe", or absent for fixed steps
  void visit(Visitor& v);
};

class LBFGS : public Method<LBFGS, LBFGSOptions> {
 public:
  static constexpr std::string_view type = "LBFGS";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  /// Throws ConfigError for more than one group: its steps are of all parameters together.
  void resize(size_t parameters, size_t groups) override;
  void move_state(const std::vector<int64_t>& old_index_of_new) override;
  static void check_options(const LBFGSOptions& o);

 private:
  Tensor two_loops(const Tensor& g) const;
  void remember(const Tensor& g);
  
  Tensor d_, prev_flat_grad_;
  Tensors old_dirs_, old_stps_;  // y and s of the kept pairs, oldest first
  double t_ = 0, h_diag_ = 1, prev_loss_ = 0;
  int64_t n_iter_ = 0, func_evals_ = 0;
};

extern template class Method<LBFGS, LBFGSOptions>;

}  // namespace tare::optim
