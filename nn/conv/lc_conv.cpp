#include "nn/conv/lc_conv.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void LCConv2dOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("expansion", expansion);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("bias", bias);
  v.option("frozen", frozen);
}

LCConv2d::LCConv2d(Options o)
    : options(std::move(o)), pointwise({.in_channels = options.out_channels * std::max<int64_t>(options.expansion, 0), .out_channels = options.out_channels, .kernel_size = 1, .bias = options.bias}) {
  const Options& c = options;
  check<ConfigError>(c.in_channels >= 1 && c.out_channels >= 1 && c.expansion >= 1, "LCConv2d: in_channels, out_channels and expansion must be at least 1, not ",
                     c.in_channels, ", ", c.out_channels, " and ", c.expansion);
  Shape kernel = c.kernel_size.for_axes(type, "kernel_size", 2, 1);
  stride_ = c.stride.for_axes(type, "stride", 2, 1);
  padding_ = c.padding.for_axes(type, "padding", 2, 0);
  Tensor start = init::layer_default({c.out_channels * c.expansion, c.in_channels, kernel[0], kernel[1]});
  if (c.frozen) frozen_filters = Buffer(start);
  else filters = Parameter(start);
}

void LCConv2d::visit(Visitor& v) {
  v.parameter("conv.weight", filters);
  v.buffer("conv.weight", frozen_filters);
  v.child("pointwise", pointwise);
}

Tensor LCConv2d::forward(const Tensor& x) {
  check<ShapeError>((x.dim() == 3 || x.dim() == 4) && x.shape()[x.dim() - 3] == options.in_channels, "LCConv2d: expected an input (N, ", options.in_channels,
                    ", H, W) or the same without N, but it is ", x.shape());
  return pointwise(conv2d(x, filter_bank(), {}, {stride_, padding_}));
}

Tensor LCConv2d::fold() const { return fold_lc_weights(filter_bank(), pointwise.weight()); }

Tensor fold_lc_weights(const Tensor& filters, const Tensor& pointwise) {
  check<ShapeError>(filters.dim() == 4 && pointwise.dim() == 4 && pointwise.size(1) == filters.size(0) && pointwise.size(2) == 1 && pointwise.size(3) == 1,
                    "fold_lc_weights: expected filters (M, in, k, k) and a pointwise weight (out, M, 1, 1), not ", filters.shape(), " and ", pointwise.shape());
  int64_t out = pointwise.size(0), m = filters.size(0), in = filters.size(1), h = filters.size(2), w = filters.size(3);
  return reshape(matmul(reshape(pointwise, {out, m}), reshape(filters, {m, in * h * w})), {out, in, h, w});
}

template class Layer<LCConv2d>;

}  // namespace tare::nn
