#include "nn/norm/batch_instance_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// What a forward pass reads of a gate that lives in [0, 1].
Tensor unit_gate(Parameter& gate) {
  clip_to_unit_interval(gate);
  return gate();
}

Tensor gate_times(const Tensor& gate, const Tensor& weight) { return weight.defined() ? gate * weight : gate; }

Tensor layer_instance(std::string_view type, const Tensor& x, const Tensor& rho, double eps, bool unbiased) {
  auto normal = [&](int64_t groups) { return unbiased ? group_norm_unbiased(type, x, groups, eps) : group_norm(x, groups, {}, {}, eps); };
  Tensor r = per_channel(rho, x.dim());
  return r * normal(x.size(1)) + (1 - r) * normal(1);
}

}  // namespace

void BatchInstanceNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
}
void LayerInstanceNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("unbiased", unbiased);
  v.option("rho_init", rho_init);
}
void AdaptiveLayerInstanceNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("unbiased", unbiased);
  v.option("rho_init", rho_init);
}

BatchInstanceNorm2d::BatchInstanceNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  Shape channels{o.num_features};
  if (o.affine) start_affine(channels);
  gate = Parameter(init::ones(channels));
  running = RunningStatistics(o.num_features, false);
}
BatchInstanceNorm2d::BatchInstanceNorm2d(int64_t num_features) : BatchInstanceNorm2d(Options{.num_features = num_features}) {}

void BatchInstanceNorm2d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("gate", gate, Role::other);
  running.visit(v);
}

Tensor BatchInstanceNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  // gate and weight act on the same numbers: each part takes their product as its weight.
  Tensor g = unit_gate(gate), w = weight();
  Tensor batch = batch_norm(type, x, running, gate_times(g, w), bias(), training(), options.momentum, options.eps);
  return batch + instance_norm(x, gate_times(1 - g, w), {}, options.eps);
}

LayerInstanceNorm2d::LayerInstanceNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  rho = Parameter(init::constant({o.num_features}, o.rho_init));
}
LayerInstanceNorm2d::LayerInstanceNorm2d(int64_t num_features) : LayerInstanceNorm2d(Options{.num_features = num_features}) {}

void LayerInstanceNorm2d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("rho", rho, Role::other);
}

Tensor LayerInstanceNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  return affine_per_channel(layer_instance(type, x, unit_gate(rho), options.eps, options.unbiased), weight(), bias());
}

AdaptiveLayerInstanceNorm2d::AdaptiveLayerInstanceNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  rho = Parameter(init::constant({o.num_features}, o.rho_init));
}
AdaptiveLayerInstanceNorm2d::AdaptiveLayerInstanceNorm2d(int64_t num_features)
    : AdaptiveLayerInstanceNorm2d(Options{.num_features = num_features}) {}

void AdaptiveLayerInstanceNorm2d::visit(Visitor& v) { v.parameter("rho", rho, Role::other); }

Tensor AdaptiveLayerInstanceNorm2d::forward(const Tensor& x, const Tensor& scale, const Tensor& shift) {
  check_channels(type, x, options.num_features, 4, 4);
  Shape wanted{x.size(0), x.size(1)}, over = wanted.concat({1, 1});
  check<ShapeError>(scale.defined() && shift.defined() && scale.shape() == wanted && shift.shape() == wanted, type, ": expected scale and shift of shape ", wanted,
                    " for an input of shape ", x.shape());
  return layer_instance(type, x, unit_gate(rho), options.eps, options.unbiased) * reshape(scale, over) + reshape(shift, over);
}

template class Layer<BatchInstanceNorm2d>;
template class Layer<LayerInstanceNorm2d>;
template class Layer<AdaptiveLayerInstanceNorm2d>;

}  // namespace tare::nn
