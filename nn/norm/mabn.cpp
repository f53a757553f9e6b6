#include "nn/norm/mabn.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/context.h"

namespace tare::nn {
namespace {

/// The mean of a buffer's rows once row `row` is `value`; writes it there unless `keep`.
Tensor window_mean(const Tensor& rows, int64_t row, const Tensor& value, bool keep) {
  NoGrad off;
  Tensor filled = keep ? clone(rows) : rows;
  copy_(select(filled, 0, row), value);
  return mean(filled, {0});
}

}  // namespace

void MABNOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("buffer_size", buffer_size);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("warmup_iters", warmup_iters);
}

MABN2d::MABN2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.buffer_size >= 1 && o.warmup_iters >= 0, type, ": expected buffer_size of at least 1 and warmup_iters of at least 0, not ",
                     o.buffer_size, " and ", o.warmup_iters);
  start_affine({o.num_features});
  running_var = Buffer(ones({o.num_features}));
  iters = Buffer(zeros({}, DType::int64));
  buffer_x2 = Buffer(zeros({o.buffer_size, o.num_features}));
  buffer_gz = Buffer(zeros({o.buffer_size, o.num_features}));
}
MABN2d::MABN2d(int64_t num_features) : MABN2d(Options{.num_features = num_features}) {}

void MABN2d::visit(Visitor& v) {
  visit_affine(v);
  v.buffer("running_var", running_var);
  v.buffer("iters", iters);
  v.buffer("buffer_x2", buffer_x2);
  v.buffer("buffer_gz", buffer_gz);
}

Tensor MABN2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  if (!training()) return tare::batch_norm(x, zeros_like(running_var()), running_var(), weight(), bias(), options.eps);
  check<ValueError>(values_per_channel(x) > 0, type, ": expected a batch that is not empty, but the input is ", x.shape());
  bool frozen = context().frozen_statistics;
  int64_t i = iters().item<int64_t>() + 1, row = i % options.buffer_size;
  bool average = i > options.buffer_size && i >= options.warmup_iters;
  Tensor s, z, r;
  {
    NoGrad off;
    Tensor x2 = mean(square(x), batch_axes(4)), mean_x2 = window_mean(buffer_x2(), row, x2, frozen);
    Tensor v = average ? mean_x2 : x2;
    s = sqrt(v + options.eps);
    z = x / per_channel(s, 4);
    bool correct = i > std::max<int64_t>(1000, options.warmup_iters);
    r = correct ? clamp(s / sqrt(running_var() + options.eps), 0.2, 5.0) : ones_like(s);
    running_var.update(running_var() * options.momentum + v * (1 - options.momentum));
    iters.update(iters() + 1);
  }
  Tensor w = weight(), b = bias(), y;
  {
    NoGrad off;
    y = z * per_channel(w * r, 4) + per_channel(b, 4);
  }
  // The buffer's handle, not the layer: the layer may be gone by then.
  auto backward = [s, z, r, average, row, frozen, rows = buffer_gz()](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    Tensors out(3);
    if (needs[0]) {
      Tensor g = grads[0] * per_channel(in[1] * r, 4), gz = mean(g * z, batch_axes(4));
      Tensor averaged = window_mean(rows, row, gz.detach(), frozen);
      out[0] = (g - z * per_channel(average ? averaged : gz, 4)) / per_channel(s, 4);
    }
    if (needs[1]) out[1] = sum(grads[0] * z, batch_axes(4)) * r;
    if (needs[2]) out[2] = sum(grads[0], batch_axes(4));
    return out;
  };
  return custom_vjp("mabn", y, {x, w, b}, backward, Gradient::approximate);
}

template class Layer<MABN2d>;

}  // namespace tare::nn
