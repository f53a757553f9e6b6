#include "nn/norm/instance_norm.h"

#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void InstanceNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
  v.option("track_running_stats", track_running_stats);
}

template <int D>
InstanceNormNd<D>::InstanceNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  if (o.affine) {
    weight = Parameter(init::ones({o.num_features}));
    bias = Parameter(init::zeros({o.num_features}));
  }
  if (o.track_running_stats) running = RunningStatistics(o.num_features);
}

template <int D>
InstanceNormNd<D>::InstanceNormNd(int64_t num_features) : InstanceNormNd(Options{.num_features = num_features}) {}

template <int D>
void InstanceNormNd<D>::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
  running.visit(v);
}

template <int D>
Tensor InstanceNormNd<D>::forward(const Tensor& input) {
  bool single = input.dim() == D + 1;
  Tensor x = single ? reshape(input, Shape{1}.concat(input.shape())) : input;
  check_channels(type, x, options.num_features, D + 2, D + 2);
  Tensor y;
  if (!this->training() && running.kept()) {
    y = tare::batch_norm(x, running.mean(), running.variance(), weight(), bias(), options.eps);
  } else {
    int64_t positions = x.shape().slice(2).numel();
    check_positions(type, x);
    y = instance_norm(x, weight(), bias(), options.eps);
    if (this->training() && running.kept()) {
      NoGrad off;
      Moments m = moments(x, spatial_axes(x.dim()));
      Shape channel{options.num_features};
      Shape others = batch_axes(x.dim());
      running.update(reshape(mean(m.mean, others), channel), reshape(mean(m.variance, others), channel), positions, options.momentum);
    }
  }
  return single ? reshape(y, input.shape()) : y;
}

template class InstanceNormNd<1>;
template class InstanceNormNd<2>;
template class InstanceNormNd<3>;
template class Layer<InstanceNorm1d>;
template class Layer<InstanceNorm2d>;
template class Layer<InstanceNorm3d>;

}  // namespace tare::nn
