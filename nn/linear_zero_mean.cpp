#include "nn/linear_zero_mean.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"

namespace tare::nn {

LinearZeroMeanOutput::LinearZeroMeanOutput(Options o) : options(o) {
  check<ConfigError>(o.in_features >= 1 && o.out_features >= 1, "LinearZeroMeanOutput: in_features and out_features must be at least 1, not ", o.in_features,
                     " and ", o.out_features);
  Shape shape{o.out_features, o.in_features};
  weight = Parameter(init::layer_default(shape));
  if (o.bias) bias = Parameter(init::bias_default({o.out_features}, shape));
}

LinearZeroMeanOutput::LinearZeroMeanOutput(int64_t in_features, int64_t out_features)
    : LinearZeroMeanOutput(Options{.in_features = in_features, .out_features = out_features}) {}

void LinearZeroMeanOutput::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor LinearZeroMeanOutput::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == options.in_features, "LinearZeroMeanOutput: expected the last dimension of the input to be ",
                    options.in_features, " (in_features) but the input is ", x.shape());
  Tensor w = weight(), b = bias();
  return linear(x, w - mean(w, {0}, true), b.defined() ? b - mean(b) : b);
}

template class Layer<LinearZeroMeanOutput>;

}  // namespace tare::nn
