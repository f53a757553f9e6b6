#include "nn/norm/switchable_norm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {
namespace {

/// Statistics of unions of groups: v + m^2 averaged minus the square of the averaged m, written so that large means do not cancel.
Moments pooled(const Moments& parts, int64_t axis) {
  Tensor m = mean(parts.mean, {axis}, true);
  return {m, mean(parts.variance + square(parts.mean - m), {axis}, true)};
}

Moments unbiased_moments(const Tensor& x, const Shape& axes) {
  auto [v, m] = var_mean(x, axes, 1, true);
  return {m, v};
}

/// The statistics mixed by softmax weights, and x normalised by the mixture.
Tensor switchable(const Tensor& x, const std::vector<Moments>& choices, const Tensor& mean_weight, const Tensor& var_weight, double eps) {
  Tensor a = softmax(mean_weight, 0), b = softmax(var_weight, 0), m, v;
  for (size_t k = 0; k < choices.size(); k++) {
    Tensor mk = select(a, 0, int64_t(k)) * choices[k].mean, vk = select(b, 0, int64_t(k)) * choices[k].variance;
    m = k ? m + mk : mk;
    v = k ? v + vk : vk;
  }
  return (x - m) / sqrt(v + eps);
}

}  // namespace

void SwitchableNorm2dOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("use_bn", use_bn);
}
void SwitchableNorm1dOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
}

SwitchableNorm2d::SwitchableNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  Shape channels{o.num_features}, choices{o.use_bn ? 3 : 2};
  start_affine(channels);
  mean_weight = Parameter(init::ones(choices));
  var_weight = Parameter(init::ones(choices));
  if (!o.use_bn) return;
  running_mean = Buffer(zeros(channels));
  running_var = Buffer(zeros(channels));
}
SwitchableNorm2d::SwitchableNorm2d(int64_t num_features) : SwitchableNorm2d(Options{.num_features = num_features}) {}

void SwitchableNorm2d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("mean_weight", mean_weight, Role::other);
  v.parameter("var_weight", var_weight, Role::other);
  v.buffer("running_mean", running_mean);
  v.buffer("running_var", running_var);
}

Tensor SwitchableNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  check<ValueError>(x.size(2) * x.size(3) > 1, type, ": expected more than 1 position per channel, but the input is ", x.shape());
  Moments instance = unbiased_moments(x, {2, 3});
  std::vector<Moments> choices{instance, pooled(instance, 1)};
  if (options.use_bn && training()) {
    Moments batch = pooled(instance, 0);
    average_into(running_mean, reshape(batch.mean, {-1}), 1 - options.momentum);
    average_into(running_var, reshape(batch.variance, {-1}), 1 - options.momentum);
    choices.push_back(batch);
  } else if (options.use_bn) {
    choices.push_back({per_channel(running_mean(), 4), per_channel(running_var(), 4)});
  }
  return affine_per_channel(switchable(x, choices, mean_weight(), var_weight(), options.eps), weight(), bias());
}

SwitchableNorm1d::SwitchableNorm1d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.num_features >= 2, type, ": num_features must be at least 2, not ", o.num_features, ": the layer statistics have an unbiased variance");
  Shape channels{o.num_features};
  start_affine(channels);
  mean_weight = Parameter(init::ones({2}));
  var_weight = Parameter(init::ones({2}));
  running_mean = Buffer(zeros(channels));
  running_var = Buffer(zeros(channels));
}
SwitchableNorm1d::SwitchableNorm1d(int64_t num_features) : SwitchableNorm1d(Options{.num_features = num_features}) {}

void SwitchableNorm1d::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("mean_weight", mean_weight, Role::other);
  v.parameter("var_weight", var_weight, Role::other);
  v.buffer("running_mean", running_mean);
  v.buffer("running_var", running_var);
}

Tensor SwitchableNorm1d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, 2);
  std::vector<Moments> choices{unbiased_moments(x, {1})};
  if (training()) {
    check_batch_statistics(type, x);
    choices.push_back(unbiased_moments(x, {0}));
    average_into(running_mean, reshape(choices[1].mean, {-1}), 1 - options.momentum);
    average_into(running_var, reshape(choices[1].variance, {-1}), 1 - options.momentum);
  } else {
    choices.push_back({running_mean(), running_var()});
  }
  return affine_per_channel(switchable(x, choices, mean_weight(), var_weight(), options.eps), weight(), bias());
}

template class Layer<SwitchableNorm2d>;
template class Layer<SwitchableNorm1d>;

}  // namespace tare::nn
