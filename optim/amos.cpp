#include "optim/amos.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AmosOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "beta", beta, "extra_l2", extra_l2, "c_coef", c_coef, "d_coef", d_coef, "eps", eps, "scale", scale);
}
void AmosState::visit(Visitor& v) { list_states(v, "exp_avg_sq", exp_avg_sq, "decay", decay, "exp_avg", exp_avg, "step", step); }

void Amos::check_options(const AmosOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_range(type, "beta", o.beta, 0, 1);
  check<ConfigError>(o.scale > 0, "Amos: scale must be positive, not ", o.scale);
}

void Amos::update(const Tensor& w, Tensor g, AmosState& s, const AmosOptions& o) {
  double t = double(++s.step), square = mean_square_of(g);
  s.exp_avg_sq = o.beta * s.exp_avg_sq + (1 - o.beta) * square;
  double r = correction(o.beta, t) / std::max(s.exp_avg_sq, o.eps), b = s.decay;
  double y = o.lr * o.lr * r * square / std::sqrt(1 + o.c_coef * std::sqrt(o.lr) * b);
  double shorten = 1 / (1 + o.d_coef * std::sqrt(o.lr * o.scale) * b);
  Tensor u = w * ((y / 2 + o.extra_l2) * shorten) + g * (o.lr * o.scale * std::sqrt(r) * shorten);
  s.decay += y * (1 + b);
  if (o.momentum > 0) {
    average_in(s.exp_avg, u, o.momentum);
    u = s.exp_avg;
  }
  add_in_place(w, u, -1);
}

template class Method<Amos, AmosOptions, AmosState>;

}  // namespace tare::optim
