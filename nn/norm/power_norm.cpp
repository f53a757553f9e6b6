#include "nn/norm/power_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/norm/tokens.h"

namespace tare::nn {

void PowerNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("alpha_fwd", alpha_fwd);
  v.option("alpha_bkw", alpha_bkw);
  v.option("affine", affine);
  v.option("warmup_iters", warmup_iters);
  v.option("group_num", group_num);
  v.option("group_scaling", group_scaling);
}

PowerNorm::PowerNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.group_num);
  check<ConfigError>(o.alpha_fwd >= 0 && o.alpha_fwd <= 1 && o.alpha_bkw >= 0 && o.alpha_bkw <= 1, type,
                     ": alpha_fwd and alpha_bkw must lie between 0 and 1, not ", o.alpha_fwd, " and ", o.alpha_bkw);
  Shape channel{o.num_features};
  if (o.affine) {
    start_affine(channel);
  }
  running_phi = Buffer(ones(channel));
  ema_gz = Buffer(zeros(channel));
  iters = Buffer(zeros({}, DType::int64));
}

PowerNorm::PowerNorm(int64_t num_features) : PowerNorm(Options{.num_features = num_features}) {}

void PowerNorm::visit(Visitor& v) {
  visit_affine(v);
  v.buffer("running_phi", running_phi);
  v.buffer("ema_gz", ema_gz);
  v.buffer("iters", iters);
}

Tensor PowerNorm::normalize_by_power(const Tensor& x, const Tensor& pad_mask) {
  double leak = 1 - options.alpha_bkw;
  Tensor z, root;
  {
    NoGrad off;
    int64_t step = iters().item<int64_t>() + 1;
    Tensor psi = token_mean_square(type, x, pad_mask, true), phi = running_phi();
    root = sqrt(psi + options.eps);
    z = x / (step <= options.warmup_iters ? root : sqrt(phi + options.eps));
    if (step < options.warmup_iters) phi = phi * (double(step - 1) / double(step)) + psi / double(step);
    running_phi.update(phi * options.alpha_fwd + psi * (1 - options.alpha_fwd));
    iters.update(iters() + 1);
  }
  bool frozen = context().frozen_statistics;
  auto backward = [root, leak, frozen, ema = ema_gz()](const Tensors& grads, const Tensors&, const Tensors& outputs, Needs) {
    const Tensor& z = outputs[0];
    Tensor G = grads[0] - z * (ema * leak);
    if (!frozen && !context().frozen_statistics) {
      NoGrad off;
      copy_(ema, ema + token_mean(G * z));
    }
    return Tensors{G / root};
  };
  return custom_vjp("power_norm", std::move(z), {x}, backward, Gradient::approximate);
}

Tensor PowerNorm::forward(const Tensor& input, const Tensor& pad_mask) {
  check_last(type, input, options.num_features);
  check<ShapeError>(input.dim() >= 2, "PowerNorm: expected an input (T, B, ", options.num_features, ") or (N, ", options.num_features, ") but it is ", input.shape());
  Tensor x = input;
  if (options.group_scaling) {
    Shape grouped = x.shape().slice(0, -1).concat({options.group_num, options.num_features / options.group_num});
    x = reshape(rms_norm(reshape(x, grouped), {grouped.back()}, {}, 1e-5), input.shape());
  }
  Tensor z = training() ? normalize_by_power(x, pad_mask) : x / sqrt(running_phi() + options.eps);
  return weight.defined() ? z * weight() + bias() : z;
}

template class Layer<PowerNorm>;

}  // namespace tare::nn
