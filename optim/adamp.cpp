#include "optim/adamp.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/rows.h"

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

int64_t scale_invariant_rows(const Tensor& w, const Tensor& g, double delta, double eps) {
  if (w.dim() < 2 || w.numel() == 0) return 0;
  auto fits = [&](const RowSums& row, int64_t length) {
    return std::abs(row.wg) / std::max(std::sqrt(row.ww) * std::sqrt(row.gg), eps) < delta / std::sqrt(double(length));
  };
  RowSums whole;
  bool all = true;
  for (const RowSums& row : row_sums(w, g)) {
    all = all && fits(row, w.numel() / w.size(0));
    whole += row;
  }
  return all ? w.size(0) : fits(whole, w.numel()) ? 1 : 0;
}

Projected project_scale_invariant(const Tensor& w, const Tensor& g, const Tensor& step, double delta, double wd_ratio, double eps) {
  int64_t rows = scale_invariant_rows(w, contiguous(g), delta, eps);
  if (rows == 0) return {step, 1};
  Shape view{rows, w.numel() / rows};
  Tensor a = reshape(w, view), p = reshape(step, view), n = a / (norm(a, 2, {1}, true) + eps);
  return {reshape(p - n * sum(n * p, {1}, true), w.shape()), wd_ratio};
}

namespace {

template <class T>
struct AdamPRule {
  static constexpr auto tensors = std::tuple{&MomentsState::exp_avg, &MomentsState::exp_avg_sq};
  Ema<T> first, second;
  T on_m, on_g, inverse_root, eps, shrink;
  AdamPRule(MomentsState& s, const AdamPOptions& o) : first(o.betas[0]), second(o.betas[1]), eps(T(o.eps)) {
    double t = double(++s.step), b1 = o.betas[0], rate = o.lr / correction(b1, t);
    on_m = T(o.nesterov ? rate * b1 : rate), on_g = T(o.nesterov ? rate * (1 - b1) : 0);
    inverse_root = T(1 / std::sqrt(correction(o.betas[1], t)));
    shrink = T(1 - o.lr * o.weight_decay);
  }
  void operator()(T& w, T g, T& m, T& v) const {
    m = first(m, g);
    v = second(v, g * g);
    w = shrink * w - (on_m * m + on_g * g) / (std::sqrt(v) * inverse_root + eps);
  }
};

void projected_step(const Tensor& w, const Tensor& g, MomentsState& s, const AdamPOptions& o) {
  double t = double(++s.step), b1 = o.betas[0];
  average_in(s.exp_avg, g, b1);
  average_in(s.exp_avg_sq, square(g), o.betas[1]);
  Tensor den = sqrt(s.exp_avg_sq) * (1 / std::sqrt(correction(o.betas[1], t))) + o.eps;
  Tensor direction = o.nesterov ? s.exp_avg * b1 + g * (1 - b1) : s.exp_avg;
  Projected p = project_scale_invariant(w, g, direction / den, o.delta, o.wd_ratio, o.eps);
  if (o.weight_decay > 0) scale_in_place(w, 1 - o.lr * o.weight_decay * p.decay_ratio);
  add_in_place(w, p.step, -o.lr / correction(b1, t));
}

}  // namespace

void AdamP::apply(Step& s) {
  in_parts(s, [&](Step& part) {
    std::vector<bool> projected(s.size());
    for (size_t i = 0; i < s.size(); i++) {
      if (!part.grads[i].defined()) continue;
      const AdamPOptions& o = options(s.groups[i]);
      Tensor g = contiguous_gradient(part, i);
      projected[i] = scale_invariant_rows(s.param(i), g, o.delta, o.eps) > 0;
      if (projected[i]) projected_step(s.param(i), g, state(i), o);
    }
    fuse_where<AdamPRule>(part, *this, [&](const AdamPOptions&, size_t i) { return !projected[i]; });
  });
}

void SGDP::update(const Tensor& w, const Tensor& g, SGDPState& s, const SGDPOptions& o) {
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
