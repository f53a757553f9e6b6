#include "optim/came.h"

#include "autograd/ops/elementwise.h"
#include "optim/factored.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void CAMEOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "clip_threshold", clip_threshold, "weight_decay", weight_decay); }
void CAMEState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq_row", exp_avg_sq_row, "exp_avg_sq_col", exp_avg_sq_col, "exp_avg_res_row", exp_avg_res_row,
              "exp_avg_res_col", exp_avg_res_col, "exp_avg_sq", exp_avg_sq, "step", step);
}

void CAME::check_options(const CAMEOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps.size() == 2 && o.eps[0] >= 0 && o.eps[1] >= 0, "CAME: eps are two numbers of at least 0");
  check<ConfigError>(o.clip_threshold > 0, "CAME: clip_threshold must be positive, not ", o.clip_threshold);
}

void CAME::update(const Tensor& w, Tensor g, CAMEState& s, const CAMEOptions& o) {
  s.step++;
  bool factored = w.dim() > 1;
  Tensor squares = square(g) + o.eps[0], u;
  if (factored) {
    average_factors(s.exp_avg_sq_row, s.exp_avg_sq_col, squares, o.betas[1]);
    u = over_factored_root(g, s.exp_avg_sq_row, s.exp_avg_sq_col);
  } else {
    average_in(s.exp_avg_sq, squares, o.betas[1]);
    u = g / sqrt(s.exp_avg_sq);
  }
  u = clipped_by_rms(u, o.clip_threshold);
  average_in(s.exp_avg, u, o.betas[0]);
  Tensor d = s.exp_avg;
  if (factored) {
    average_factors(s.exp_avg_res_row, s.exp_avg_res_col, square(u - s.exp_avg) + o.eps[1], o.betas[2]);
    d = over_factored_root(d, s.exp_avg_res_row, s.exp_avg_res_col);
  }
  scale_in_place(w, 1 - o.lr * o.weight_decay);
  add_in_place(w, d, -o.lr);
}

template class Method<CAME, CAMEOptions, CAMEState>;

}  // namespace tare::optim
