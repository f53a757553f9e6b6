#include "nn/norm/channel_norms.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

Tensor channels_last(const Tensor& x) { return movedim(x, {1}, {-1}); }
Tensor channels_second(const Tensor& x) { return movedim(x, {-1}, {1}); }

}  // namespace

void PositionalNormOptions::visit(Visitor& v) {
  v.option("eps", eps);
  v.option("unbiased", unbiased);
}
void ChannelNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
}
void PixelNormOptions::visit(Visitor& v) { v.option("eps", eps); }
void ScaledL2NormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("scale", scale);
  v.option("eps", eps);
}
void NormalizeOptions::visit(Visitor& v) {
  v.option("p", p);
  v.option("dim", dim);
  v.option("eps", eps);
}

PositionalNorm::PositionalNorm(Options o) : options(o) { check_norm_options(type, 1, o.eps); }
PositionalNormOutput PositionalNorm::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 2, type, ": expected an input (N, C, ...) but the input is ", x.shape());
  check<ValueError>(!options.unbiased || x.size(1) > 1, type, ": an unbiased variance wants more than 1 channel, but the input is ", x.shape());
  auto [v, m] = var_mean(x, {1}, options.unbiased ? 1 : 0, true);
  Tensor deviation = sqrt(v + options.eps);
  return {(x - m) / deviation, m, deviation};
}

LayerNorm2d::LayerNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
}
LayerNorm2d::LayerNorm2d(int64_t num_features) : LayerNorm2d(Options{.num_features = num_features}) {}
void LayerNorm2d::visit(Visitor& v) { visit_affine(v); }
Tensor LayerNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  return channels_second(layer_norm(channels_last(x), {options.num_features}, weight(), bias(), options.eps));
}

RMSNorm2d::RMSNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  weight = Parameter(init::ones({o.num_features}));
}
RMSNorm2d::RMSNorm2d(int64_t num_features) : RMSNorm2d(Options{.num_features = num_features}) {}
void RMSNorm2d::visit(Visitor& v) { v.parameter("weight", weight, Role::norm_scale); }
Tensor RMSNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  return channels_second(rms_norm(channels_last(x), {options.num_features}, weight(), options.eps));
}

PixelNorm::PixelNorm(Options o) : options(o) { check_norm_options(type, 1, o.eps); }
Tensor PixelNorm::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 2, type, ": expected an input (N, C, ...) but the input is ", x.shape());
  return channels_second(rms_norm(channels_last(x), {x.size(1)}, {}, options.eps));
}

ScaledL2Norm::ScaledL2Norm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  weight = Parameter(init::constant({o.num_features}, o.scale));
}
ScaledL2Norm::ScaledL2Norm(int64_t num_features) : ScaledL2Norm(Options{.num_features = num_features}) {}
void ScaledL2Norm::visit(Visitor& v) { v.parameter("weight", weight, Role::norm_scale); }
Tensor ScaledL2Norm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  return affine_per_channel(normalize(x, 2, 1, options.eps), weight(), {});
}

Normalize::Normalize(Options o) : options(o) {
  check<ConfigError>(o.p > 0 && o.eps >= 0, type, ": expected p above 0 and eps of at least 0, not ", o.p, " and ", o.eps);
}
Tensor Normalize::forward(const Tensor& x) { return normalize(x, options.p, options.dim, options.eps); }

template class Layer<PositionalNorm>;
template class Layer<LayerNorm2d>;
template class Layer<RMSNorm2d>;
template class Layer<PixelNorm>;
template class Layer<ScaledL2Norm>;
template class Layer<Normalize>;

}  // namespace tare::nn
