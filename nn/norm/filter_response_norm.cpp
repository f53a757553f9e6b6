#include "nn/norm/filter_response_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"

namespace tare::nn {

void FilterResponseNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("learnable_eps", learnable_eps);
}

FilterResponseNorm::FilterResponseNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  tau = Parameter(init::zeros({o.num_features}));
  if (o.learnable_eps) eps_l = Parameter(init::constant({1}, 1e-4));
}
FilterResponseNorm::FilterResponseNorm(int64_t num_features) : FilterResponseNorm(Options{.num_features = num_features}) {}

void FilterResponseNorm::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("tau", tau, Role::norm_shift);
  v.parameter("eps_l", eps_l, Role::other);
}

Tensor FilterResponseNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 3, Shape::max_rank);
  Tensor xhat;
  if (options.learnable_eps) xhat = x / sqrt(mean(square(x), spatial_axes(x.dim()), true) + (abs(eps_l()) + options.eps));
  else xhat = rms_norm(x, x.shape().slice(2), {}, options.eps);
  return maximum(affine_per_channel(xhat, weight(), bias()), per_channel(tau(), x.dim()));
}

template class Layer<FilterResponseNorm>;

}  // namespace tare::nn
