#include "nn/conv/conv.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

constexpr std::string_view kConvPaddingModes[] = {"zeros", "reflect", "replicate", "circular"};

}  // namespace

void ConvLayerOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("dilation", dilation);
  v.option("groups", groups);
  v.option("bias", bias);
  v.option("padding_mode", padding_mode);
}

template <int D>
ConvNd<D>::ConvNd(Options o) : options(std::move(o)) {
  const Options& c = options;
  check<ConfigError>(c.groups >= 1 && c.in_channels >= 1 && c.out_channels >= 1 && c.in_channels % c.groups == 0 && c.out_channels % c.groups == 0, type,
                     ": expected groups to be at least 1 and to divide in_channels and out_channels, but they are ", c.groups, ", ", c.in_channels, " and ",
                     c.out_channels);
  bool known = false;
  for (std::string_view mode : kConvPaddingModes) known = known || c.padding_mode == mode;
  check<ConfigError>(known, type, ": expected padding_mode to be zeros, reflect, replicate or circular, not \"", c.padding_mode, "\"");
  Shape kernel = c.kernel_size.for_axes(type, "kernel_size", D, 1);
  stride_ = c.stride.for_axes(type, "stride", D, 1);
  dilation_ = c.dilation.for_axes(type, "dilation", D, 1);
  padding_ = Shape(D, 0);

  Shape before(D, 0), after(D, 0);
  if (c.padding.word == "same") {
    check<ConfigError>(stride_ == Shape(D, 1), type, ": padding \"same\" wants a stride of 1, not ", stride_);
    for (int i = 0; i < D; i++) {
      int64_t total = dilation_[i] * (kernel[i] - 1);
      before[i] = total / 2;
      after[i] = total - total / 2;  // an odd surplus stands at the end, as in PyTorch
    }
  } else if (c.padding.word.empty()) {
    before = after = c.padding.for_axes(type, "padding", D, 0);
  } else {
    check<ConfigError>(c.padding.word == "valid", type, ": expected padding to be integers, \"same\" or \"valid\", not \"", c.padding.word, "\"");
  }
  if (c.padding_mode == "zeros" && before == after) padding_ = before;
  else if (!(before == Shape(D, 0) && after == before))
    for (int i = D - 1; i >= 0; i--) sides_.insert(sides_.end(), {before[i], after[i]});

  Shape shape = Shape{c.out_channels, c.in_channels / c.groups}.concat(kernel);
  weight = Parameter(init::layer_default(shape));
  if (c.bias) bias = Parameter(init::bias_default({c.out_channels}, shape));
}

template <int D>
ConvNd<D>::ConvNd(int64_t in_channels, int64_t out_channels, Sizes kernel_size)
    : ConvNd(Options{.in_channels = in_channels, .out_channels = out_channels, .kernel_size = std::move(kernel_size)}) {}

template <int D>
void ConvNd<D>::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

template <int D>
Tensor ConvNd<D>::forward(const Tensor& x) {
  return convolution(x, false);
}
template <int D>
Tensor ConvNd<D>::forward_relu(const Tensor& x) {
  return convolution(x, true);
}

template <int D>
Tensor ConvNd<D>::convolution(const Tensor& x, bool relu) {
  check<ShapeError>((x.dim() == D + 1 || x.dim() == D + 2) && x.shape()[x.dim() - D - 1] == options.in_channels, type, ": expected an input (N, ",
                    options.in_channels, ", ", D, " spatial axes) or the same without N, but it is ", x.shape());
  Tensor padded = sides_.empty() ? x : pad(x, sides_, options.padding_mode == "zeros" ? "constant" : options.padding_mode);
  return conv(padded, weight(), bias(), {stride_, padding_, dilation_, options.groups}, relu);
}

template class ConvNd<1>;
template class ConvNd<2>;
template class ConvNd<3>;
template class Layer<Conv1d>;
template class Layer<Conv2d>;
template class Layer<Conv3d>;

}  // namespace tare::nn
