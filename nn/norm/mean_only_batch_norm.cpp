#include "nn/norm/mean_only_batch_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void MeanOnlyBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("momentum", momentum);
}

MeanOnlyBatchNorm::MeanOnlyBatchNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, 0);
  bias = Parameter(init::zeros({o.num_features}));
  running_mean = Buffer(zeros({o.num_features}));
}
MeanOnlyBatchNorm::MeanOnlyBatchNorm(int64_t num_features) : MeanOnlyBatchNorm(Options{.num_features = num_features}) {}

void MeanOnlyBatchNorm::visit(Visitor& v) {
  v.parameter("bias", bias, Role::norm_shift);
  v.buffer("running_mean", running_mean);
}

Tensor MeanOnlyBatchNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  Tensor m = per_channel(running_mean(), x.dim());
  if (training() && x.numel() > 0) {
    m = mean(x, batch_axes(x.dim()), true);
    NoGrad off;
    double f = options.momentum;
    running_mean.update(running_mean() * (1 - f) + reshape(m, {options.num_features}) * f);
  }
  return x - m + per_channel(bias(), x.dim());
}

template class Layer<MeanOnlyBatchNorm>;

}  // namespace tare::nn
