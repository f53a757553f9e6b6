#include "optim/transform/project.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/glob.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

constexpr std::string_view kAxes[] = {"outputs", "inputs"};

/// Lengths of the rows or columns of w, shaped to be broadcast over it.
Tensor lengths(const Tensor& w, UnitAxis axis) {
  int kept = axis == UnitAxis::inputs && w.dim() > 1 ? 1 : 0;
  Shape others;
  for (int i = 0; i < w.dim(); i++)
    if (i != kept) others.push_back(i);
  return others.empty() ? abs(w) : norm(w, 2, others, true);
}

}  // namespace

std::vector<size_t> projected(const Step& s, const std::vector<std::string>& params, int least_dimensions, std::string_view who) {
  std::vector<size_t> chosen;
  std::vector<bool> used(params.size());
  for (size_t i = 0; i < s.size(); i++) {
    bool wanted = params.empty() && s.params[i].role == Role::weight && s.param(i).dim() >= least_dimensions;
    for (size_t p = 0; p < params.size(); p++)
      if (glob_match(params[p], s.params[i].name)) wanted = used[p] = true;
    if (wanted) chosen.push_back(i);
  }
  for (size_t p = 0; p < params.size(); p++) check<ConfigError>(used[p], who, ": no parameter matches \"", params[p], "\"");
  return chosen;
}

void MaxNormOptions::visit(Visitor& v) {
  v.option("max_norm", max_norm);
  v.option("axis", axis, kAxes);
  v.option("params", params);
}
void MaxNorm::check_options(const MaxNormOptions& o) { check<ConfigError>(o.max_norm > 0, type, ": max_norm must be greater than 0, not ", o.max_norm); }
void MaxNorm::apply(Step& s) {
  if (!s.updates) return;
  const MaxNormOptions& o = options();
  for (size_t i : projected(s, o.params, 2, type)) {
    const Tensor& w = s.param(i);
    // A row of zeros has the factor 1, by the clamp.
    assign(w, w * clamp(o.max_norm / lengths(w, o.axis), {}, 1.0));
  }
}

void UnitNormOptions::visit(Visitor& v) {
  v.option("axis", axis, kAxes);
  v.option("params", params);
}
void UnitNorm::apply(Step& s) {
  if (!s.updates) return;
  for (size_t i : projected(s, options().params, 2, type)) {
    const Tensor& w = s.param(i);
    Tensor length = lengths(w, options().axis);
    assign(w, w / where(gt(length, 0), length, 1.0));
  }
}

void WeightClipOptions::visit(Visitor& v) {
  v.option("clip_value", clip_value);
  v.option("params", params);
}
void WeightClip::check_options(const WeightClipOptions& o) { check<ConfigError>(o.clip_value > 0, type, ": clip_value must be greater than 0, not ", o.clip_value); }
void WeightClip::apply(Step& s) {
  if (!s.updates) return;
  double c = options().clip_value;
  for (size_t i : projected(s, options().params, 1, type)) assign(s.param(i), clamp(s.param(i), -c, c));
}

template class Method<MaxNorm, MaxNormOptions>;
template class Method<UnitNorm, UnitNormOptions>;
template class Method<WeightClip, WeightClipOptions>;

}  // namespace tare::optim
