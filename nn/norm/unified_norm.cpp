#include "nn/norm/unified_norm.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/norm/tokens.h"

namespace tare::nn {
namespace {

// The window with `row` in the place of step i.
Tensor with_row(const Tensor& window, int64_t i, const Tensor& row) {
  Tensor next = clone(window);
  copy_(select(next, 0, i % window.shape()[0]), row);
  return next;
}

Tensor geometric_mean(const Tensor& window) { return exp(mean(log(window), {0})); }

}  // namespace

// What a training step finds out about its batch, all of it off the tape.
struct UnifiedNorm::Batch {
  int64_t step;
  bool skip;
  Tensor v;      // the second moment that divides, (C)
  Tensor ratio;  // r, undefined where it is 1
};

void UnifiedNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("window_size", window_size);
  v.option("warmup_iters", warmup_iters);
  v.option("outlier_filtration", outlier_filtration);
  v.option("eps", eps);
  v.option("momentum", momentum);
}

UnifiedNorm::UnifiedNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.window_size.size() == 1 || o.window_size.size() == 2, "UnifiedNorm: expected window_size to be one number or two, not ", o.window_size);
  for (int64_t m : o.window_size) check<ConfigError>(m >= 1, "UnifiedNorm: expected a window_size of at least 1, not ", o.window_size);
  check<ConfigError>(o.momentum >= 0 && o.momentum <= 1, "UnifiedNorm: momentum must lie between 0 and 1, not ", o.momentum);
  Shape channel{o.num_features};
  start_affine(channel);
  running_var = Buffer(ones(channel));
  ema_gz = Buffer(zeros(channel));
  buffer_x2 = Buffer(zeros({o.window_size[0], o.num_features}));
  buffer_gz = Buffer(zeros({o.window_size.back(), o.num_features}));
  iters = Buffer(zeros({}, DType::int64));
  skip_counter = Buffer(zeros({}, DType::int64));
}

UnifiedNorm::UnifiedNorm(int64_t num_features) : UnifiedNorm(Options{.num_features = num_features}) {}

void UnifiedNorm::visit(Visitor& v) {
  visit_affine(v);
  v.buffer("running_var", running_var);
  v.buffer("ema_gz", ema_gz);
  v.buffer("buffer_x2", buffer_x2);
  v.buffer("buffer_gz", buffer_gz);
  v.buffer("iters", iters);
  v.buffer("skip_counter", skip_counter);
}

UnifiedNorm::Batch UnifiedNorm::take(const Tensor& x, const Tensor& pad_mask) {
  NoGrad off;
  const UnifiedNormOptions& o = options;
  Batch b{.step = iters().item<int64_t>() + 1, .skip = o.window_size[0] <= 1, .v = token_mean_square(type, x, pad_mask, false), .ratio = {}};
  Tensor window = with_row(buffer_x2(), b.step, b.v);
  bool warm = b.step < o.warmup_iters, outlier = false;
  if (!warm && o.outlier_filtration) {
    double limit = var(sqrt(buffer_x2())).item() * double(o.window_size[0]);
    outlier = any(gt(mean(window, {0}) - geometric_mean(window), limit)).item<bool>();
  }
  if (outlier) {
    window = with_row(window, b.step, running_var());
    b.skip = true;
    skip_counter.update(skip_counter() + 1);
  }
  // A window that is not full yet holds zeros, of which there is no logarithm: it is not used.
  if (b.step > o.window_size[0] && !warm && !b.skip) b.v = geometric_mean(window);
  if (b.step > std::max<int64_t>(1000, o.warmup_iters) && !b.skip) b.ratio = clamp(sqrt(b.v + o.eps) / sqrt(running_var() + o.eps), 0.2, 5.0);
  buffer_x2.update(window);
  running_var.update(running_var() * o.momentum + b.v * (1 - o.momentum));
  iters.update(iters() + 1);
  return b;
}

ChannelAffine UnifiedNorm::inference_affine() const { return {weight() / sqrt(running_var() + options.eps), bias()}; }

Tensor UnifiedNorm::forward(const Tensor& x, const Tensor& pad_mask) {
  check_last(type, x, options.num_features);
  check<ShapeError>(x.dim() >= 2, "UnifiedNorm: expected an input (B, N, ", options.num_features, ") or (N, ", options.num_features, ") but it is ", x.shape());
  if (!training()) {
    ChannelAffine f = inference_affine();
    return x * f.scale + f.shift;
  }
  Batch b = take(x, pad_mask);
  Tensor root = sqrt(b.v + options.eps), z;
  {
    NoGrad off;
    z = x / root;
  }
  bool frozen = context().frozen_statistics, early = b.step < options.warmup_iters;
  auto backward = [root, frozen, early, b, momentum = options.momentum, ema = ema_gz(), window = buffer_gz()](const Tensors& grads, const Tensors&,
                                                                                                            const Tensors& outputs, Needs) {
    const Tensor &g = grads[0], &z = outputs[0];
    Tensor e;
    {
      NoGrad off;
      Tensor gz = token_mean(g * z), rows = with_row(window, b.step, b.skip ? ema : gz);
      Tensor smooth = b.step <= window.shape()[0] || early || b.skip ? gz : mean(rows, {0});
      Tensor next = ema * momentum + smooth * (1 - momentum);
      e = b.skip ? smooth : next;
      if (!frozen && !context().frozen_statistics) {
        copy_(window, rows);
        copy_(ema, next);
      }
    }
    return Tensors{(g - z * e) / root};
  };
  z = custom_vjp("unified_norm", std::move(z), {x}, backward, Gradient::approximate);
  Tensor y = z * weight();
  if (b.ratio.defined()) y = record("scale_gradient", y, from(y, [r = b.ratio](const Tensor& grad) { return grad * r; }));
  return y + bias();
}

template class Layer<UnifiedNorm>;

}  // namespace tare::nn
