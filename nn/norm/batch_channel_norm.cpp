#include "nn/norm/batch_channel_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/norm/batch_norm.h"

namespace tare::nn {

void EstBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("moving_speed", moving_speed);
  v.option("eps", eps);
}
void BatchChannelNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_groups", num_groups);
  v.option("eps", eps);
  v.option("estimate", estimate);
  v.option("moving_speed", moving_speed);
}

EstBatchNorm::EstBatchNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.moving_speed >= 0 && o.moving_speed <= 1, type, ": moving_speed must lie between 0 and 1, not ", o.moving_speed);
  start_affine({o.num_features});
  running = RunningStatistics(o.num_features, false);
}
EstBatchNorm::EstBatchNorm(int64_t num_features) : EstBatchNorm(Options{.num_features = num_features}) {}

void EstBatchNorm::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}

Tensor EstBatchNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  if (training() && x.numel() > 0) {
    NoGrad off;
    Moments m = channel_moments(x);
    // The mean of (x - c)^2 is the variance plus (mean - c)^2, without cancellation.
    running.update(m.mean, m.variance + square(m.mean - running.mean()), values_per_channel(x), options.moving_speed, false);
  }
  return batch_norm(x, running.mean(), running.variance(), weight(), bias(), options.eps);
}

BatchChannelNorm::BatchChannelNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.num_groups);
  if (o.estimate) bn = EstBatchNorm({.num_features = o.num_features, .moving_speed = o.moving_speed});
  else bn = BatchNorm2d(o.num_features);
  start_affine({o.num_groups});
}
BatchChannelNorm::BatchChannelNorm(int64_t num_features, int64_t num_groups)
    : BatchChannelNorm(Options{.num_features = num_features, .num_groups = num_groups}) {}

void BatchChannelNorm::visit(Visitor& v) {
  v.child("bn", *bn);
  visit_affine(v);
}

Tensor BatchChannelNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  auto of_channels = [&](const Tensor& per_group) { return repeat_interleave(per_group, options.num_features / options.num_groups); };
  return group_norm(bn(x), options.num_groups, of_channels(weight()), of_channels(bias()), options.eps);
}

template class Layer<EstBatchNorm>;
template class Layer<BatchChannelNorm>;

}  // namespace tare::nn
