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
  v.option("error_if_nonfinite", error_if_nonfinite);
}

void ClipByNorm::check_options(const ClipByNormOptions& o) {
  check_rate("ClipByNorm", "max_norm", o.max_norm);
  check<ConfigError>(o.norm_type > 0, "ClipByNorm: norm_type must be positive, not ", o.norm_type);
}

Clipped clip_grad_norm(const Tensors& grads, double max_norm, double norm_type, bool error_if_nonfinite) {
  double norm = joint_norm(grads, norm_type), factor = max_norm / (norm + 1e-6);
  check<ValueError>(!error_if_nonfinite || std::isfinite(norm), "clip_grad_norm: the norm of the gradients is ", norm);
  Clipped out{grads, norm};
  if (factor >= 1) return out;
  for (Tensor& g : out.grads)
    if (g.defined()) g = g * factor;
  return out;
}

double clip_grad_norm(const ParameterList& params, double max_norm, double norm_type, bool error_if_nonfinite) {
  NoGrad off;
  Clipped clipped = clip_grad_norm(params.grads(), max_norm, norm_type, error_if_nonfinite);
  for (size_t i = 0; i < params.size(); i++)
    if (clipped.grads[i].defined()) params[i].tensor.set_grad(clipped.grads[i]);
  return clipped.norm;
}

Tensors clip_grad_value(const Tensors& grads, double clip_value) {
  check_rate("clip_grad_value", "clip_value", clip_value);
  Tensors out = grads;
  for (Tensor& g : out)
    if (g.defined()) g = kernels::clamp(g, -clip_value, clip_value);
  return out;
}

void ClipByNorm::apply(Step& s) {
  const ClipByNormOptions& o = options();
  s.grads = clip_grad_norm(s.grads, o.max_norm, o.norm_type, o.error_if_nonfinite).grads;
}

void ClipByValueOptions::visit(Visitor& v) { v.option("clip_value", clip_value); }

void ClipByValue::check_options(const ClipByValueOptions& o) { check_rate("ClipByValue", "clip_value", o.clip_value); }

void ClipByValue::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    double c = options(s.groups[i]).clip_value;
    if (s.grads[i].defined()) s.grads[i] = kernels::clamp(s.grads[i], -c, c);
  }
}

template class Method<ClipByNorm, ClipByNormOptions>;
template class Method<ClipByValue, ClipByValueOptions>;

}  // namespace tare::optim
