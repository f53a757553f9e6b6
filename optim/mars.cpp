#include "optim/mars.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"

namespace tare::optim {
namespace {

/// Adam's direction; moves the moments.
Tensor mars_adam(MARSState& s, const Tensor& c, const std::vector<double>& betas, double eps, bool amsgrad) {
  double t = double(s.step);
  average_in(s.exp_avg, c, betas[0]);
  average_in(s.exp_avg_sq, square(c), betas[1]);
  Tensor v = s.exp_avg_sq;
  if (amsgrad) v = s.max_exp_avg_sq = s.max_exp_avg_sq.defined() ? maximum(s.max_exp_avg_sq, v) : kernels::copy(v);
  return s.exp_avg * (1 / correction(betas[0], t)) / (sqrt(v) * (1 / std::sqrt(correction(betas[1], t))) + eps);
}

Tensor mars_orthogonal(const Tensor& m, double eps) {
  Tensor u = newton_schulz(as_matrix(m), 5, eps);
  return reshape(u, m.shape()) * std::sqrt(std::max(1.0, double(u.size(0)) / double(u.size(1))));
}

}  // namespace

void MARSOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "gamma", gamma, "mars_type", mars_type,
               "optimize_1d", optimize_1d, "lr_1d", lr_1d, "betas_1d", betas_1d, "weight_decay_1d", weight_decay_1d, "amsgrad", amsgrad);
}
void MARSState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "last_grad", last_grad, "max_exp_avg_sq", max_exp_avg_sq, "step", step);
}

void MARS::check_options(const MARSOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.mars_type == "adamw" || o.mars_type == "lion" || o.mars_type == "shampoo",
                     "MARS: mars_type must be \"adamw\", \"lion\" or \"shampoo\", not \"", o.mars_type, "\"");
}

void MARS::update(const Tensor& w, Tensor g, MARSState& s, const MARSOptions& o) {
  s.step++;
  if (w.dim() < 2 && !o.optimize_1d) {
    Tensor u = mars_adam(s, g, o.betas_1d, o.eps, o.amsgrad);
    scale_in_place(w, 1 - o.lr_1d * o.weight_decay_1d);
    add_in_place(w, u, -o.lr_1d);
    return;
  }
  double k = o.gamma * o.betas[0] / (1 - o.betas[0]);
  Tensor c = s.last_grad.defined() ? g * (1 + k) - s.last_grad * k : g * (1 + k);
  s.last_grad = kernels::copy(g);
  c = c * (1 / std::max(1.0, norm_of(c)));
  Tensor u;
  if (o.mars_type == "adamw") {
    u = mars_adam(s, c, o.betas, o.eps, o.amsgrad);
  } else {
    average_in(s.exp_avg, c, o.betas[0]);
    u = o.mars_type == "lion" || w.dim() < 2 ? sign(s.exp_avg) : mars_orthogonal(s.exp_avg * (1 / (1 - o.betas[0])), o.eps);
  }
  scale_in_place(w, 1 - o.lr * o.weight_decay);
  add_in_place(w, u, -o.lr);
}

template class Method<MARS, MARSOptions, MARSState>;

}  // namespace tare::optim
