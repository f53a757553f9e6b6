#include "optim/adamp.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void AdamPOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "eps", eps, "weight_decay", weight_decay, "delta", delta, "wd_ratio", wd_ratio, "nesterov", nesterov);
}
void SGDPOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "momentum", momentum, "dampening", dampening, "weight_decay", weight_decay, "nesterov", nesterov, "eps", eps, "delta", delta,
               "wd_ratio", wd_ratio);
}
void SGDPState::visit(Visitor& v) { list_states(v, "momentum", momentum); }

void AdamP::check_options(const AdamPOptions& o) {
  Method::check_options(o);
  check_rate(type, "delta", o.delta);
  check_rate(type, "wd_ratio", o.wd_ratio);
}
void SGDP::check_options(const SGDPOptions& o) {
  Method::check_options(o);
  check_range(type, "momentum", o.momentum, 0, 1);
  check_rate(type, "delta", o.delta);
  check_rate(type, "wd_ratio", o.wd_ratio);
}

Projected project_scale_invariant(const Tensor& w, const Tensor& g, const Tensor& step, double delta, double wd_ratio, double eps) {
  if (w.dim() < 2 || w.numel() == 0) return {step, 1};
  for (int64_t rows : {w.size(0), int64_t(1)}) {
    Shape view{rows, w.numel() / rows};
    Tensor a = reshape(w, view), b = reshape(g, view), length = norm(a, 2, {1}, true);
    Tensor cosine = sum(a * b, {1}, true) / clamp(length * norm(b, 2, {1}, true), eps);
    if (!(max_abs_of(cosine) < delta / std::sqrt(double(view[1])))) continue;
    Tensor n = a / (length + eps), p = reshape(step, view);
    return {reshape(p - n * sum(n * p, {1}, true), w.shape()), wd_ratio};
  }
  return {step, 1};
}

void AdamP::update(const Tensor& w, Tensor g, MomentsState& s, const AdamPOptions& o) {
  double t = double(++s.step), b1 = o.betas[0];
  average_in(s.exp_avg, g, b1);
  average_in(s.exp_avg_sq, square(g), o.betas[1]);
  Tensor den = sqrt(s.exp_avg_sq) * (1 / std::sqrt(correction(o.betas[1], t))) + o.eps;
  Tensor direction = o.nesterov ? s.exp_avg * b1 + g * (1 - b1) : s.exp_avg;
  Projected p = project_scale_invariant(w, g, direction / den, o.delta, o.wd_ratio, o.eps);
  if (o.weight_decay > 0) scale_in_place(w, 1 - o.lr * o.weight_decay * p.decay_ratio);
  add_in_place(w, p.step, -o.lr / correction(b1, t));
}

void SGDP::update(const Tensor& w, Tensor g, SGDPState& s, const SGDPOptions& o) {
  Tensor& buffer = zeros_on_first_use(s.momentum, w);
  scale_in_place(buffer, o.momentum);
  add_in_place(buffer, g, 1 - o.dampening);
  Projected p = project_scale_invariant(w, g, o.nesterov ? g + buffer * o.momentum : buffer, o.delta, o.wd_ratio, o.eps);
  if (o.weight_decay > 0) scale_in_place(w, 1 - o.lr * o.weight_decay * p.decay_ratio / (1 - o.momentum));
  add_in_place(w, p.step, -o.lr);
}

template class Method<AdamP, AdamPOptions, MomentsState>;
template class Method<SGDP, SGDPOptions, SGDPState>;

}  // namespace tare::optim
