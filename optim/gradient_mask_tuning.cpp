#include "optim/gradient_mask_tuning.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/factory.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void GradientMaskTuningOptions::visit(Visitor& v) {
  list_options(v, "mask_ratio", mask_ratio, "accumulation_steps", accumulation_steps, "scope", scope, "freeze_masked", freeze_masked);
}
void AccumulatedState::visit(Visitor& v) { list_states(v, "accumulated", accumulated); }

void GradientMaskTuning::check_options(const GradientMaskTuningOptions& o) {
  check<ConfigError>(o.mask_ratio >= 0 && o.mask_ratio <= 1, "GradientMaskTuning: mask_ratio must be in [0, 1], not ", o.mask_ratio);
  check<ConfigError>(o.accumulation_steps >= 1, "GradientMaskTuning: accumulation_steps must be at least 1, not ", o.accumulation_steps);
  check<ConfigError>(o.scope == "tensor" || o.scope == "global", "GradientMaskTuning: scope must be \"tensor\" or \"global\", not \"", o.scope, "\"");
}

Tensors largest_entries(const Tensors& tensors, double ratio) {
  struct Entry {
    double size;
    int64_t index;  // over all tensors in order
  };
  std::vector<Entry> entries;
  for (const Tensor& t : tensors)
    if (t.defined())
      for (double x : t.to_vector<double>()) entries.push_back({std::abs(x), int64_t(entries.size())});
  // 0.29 * 100 is a little less than 29.
  size_t masked = std::min(entries.size(), size_t(std::floor(ratio * double(entries.size()) + 1e-9)));
  auto smaller = [](const Entry& a, const Entry& b) { return a.size < b.size || (a.size == b.size && a.index < b.index); };
  if (masked < entries.size()) std::nth_element(entries.begin(), entries.begin() + int64_t(masked), entries.end(), smaller);
  std::vector<double> keep(entries.size(), 1);
  for (size_t k = 0; k < masked; k++) keep[size_t(entries[k].index)] = 0;
  Tensors out;
  int64_t at = 0;
  for (const Tensor& t : tensors) {
    if (!t.defined()) {
      out.emplace_back();
      continue;
    }
    std::vector<double> part(keep.begin() + at, keep.begin() + at + t.numel());
    out.push_back(from_vector(part, t.shape(), t.dtype()));
    at += t.numel();
  }
  return out;
}

void GradientMaskTuning::apply(Step& s) {
  const GradientMaskTuningOptions& o = options();
  if (o.accumulation_steps > 1) {
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined()) add_in_place(zeros_on_first_use(state(i).accumulated, s.param(i)), s.grads[i]);
    if (++micro_batch_ % o.accumulation_steps != 0) return;
    for (size_t i = 0; i < s.size(); i++) {
      s.grads[i] = has_state(i) && state(i).accumulated.defined() ? kernels::div(state(i).accumulated, double(o.accumulation_steps)) : Tensor();
      if (has_state(i)) state(i).accumulated = Tensor();
    }
  }
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  Tensors masks;
  if (o.scope == "global") masks = largest_entries(s.grads, o.mask_ratio);
  else
    for (const Tensor& g : s.grads) masks.push_back(largest_entries({g}, o.mask_ratio)[0]);
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) s.grads[i] = kernels::mul(s.grads[i], masks[i]);
  Tensors before = o.freeze_masked ? copies(s.params.tensors()) : Tensors(s.size());
  base->apply(s);
  for (size_t i = 0; i < s.size(); i++)
    if (o.freeze_masked && masks[i].defined()) assign(s.param(i), kernels::where(kernels::ne(masks[i], 0), s.param(i), before[i]));
}

void GradientMaskTuning::visit_global_state(Visitor& v) { v.state("micro_batch", micro_batch_); }

template class Wrapper<GradientMaskTuning, GradientMaskTuningOptions, AccumulatedState>;

}  // namespace tare::optim
