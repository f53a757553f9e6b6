#include "nn/norm/channels.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {

void Affine::start_affine(const Shape& shape) {
  weight = Parameter(init::ones(shape));
  bias = Parameter(init::zeros(shape));
}
void Affine::visit_affine(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
}

void check_norm_options(std::string_view type, int64_t num_features, double eps) {
  check<ConfigError>(num_features >= 1, type, ": num_features must be at least 1, not ", num_features);
  check<ConfigError>(eps >= 0, type, ": eps must be at least 0, not ", eps);
}

void check_groups(std::string_view type, int64_t channels, int64_t groups) {
  check<ConfigError>(groups >= 1 && channels % groups == 0, type, ": ", channels, " channels cannot be split into ", groups, " equal groups");
}

void check_channels(std::string_view type, const Tensor& x, int64_t num_features, int lowest, int highest) {
  bool fits = x.dim() >= lowest && x.dim() <= highest && x.shape()[1] == num_features;
  if (fits) return;
  std::string ranks = lowest == highest ? text(lowest) : text(lowest, " to ", highest);
  throw ShapeError(text(type, ": expected an input (N, ", num_features, ", ...) of ", ranks, " dimensions (num_features = ", num_features,
                        ") but the input is ", x.shape()));
}

void check_last(std::string_view type, const Tensor& x, int64_t num_features) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == num_features, type, ": expected the last dimension of the input to be ", num_features,
                    " (num_features) but the input is ", x.shape());
}

void check_features(std::string_view type, const Tensor& x, int64_t num_features, bool channels_first) {
  if (channels_first) check_channels(type, x, num_features, 2, Shape::max_rank);
  else check_last(type, x, num_features);
}

Tensor along_channels(const Tensor& v, const Tensor& x, bool channels_first) { return channels_first ? per_channel(v, x.dim()) : v; }

Tensor affine_per_channel(const Tensor& y, const Tensor& weight, const Tensor& bias) {
  Tensor z = weight.defined() ? y * per_channel(weight, y.dim()) : y;
  return bias.defined() ? z + per_channel(bias, y.dim()) : z;
}

Tensor group_norm_unbiased(std::string_view type, const Tensor& x, int64_t groups, double eps) {
  double n = x.size(0) == 0 ? 2 : double(x.numel() / (x.size(0) * groups));
  check<ValueError>(n > 1, type, ": expected more than 1 value per group for an unbiased variance, but the input is ", x.shape());
  // The unbiased variance is v n / (n - 1): 1 / sqrt(v n / (n - 1) + eps) = sqrt(k) / sqrt(v + k eps) with k = (n - 1) / n.
  double k = (n - 1) / n;
  return group_norm(x, groups, {}, {}, k * eps) * std::sqrt(k);
}

void clip_to_unit_interval(Parameter& gate) {
  if (!gate.leaf().defined() || context().frozen_statistics) return;
  NoGrad off;
  const Tensor& g = gate.leaf();
  if (any(logical_or(lt(g, 0), gt(g, 1))).item<bool>()) clamp_(g, 0, 1);
}

Moments channel_moments(const Tensor& x) {
  Moments m = moments(x, batch_axes(x.dim()));
  Shape channel{x.shape()[1]};
  return {reshape(m.mean, channel), reshape(m.variance, channel)};
}

int64_t values_per_channel(const Tensor& x) { return x.shape()[1] == 0 ? 0 : x.numel() / x.shape()[1]; }

void check_batch_statistics(std::string_view type, const Tensor& x) {
  check<ValueError>(values_per_channel(x) > 1, type, ": expected more than 1 value per channel when training, but the input is ", x.shape(),
                    "; use a larger batch, or eval()");
}

void check_positions(std::string_view type, const Tensor& x) {
  check<ValueError>(x.shape().slice(2).numel() > 1, type, ": expected more than 1 position per channel, but the input is ", x.shape());
}

}  // namespace tare::nn
