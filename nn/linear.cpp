#include "nn/linear.h"

#include "autograd/ops/matmul.h"
#include "nn/init/init.h"

namespace tare::nn {

void LinearOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("out_features", out_features);
  v.option("bias", bias);
}

Linear::Linear(Options o) : options(o) {
  check<ConfigError>(o.in_features >= 1 && o.out_features >= 1, "Linear: in_features and out_features must be at least 1, not ", o.in_features, " and ",
                     o.out_features);
  Shape shape{o.out_features, o.in_features};
  weight = Parameter(init::layer_default(shape));
  if (o.bias) bias = Parameter(init::bias_default({o.out_features}, shape));
}

Linear::Linear(int64_t in_features, int64_t out_features) : Linear(Options{.in_features = in_features, .out_features = out_features}) {}

void Linear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor Linear::forward(const Tensor& x) { return product(x, false); }
Tensor Linear::forward_relu(const Tensor& x) { return product(x, true); }

Tensor Linear::product(const Tensor& x, bool relu) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == options.in_features, "Linear: expected the last dimension of the input to be ",
                    options.in_features, " (in_features) but the input is ", x.shape());
  return linear(x, weight(), bias(), relu);
}

template class Layer<Linear>;

}  // namespace tare::nn
