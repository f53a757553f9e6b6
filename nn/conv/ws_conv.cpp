#include "nn/conv/ws_conv.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/matmul.h"
#include "nn/init/init.h"
#include "nn/reparam/weight_standardization.h"

namespace tare::nn {

void WSConv2dOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("groups", groups);
  v.option("bias", bias);
  v.option("eps", eps);
  v.option("gamma", gamma);
}

WSConv2d::WSConv2d(Options o) : options(std::move(o)) {
  const Options& c = options;
  check<ConfigError>(c.groups >= 1 && c.in_channels >= 1 && c.out_channels >= 1 && c.in_channels % c.groups == 0 && c.out_channels % c.groups == 0,
                     "WSConv2d: expected groups to be at least 1 and to divide in_channels and out_channels, but they are ", c.groups, ", ", c.in_channels, " and ",
                     c.out_channels);
  Shape kernel = c.kernel_size.for_axes(type, "kernel_size", 2, 1);
  stride_ = c.stride.for_axes(type, "stride", 2, 1);
  padding_ = c.padding.for_axes(type, "padding", 2, 0);
  Shape shape{c.out_channels, c.in_channels / c.groups, kernel[0], kernel[1]};
  check<ConfigError>(shape.slice(1).numel() >= 2, "WSConv2d: filters need at least 2 elements, not the shape ", shape);
  weight = Parameter(init::xavier_normal(shape));
  gain = Parameter(init::ones({c.out_channels}));
  if (c.bias) bias = Parameter(init::zeros({c.out_channels}));
}

void WSConv2d::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("gain", gain, Role::other);
  v.parameter("bias", bias, Role::bias);
}

Tensor WSConv2d::forward(const Tensor& x) {
  check<ShapeError>((x.dim() == 3 || x.dim() == 4) && x.shape()[x.dim() - 3] == options.in_channels, "WSConv2d: expected an input (N, ", options.in_channels,
                    ", H, W) or the same without N, but it is ", x.shape());
  return conv2d(x, scaled_weight_standardization(weight(), gain(), options.gamma, options.eps), bias(), {stride_, padding_, {1}, options.groups});
}

void WSLinearOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("out_features", out_features);
  v.option("bias", bias);
  v.option("eps", eps);
  v.option("gamma", gamma);
}

WSLinear::WSLinear(Options o) : options(o) {
  check<ConfigError>(o.in_features >= 2 && o.out_features >= 1, "WSLinear: in_features must be at least 2 and out_features at least 1, not ", o.in_features, " and ",
                     o.out_features);
  weight = Parameter(init::xavier_normal({o.out_features, o.in_features}));
  gain = Parameter(init::ones({o.out_features}));
  if (o.bias) bias = Parameter(init::zeros({o.out_features}));
}

void WSLinear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("gain", gain, Role::other);
  v.parameter("bias", bias, Role::bias);
}

Tensor WSLinear::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == options.in_features, "WSLinear: expected the last dimension of the input to be ", options.in_features,
                    " (in_features) but the input is ", x.shape());
  return linear(x, scaled_weight_standardization(weight(), gain(), options.gamma, options.eps), bias());
}

template class Layer<WSConv2d>;
template class Layer<WSLinear>;

}  // namespace tare::nn
