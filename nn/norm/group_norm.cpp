#include "nn/norm/group_norm.h"

#include "autograd/ops/norm.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void GroupNormOptions::visit(Visitor& v) {
  v.option("num_groups", num_groups);
  v.option("num_channels", num_channels);
  v.option("eps", eps);
  v.option("affine", affine);
}

GroupNorm::GroupNorm(Options o) : options(o) {
  check<ConfigError>(o.num_channels >= 1, "GroupNorm: num_channels must be at least 1, not ", o.num_channels);
  check<ConfigError>(o.eps >= 0, "GroupNorm: eps must be at least 0, not ", o.eps);
  check_groups(type, o.num_channels, o.num_groups);
  if (!o.affine) return;
  weight = Parameter(init::ones({o.num_channels}));
  bias = Parameter(init::zeros({o.num_channels}));
}

GroupNorm::GroupNorm(int64_t num_groups, int64_t num_channels) : GroupNorm(Options{.num_groups = num_groups, .num_channels = num_channels}) {}

void GroupNorm::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
}

Tensor GroupNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_channels, 2, Shape::max_rank);
  return group_norm(x, options.num_groups, weight(), bias(), options.eps);
}

template class Layer<GroupNorm>;

}  // namespace tare::nn
