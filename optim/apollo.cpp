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

void Apollo::update(const Tensor& w, Tensor g, ApolloState& s, const ApolloOptions& o) {
  constexpr double kLeast = 0.01;
  bool belief = o.rebound == "belief";
  double t = double(++s.step), a = (1 - o.beta) / correction(o.beta, t), lr = o.lr;
  if (s.step < o.warmup_steps) {
    double begin = o.init_lr.value_or(o.lr / 1000);
    lr = begin + (o.lr - begin) * (t - 1) / double(o.warmup_steps);
  }
  if (o.weight_decay_type == "l2") g = g + o.weight_decay * w;
  Tensor &m = zeros_on_first_use(s.exp_avg_grad, w), &b = zeros_on_first_use(s.approx_hessian, w), &d = zeros_on_first_use(s.update, w);
  Tensor difference = g - m;
  add_in_place(m, difference, a);
  double scale = 1 / (norm(d, 4).item() + (belief ? o.eps : o.eps / kLeast));
  d = d * scale;
  double change = -a * scale * dot_of(difference, d) - dot_of(b, square(d));
  add_in_place(b, square(d), change);
  Tensor den = belief ? clamp(abs(b), max_abs_of(difference)) + o.eps / a : clamp(abs(b), kLeast);
  d = m / den;
  if (o.weight_decay_type == "decoupled") d = d + o.weight_decay * w;
  if (o.weight_decay_type == "stable") d = d + o.weight_decay / mean(den).item() * w;
  add_in_place(w, d, -lr);
}

template class Method<Apollo, ApolloOptions, ApolloState>;

}  // namespace tare::optim
