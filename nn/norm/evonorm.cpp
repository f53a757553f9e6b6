#include "nn/norm/evonorm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

template <int K>
void EvoNormBOptions<K>::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("momentum", momentum);
  v.option("eps", eps);
}
void EvoNormSOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("groups", groups);
  v.option("eps", eps);
}

template <int K>
EvoNormB<K>::EvoNormB(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  start_affine({o.num_features});
  if (K == 0) v = Parameter(init::ones({o.num_features}));
  running_var = Buffer(ones({o.num_features}));
}

template <int K>
void EvoNormB<K>::visit(Visitor& visitor) {
  visit_affine(visitor);
  visitor.parameter("v", v, Role::norm_scale);
  visitor.buffer("running_var", running_var);
}

template <int K>
Tensor EvoNormB<K>::forward(const Tensor& x) {
  int rank = x.dim();
  check_channels(type, x, options.num_features, 3, Shape::max_rank);
  Tensor of_batch;
  if (this->training()) {
    check_batch_statistics(type, x);
    of_batch = channel_moments(x).variance;
    NoGrad off;
    double n = double(values_per_channel(x)), f = options.momentum;
    running_var.update(running_var() * (1 - f) + of_batch * (f * n / (n - 1)));
  } else {
    of_batch = running_var();
  }
  Shape positions = spatial_axes(rank);
  Tensor of_instance = sqrt((K == 0 ? moments(x, positions).variance : mean(square(x), positions, true)) + options.eps);
  Tensor other;
  if constexpr (K == 0) other = x * per_channel(v(), rank) + of_instance;
  else if constexpr (K == 1) other = (x + 1) * of_instance;
  else other = of_instance - x;
  return affine_per_channel(x / maximum(per_channel(sqrt(of_batch + options.eps), rank), other), this->weight(), this->bias());
}

template <int K>
EvoNormS<K>::EvoNormS(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.groups);
  start_affine({o.num_features});
  if (K == 0) v = Parameter(init::ones({o.num_features}));
}

template <int K>
void EvoNormS<K>::visit(Visitor& visitor) {
  visit_affine(visitor);
  visitor.parameter("v", v, Role::norm_scale);
}

template <int K>
Tensor EvoNormS<K>::forward(const Tensor& x) {
  int rank = x.dim();
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  Shape grouped{x.shape()[0], options.groups, x.shape().slice(1).numel() / options.groups};
  Tensor g = reshape(x, grouped);
  Tensor spread = K == 2 ? mean(square(g), {2}, true) : moments(g, {2}).variance;
  Tensor active = K == 0 ? x * sigmoid(x * per_channel(v(), rank)) : silu(x);
  Tensor y = reshape(reshape(active, grouped) / sqrt(spread + options.eps), x.shape());
  return affine_per_channel(y, this->weight(), this->bias());
}

template struct EvoNormBOptions<0>;
template struct EvoNormBOptions<1>;
template struct EvoNormBOptions<2>;
template class EvoNormB<0>;
template class EvoNormB<1>;
template class EvoNormB<2>;
template class EvoNormS<0>;
template class EvoNormS<1>;
template class EvoNormS<2>;
template class Layer<EvoNormB0>;
template class Layer<EvoNormB1>;
template class Layer<EvoNormB2>;
template class Layer<EvoNormS0>;
template class Layer<EvoNormS1>;
template class Layer<EvoNormS2>;

}  // namespace tare::nn
