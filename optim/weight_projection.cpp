#include "optim/weight_projection.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/orthogonalize.h"

namespace tare::optim {
namespace {

/// The norm of every row (rows, 1), or of the whole tensor (1, 1).
Tensor norms_of(const Tensor& w, bool by_row) {
  Tensor m = as_matrix(w);
  return by_row ? norm(m, 2, {1}, true) : reshape(norm(m), {1, 1});
}

/// w <- w target / |w|; rows of norm zero stay.
void project(const Tensor& w, const Tensor& target, bool by_row) {
  Tensor now = norms_of(w, by_row);
  assign(w, reshape(as_matrix(w) * where(gt(now, 0), target / now, 1), w.shape()));
}

void hold_tensor(const Tensor& w, double target) {
  if (double now = norm_of(w); now > 0) scale_in_place(w, target / now);
}

Tensor number(double value) { return scalar(value, DType::float64); }

/// z without its part along w.
Tensor tangent(const Tensor& z, const Tensor& w) {
  double square = dot_of(w, w);
  return square > 0 ? z - w * (dot_of(z, w) / square) : z;
}

}  // namespace

void TargetState::visit(Visitor& v) { list_states(v, "target", target); }
void WeightProjectionOptions::visit(Visitor& v) { list_options(v, "project", project, "granularity", granularity, "target_norm", target_norm); }
void NaPOptions::visit(Visitor& v) {
  list_options(v, "project", project, "every", every);
  v.option("joint", joint);
}
void LAWNOptions::visit(Visitor& v) {
  list_options(v, "constrained", constrained, "free_steps", free_steps, "warmup_steps", warmup_steps, "reset_state", reset_state);
}

void WeightProjection::check_options(const WeightProjectionOptions& o) {
  check<ConfigError>(o.granularity == "row" || o.granularity == "tensor", "WeightProjection: granularity must be \"row\" or \"tensor\", not \"",
                     o.granularity, "\"");
  check<ConfigError>(!o.target_norm || *o.target_norm > 0, "WeightProjection: target_norm must be positive, not ", o.target_norm.value_or(0));
}

void WeightProjection::apply(Step& s) {
  const WeightProjectionOptions& o = options();
  bool by_row = o.granularity == "row";
  std::vector<bool> held = selected(type, "project", s.params, o.project);
  for (size_t i = 0; i < s.size(); i++)
    if (held[i] && !state(i).target.defined()) {
      Tensor now = norms_of(s.param(i), by_row);
      state(i).target = o.target_norm ? full_like(now, *o.target_norm) : now;
    }
  base->apply(s);
  for (size_t i = 0; i < s.size(); i++)
    if (held[i]) project(s.param(i), state(i).target, by_row);
}

void NaP::check_options(const NaPOptions& o) { check<ConfigError>(o.every >= 1, "NaP: every must be at least 1, not ", o.every); }

void NaP::apply(Step& s) {
  const NaPOptions& o = options();
  std::vector<bool> held = selected(type, "project", s.params, o.project);
  std::vector<std::pair<size_t, size_t>> pairs;
  for (auto& [scale, offset] : o.joint.pairs) pairs.emplace_back(index_of(type, "joint", s.params, scale), index_of(type, "joint", s.params, offset));
  auto together = [&](const std::pair<size_t, size_t>& p) { return std::hypot(norm_of(s.param(p.first)), norm_of(s.param(p.second))); };
  for (size_t i = 0; i < s.size(); i++)
    if (held[i] && !state(i).target.defined()) state(i).target = number(norm_of(s.param(i)));
  for (auto& p : pairs)
    if (!state(p.first).target.defined()) state(p.first).target = number(together(p));
  base->apply(s);
  if (++step_ % o.every != 0) return;
  for (size_t i = 0; i < s.size(); i++)
    if (held[i]) hold_tensor(s.param(i), state(i).target.item());
  for (auto& p : pairs) {
    double now = together(p), factor = now > 0 ? state(p.first).target.item() / now : 1;
    scale_in_place(s.param(p.first), factor);
    scale_in_place(s.param(p.second), factor);
  }
}

void NaP::visit_global_state(Visitor& v) { v.state("step", step_); }

void LAWN::check_options(const LAWNOptions& o) {
  check<ConfigError>(o.free_steps >= 0 && o.warmup_steps >= 0, "LAWN: free_steps and warmup_steps must be at least 0, not ", o.free_steps, " and ",
                     o.warmup_steps);
}

void LAWN::apply(Step& s) {
  const LAWNOptions& o = options();
  std::vector<bool> held = selected(type, "constrained", s.params, o.constrained);
  if (step_++ < o.free_steps) return base->apply(s);
  int64_t since = step_ - o.free_steps;
  if (since == 1 && o.reset_state) {
    base->move_state(std::vector<int64_t>(s.size(), -1));
    base->resize(s.size(), 1);
  }
  Tensors before = copies(s.params.tensors());
  for (size_t i = 0; i < s.size(); i++) {
    if (!held[i]) continue;
    if (!state(i).target.defined()) state(i).target = number(norm_of(before[i]));
    if (s.grads[i].defined()) s.grads[i] = tangent(s.grads[i], before[i]);
  }
  base->apply(s);
  double factor = since < o.warmup_steps ? double(since) / double(o.warmup_steps) : 1;
  for (size_t i = 0; i < s.size(); i++) {
    const Tensor& w = s.param(i);
    if (!held[i] && factor == 1) continue;
    // The base's step as it stands, whatever the base is.
    Tensor step = before[i] - w;
    assign(w, before[i]);
    add_in_place(w, held[i] ? tangent(step, before[i]) : step, -factor);
    if (held[i]) hold_tensor(w, state(i).target.item());
  }
}

void LAWN::visit_global_state(Visitor& v) { v.state("step", step_); }

Tensor effective_learning_rate(const Tensor& w, double lr, std::string_view optimizer) {
  check<ConfigError>(optimizer == "sgd" || optimizer == "adam", "effective_learning_rate: optimizer must be \"sgd\" or \"adam\", not \"", optimizer, "\"");
  double length = norm_of(w);
  return scalar(lr / (optimizer == "sgd" ? length * length : length), w.dtype());
}

template class Wrapper<WeightProjection, WeightProjectionOptions, TargetState>;
template class Wrapper<NaP, NaPOptions, TargetState>;
template class Wrapper<LAWN, LAWNOptions, TargetState>;

}  // namespace tare::optim
