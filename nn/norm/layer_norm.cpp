#include "nn/norm/layer_norm.h"

#include "autograd/ops/norm.h"
#include "nn/init/init.h"
#include "nn/norm/trailing.h"

namespace tare::nn {

void LayerNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("eps", eps);
  v.option("elementwise_affine", elementwise_affine);
  v.option("bias", bias);
}

LayerNorm::LayerNorm(Options o) : options(o) {
  check_trailing_options(type, o.normalized_shape, o.eps);
  if (!o.elementwise_affine) return;
  weight = Parameter(init::ones(o.normalized_shape));
  if (o.bias) bias = Parameter(init::zeros(o.normalized_shape));
}

LayerNorm::LayerNorm(int64_t normalized_shape) : LayerNorm(Options{.normalized_shape = {normalized_shape}}) {}

void LayerNorm::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_scale);
  v.parameter("bias", bias, Role::norm_shift);
}

Tensor LayerNorm::forward(const Tensor& x) {
  check_trailing(type, x, options.normalized_shape);
  return layer_norm(x, options.normalized_shape, weight(), bias(), options.eps);
}

template class Layer<LayerNorm>;

}  // namespace tare::nn
