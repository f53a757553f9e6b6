#include "nn/norm/frozen_batch_norm.h"

#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"

namespace tare::nn {

void FrozenBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
}

FrozenBatchNorm2d::FrozenBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  Shape channels{o.num_features};
  weight = Buffer(ones(channels));
  bias = Buffer(zeros(channels));
  running_mean = Buffer(zeros(channels));
  running_var = Buffer(ones(channels));
}
FrozenBatchNorm2d::FrozenBatchNorm2d(int64_t num_features) : FrozenBatchNorm2d(Options{.num_features = num_features}) {}
void FrozenBatchNorm2d::visit(Visitor& v) {
  v.buffer("weight", weight);
  v.buffer("bias", bias);
  v.buffer("running_mean", running_mean);
  v.buffer("running_var", running_var);
}
Tensor FrozenBatchNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  return tare::batch_norm(x, running_mean(), running_var(), weight(), bias(), options.eps);
}

SyncBatchNorm::SyncBatchNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  if (o.affine) start_affine({o.num_features});
  if (o.track_running_stats) running = RunningStatistics(o.num_features);
}
SyncBatchNorm::SyncBatchNorm(int64_t num_features) : SyncBatchNorm(Options{.num_features = num_features}) {}
void SyncBatchNorm::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}
Tensor SyncBatchNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  return batch_norm(type, x, running, weight(), bias(), training(), options.momentum, options.eps);
}

template class Layer<FrozenBatchNorm2d>;
template class Layer<SyncBatchNorm>;

}  // namespace tare::nn
