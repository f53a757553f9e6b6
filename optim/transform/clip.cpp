#include "optim/transform/clip.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "kernels/elementwise.h"
#include "kernels/multi_tensor.h"
#include "optim/check.h"

namespace tare::optim {
namespace {

double joint_norm(const Tensors& grads, double p) {
  Tensors present;
  for (const Tensor& g : grads)
    if (g.defined()) present.push_back(g);
  if (p == 2) return kernels::global_norm(present);
  if (std::isinf(p)) return kernels::global_max_abs(present);
  double total = 0;
  for (const Tensor& g : present) total += sum(pow(kernels::abs(g), p)).item();
  return std::pow(total, 1 / p);
}

}  // namespace

void ClipByNormOptions::visit(Visitor& v) {
  v.option("max_norm", max_norm);
  v.option("norm_type", norm_type);
}

void ClipByNorm::check_options(const ClipByNormOptions& o) {
  check_rate("ClipByNorm", "max_norm", o.max_norm);
  check<ConfigError>(o.norm_type > 0, "ClipByNorm: norm_type must be positive, not ", o.norm_type);
}

void ClipByNorm::apply(Step& s) {
  double norm = joint_norm(s.grads, options().norm_type);
  double factor = options().max_norm / (norm + 1e-6);
  if (factor >= 1) return;
  for (Tensor& g : s.grads)
    if (g.defined()) g = g * factor;
}

void ClipByValueOptions::visit(Visitor& v) { v.option("clip_value", clip_value); }

void ClipByValue::check_options(const ClipByValueOptions& o) { check_rate("ClipByValue", "clip_value", o.clip_value); }

void ClipByValue::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    double c = options(s.groups[i]).clip_value;
    if (s.grads[i].defined()) s.grads[i] = kernels::clamp(s.grads[i], -c, c);
  }
}

}  // namespace tare::optim
