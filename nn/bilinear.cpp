#include "nn/bilinear.h"

#include <cmath>

#include "autograd/ops/matmul.h"
#include "nn/init/init.h"

namespace tare::nn {

void BilinearOptions::visit(Visitor& v) {
  v.option("in1_features", in1_features);
  v.option("in2_features", in2_features);
  v.option("out_features", out_features);
  v.option("bias", bias);
}

Bilinear::Bilinear(Options o) : options(o) {
  check<ConfigError>(o.in1_features >= 1 && o.in2_features >= 1 && o.out_features >= 1,
                     "Bilinear: in1_features, in2_features and out_features must be at least 1, not ", o.in1_features, ", ", o.in2_features, " and ", o.out_features);
  double bound = 1 / std::sqrt(double(o.in1_features));
  weight = Parameter(init::uniform({o.out_features, o.in1_features, o.in2_features}, -bound, bound));
  if (o.bias) bias = Parameter(init::uniform({o.out_features}, -bound, bound));
}
Bilinear::Bilinear(int64_t in1_features, int64_t in2_features, int64_t out_features)
    : Bilinear(Options{.in1_features = in1_features, .in2_features = in2_features, .out_features = out_features}) {}

void Bilinear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor Bilinear::forward(const Tensor& x1, const Tensor& x2) {
  check<ShapeError>(x1.dim() >= 1 && x2.dim() >= 1 && x1.shape().back() == options.in1_features && x2.shape().back() == options.in2_features &&
                        x1.shape().slice(0, x1.dim() - 1) == x2.shape().slice(0, x2.dim() - 1),
                    "Bilinear: expected inputs (*, ", options.in1_features, ") and (*, ", options.in2_features, ") with the same leading axes but they are ", x1.shape(),
                    " and ", x2.shape());
  return bilinear(x1, x2, weight(), bias());
}

template class Layer<Bilinear>;

}  // namespace tare::nn
