#include "optim/splus.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/axes.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void SPlusOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "ema_rate", ema_rate, "inverse_every", inverse_every, "eps", eps, "weight_decay", weight_decay,
               "nonstandard_constant", nonstandard_constant, "max_dim", max_dim);
}
void SPlusState::visit(Visitor& v) {
  list_states(v, "momentum", momentum, "ema", ema, "sides", sides, "q_sides", q_sides, "step", step, "ema_weight", ema_weight);
}

void SPlus::check_options(const SPlusOptions& o) {
  Method::check_options(o);
  check_range(type, "ema_rate", o.ema_rate, 0, 1);
  check_rate(type, "nonstandard_constant", o.nonstandard_constant);
  check<ConfigError>(o.inverse_every >= 1, "SPlus: inverse_every must be at least 1, not ", o.inverse_every);
}

void SPlus::update(const Tensor& w, Tensor g, SPlusState& s, const SPlusOptions& o) {
  s.step++;
  average_in(s.momentum, g, o.betas[0]);
  bool matrix = w.dim() == 2;
  Tensor u = s.momentum;
  double rate = o.lr * o.nonstandard_constant;
  if (matrix) {
    rate = 2 * o.lr / double(w.size(0) + w.size(1));
    s.sides.resize(2), s.q_sides.resize(2);
    for (int i : {0, 1})
      if (s.q_sides[size_t(i)].defined()) u = times_along(u, transpose(s.q_sides[size_t(i)]), i);
  }
  u = sign(u);
  if (matrix)
    for (int i : {0, 1}) {
      Tensor &side = s.sides[size_t(i)], &basis = s.q_sides[size_t(i)];
      if (basis.defined()) u = times_along(u, basis, i);
      if (w.size(i) > o.max_dim) continue;
      average_in(side, gram_along(g, i), o.betas[1]);
      if (s.step == 1 || s.step % o.inverse_every == 0) basis = eigh(side + eye(side.size(0), side.size(0), side.dtype()) * o.eps).second;
    }
  add_in_place(w, u, -rate);
  average_in(s.ema, w, o.ema_rate);
  s.ema_weight = o.ema_rate * s.ema_weight + (1 - o.ema_rate);
  scale_in_place(w, 1 - rate * o.weight_decay);
}

Tensor SPlus::evaluation_weight(size_t i, const Tensor&) const {
  const SPlusState* s = state_or_null(i);
  return s && s->ema.defined() ? kernels::mul(s->ema, 1 / s->ema_weight) : Tensor();
}

template class Method<SPlus, SPlusOptions, SPlusState>;

}  // namespace tare::optim
