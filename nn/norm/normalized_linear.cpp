#include "nn/norm/normalized_linear.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {
namespace {

Shape row_shape(std::string_view type, int64_t in, int64_t out) {
  check<ConfigError>(in >= 1 && out >= 1, type, ": in_features and out_features must be at least 1, not ", in, " and ", out);
  return {out, in};
}

void check_row_input(std::string_view type, const Tensor& x, int64_t in) {
  check<ShapeError>(x.dim() >= 1 && x.size(-1) == in, type, ": expected the last dimension of the input to be ", in, " (in_features) but the input is ", x.shape());
}

}  // namespace

void CosineLinearOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("out_features", out_features);
  v.option("scale", scale);
  v.option("learn_scale", learn_scale);
}
void NormPropLinearOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("out_features", out_features);
}

CosineLinear::CosineLinear(Options o) : options(o), weight(init::layer_default(row_shape(type, o.in_features, o.out_features))) {
  if (o.learn_scale) scale = Parameter(init::constant({1}, o.scale));
}
CosineLinear::CosineLinear(int64_t in_features, int64_t out_features)
    : CosineLinear(Options{.in_features = in_features, .out_features = out_features}) {}
void CosineLinear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("scale", scale, Role::norm_scale);
}
Tensor CosineLinear::forward(const Tensor& x) {
  check_row_input(type, x, options.in_features);
  Tensor cosine = linear(normalize(x, 2, -1), normalize(weight(), 2, 1));
  return scale.defined() ? cosine * scale() : cosine * options.scale;
}

NormPropLinear::NormPropLinear(Options o)
    : options(o), weight(init::layer_default(row_shape(type, o.in_features, o.out_features))), gamma(init::constant({o.out_features}, 1 / 1.21)),
      bias(init::zeros({o.out_features})) {}
NormPropLinear::NormPropLinear(int64_t in_features, int64_t out_features)
    : NormPropLinear(Options{.in_features = in_features, .out_features = out_features}) {}
void NormPropLinear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("gamma", gamma, Role::norm_scale);
  v.parameter("bias", bias, Role::bias);
}
Tensor NormPropLinear::forward(const Tensor& x) {
  check_row_input(type, x, options.in_features);
  constexpr double pi = std::numbers::pi;
  Tensor o = linear(x, normalize(weight(), 2, 1)) * gamma() + bias();
  return (relu(o) - 1 / std::sqrt(2 * pi)) / std::sqrt((1 - 1 / pi) / 2);
}

template class Layer<CosineLinear>;
template class Layer<NormPropLinear>;

}  // namespace tare::nn
