#include "nn/norm/batch_norm_variants.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

Tensor mean_over_positions(const Tensor& x) { return mean(x, spatial_axes(x.dim()), true); }

}  // namespace

void L1BatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
}
void CalibratedBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
}
void VirtualBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
}
void CumulativeLayerNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
}

template <int D>
L1BatchNormNd<D>::L1BatchNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  running_mean = Buffer(zeros({o.num_features}));
  running_std = Buffer(ones({o.num_features}));
}
template <int D>
L1BatchNormNd<D>::L1BatchNormNd(int64_t num_features) : L1BatchNormNd(Options{.num_features = num_features}) {}
template <int D>
void L1BatchNormNd<D>::visit(Visitor& v) {
  visit_affine(v);
  v.buffer("running_mean", running_mean);
  v.buffer("running_std", running_std);
}
template <int D>
Tensor L1BatchNormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : D + 2, D + 2);
  if (!this->training()) return tare::batch_norm(x, running_mean(), square(running_std() + options.eps), weight(), bias(), 0.0);
  check_batch_statistics(type, x);
  Shape axes = batch_axes(x.dim());
  Tensor m = mean(x, axes, true), centred = x - m;
  Tensor s = mean(abs(centred), axes, true) * std::sqrt(std::numbers::pi / 2);
  average_into(running_mean, reshape(m.detach(), {-1}), options.momentum);
  average_into(running_std, reshape(s.detach(), {-1}), options.momentum);
  return affine_per_channel(centred / (s + options.eps), weight(), bias());
}

RepresentativeBatchNorm2d::RepresentativeBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  Shape channels{o.num_features};
  start_affine(channels);
  center_weight = Parameter(init::zeros(channels));
  scale_weight = Parameter(init::zeros(channels));
  scale_bias = Parameter(init::ones(channels));
  running = RunningStatistics(o.num_features);
}
RepresentativeBatchNorm2d::RepresentativeBatchNorm2d(int64_t num_features) : RepresentativeBatchNorm2d(Options{.num_features = num_features}) {}
void RepresentativeBatchNorm2d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("center_weight", center_weight, Role::other);
  v.parameter("scale_weight", scale_weight, Role::other);
  v.parameter("scale_bias", scale_bias, Role::other);
  running.visit(v);
}
Tensor RepresentativeBatchNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  Tensor centred = x + per_channel(center_weight(), 4) * mean_over_positions(x);
  Tensor xhat = batch_norm(type, centred, running, {}, {}, training(), options.momentum, options.eps);
  Tensor gate = sigmoid(affine_per_channel(mean_over_positions(xhat), scale_weight(), scale_bias()));
  return xhat * (gate * per_channel(weight(), 4)) + per_channel(bias(), 4);
}

InstanceEnhancementBatchNorm2d::InstanceEnhancementBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  Shape channels{o.num_features};
  start_affine(channels);
  weight_readjust = Parameter(init::zeros(channels));
  bias_readjust = Parameter(init::constant(channels, -1));
  running = RunningStatistics(o.num_features);
}
InstanceEnhancementBatchNorm2d::InstanceEnhancementBatchNorm2d(int64_t num_features)
    : InstanceEnhancementBatchNorm2d(Options{.num_features = num_features}) {}
void InstanceEnhancementBatchNorm2d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("weight_readjust", weight_readjust, Role::other);
  v.parameter("bias_readjust", bias_readjust, Role::other);
  running.visit(v);
}
Tensor InstanceEnhancementBatchNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  Tensor gate = sigmoid(affine_per_channel(mean_over_positions(x), weight_readjust(), bias_readjust()));
  Tensor xhat = batch_norm(type, x, running, {}, {}, training(), options.momentum, options.eps);
  return xhat * (gate * per_channel(weight(), 4)) + per_channel(bias(), 4);
}

VirtualBatchNorm2d::VirtualBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
}
VirtualBatchNorm2d::VirtualBatchNorm2d(int64_t num_features) : VirtualBatchNorm2d(Options{.num_features = num_features}) {}
void VirtualBatchNorm2d::visit(Visitor& v) { visit_affine(v); }
VirtualBatchNormOutput VirtualBatchNorm2d::forward(const Tensor& x, const Tensor& reference) {
  check_channels(type, x, options.num_features, 4, 4);
  check<ShapeError>(reference.defined() && reference.dim() == 4 && reference.size(0) >= 1 && reference.shape().slice(1) == x.shape().slice(1), type,
                    ": expected a reference batch (M, C, H, W) of samples like those of the input ", x.shape(), " but it is ",
                    reference.defined() ? reference.shape() : Shape());
  Moments r = moments(reference, {0, 2, 3}), own = moments(x, {2, 3});
  // Two groups of M : 1 values: their variances averaged, plus what their means are apart.
  double b = 1.0 / double(reference.size(0) + 1), a = 1 - b;
  Tensor m = r.mean * a + own.mean * b, v = r.variance * a + own.variance * b + square(own.mean - r.mean) * (a * b);
  Tensor w = weight(), shift = bias();
  return {affine_per_channel((x - m) / sqrt(v + options.eps), w, shift),
          affine_per_channel((reference - r.mean) / sqrt(r.variance + options.eps), w, shift)};
}

CumulativeLayerNorm::CumulativeLayerNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
}
CumulativeLayerNorm::CumulativeLayerNorm(int64_t num_features) : CumulativeLayerNorm(Options{.num_features = num_features}) {}
void CumulativeLayerNorm::visit(Visitor& v) { visit_affine(v); }
Tensor CumulativeLayerNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 3, 3);
  // The first frame's mean, a constant to the gradient since it drops out, goes first: sums of squares of large numbers would cancel.
  Tensor z = x - mean(slice(x, 2, 0, 1), {1}, true).detach();
  Tensor counts = arange(1, x.size(2) + 1, 1, x.dtype()) * double(options.num_features);
  Tensor m = cumsum(sum(z, {1}, true), 2) / counts;
  Tensor v = clamp(cumsum(sum(square(z), {1}, true), 2) / counts - square(m), 0.0);
  return affine_per_channel((z - m) / sqrt(v + options.eps), weight(), bias());
}

template class L1BatchNormNd<1>;
template class L1BatchNormNd<2>;
template class Layer<L1BatchNorm1d>;
template class Layer<L1BatchNorm2d>;
template class Layer<RepresentativeBatchNorm2d>;
template class Layer<InstanceEnhancementBatchNorm2d>;
template class Layer<VirtualBatchNorm2d>;
template class Layer<CumulativeLayerNorm>;

}  // namespace tare::nn
