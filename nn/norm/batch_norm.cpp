#include "nn/norm/batch_norm.h"

#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void BatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
  v.option("track_running_stats", track_running_stats);
}

template <int D>
BatchNormNd<D>::BatchNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  if (o.affine) {
    weight = Parameter(init::ones({o.num_features}));
    bias = Parameter(init::zeros({o.num_features}));
  }
  if (o.track_running_stats) running = RunningStatistics(o.num_features);
}

template <int D>
BatchNormNd<D>::BatchNormNd(int64_t num_features) : BatchNormNd(Options{.num_features = num_features}) {}

template <int D>
void BatchNormNd<D>::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
  running.visit(v);
}

template <int D>
Tensor BatchNormNd<D>::forward(const Tensor& x) {
  return normalised(x, false);
}
template <int D>
Tensor BatchNormNd<D>::forward_relu(const Tensor& x) {
  return normalised(x, true);
}

template <int D>
Tensor BatchNormNd<D>::normalised(const Tensor& x, bool relu) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : D + 2, D + 2);
  return batch_norm(type, x, running, weight(), bias(), this->training(), options.momentum, options.eps, relu);
}

template class BatchNormNd<1>;
template class BatchNormNd<2>;
template class BatchNormNd<3>;
template class Layer<BatchNorm1d>;
template class Layer<BatchNorm2d>;
template class Layer<BatchNorm3d>;

}  // namespace tare::nn
