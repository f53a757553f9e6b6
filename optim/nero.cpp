#include "optim/nero.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

Tensor nero_rows(const Tensor& x) { return reshape(x, {x.dim() ? x.size(0) : 1, -1}); }
Tensor nero_row_norms(const Tensor& x) { return norm(nero_rows(x), 2, {1}, true); }

void center_and_normalize_rows(const Tensor& w) {
  Tensor rows = nero_rows(w);
  rows = rows - mean(rows, {1}, true);
  Tensor length = norm(rows, 2, {1}, true);
  assign(w, reshape(rows * where(gt(length, 0), 1 / length, 0.0), w.shape()));
}

}  // namespace

void NeroOptions::visit(Visitor& v) { list_options(v, "lr", lr, "beta", beta, "constraints", constraints); }
void NeroState::visit(Visitor& v) { list_states(v, "exp_avg_sq", exp_avg_sq, "scale", scale, "step", step); }

void Nero::check_options(const NeroOptions& o) {
  Method::check_options(o);
  check_range(type, "beta", o.beta, 0, 1);
}

void Nero::update(const Tensor& w, Tensor g, NeroState& s, const NeroOptions& o) {
  bool constrained = o.constraints && w.dim() > 1;
  if (s.step == 0) {
    if (constrained) center_and_normalize_rows(w);
    s.scale = mean(nero_row_norms(w)).item();
    if (s.scale == 0) s.scale = 0.01;
  }
  double t = double(++s.step);
  average_in(s.exp_avg_sq, square(nero_row_norms(g)), o.beta);
  Tensor root = sqrt(s.exp_avg_sq * (1 / correction(o.beta, t)));
  Tensor u = nero_rows(g) * where(gt(root, 0), 1 / root, 0.0);
  add_in_place(w, reshape(u, w.shape()), -o.lr * s.scale);
  if (constrained) center_and_normalize_rows(w);
}

template class Method<Nero, NeroOptions, NeroState>;

}  // namespace tare::optim
