#include "nn/conv/conv_transpose.h"

#include "autograd/ops/conv.h"
#include "nn/init/init.h"

namespace tare::nn {

void ConvTransposeLayerOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("output_padding", output_padding);
  v.option("groups", groups);
  v.option("bias", bias);
  v.option("dilation", dilation);
}

template <int D>
ConvTransposeNd<D>::ConvTransposeNd(Options o) : options(std::move(o)) {
  const Options& c = options;
  check<ConfigError>(c.groups >= 1 && c.in_channels >= 1 && c.out_channels >= 1 && c.in_channels % c.groups == 0 && c.out_channels % c.groups == 0, type,
                     ": expected groups to be at least 1 and to divide in_channels and out_channels, but they are ", c.groups, ", ", c.in_channels, " and ",
                     c.out_channels);
  Shape stride = c.stride.for_axes(type, "stride", D, 1), dilation = c.dilation.for_axes(type, "dilation", D, 1);
  Shape extra = c.output_padding.for_axes(type, "output_padding", D, 0);
  c.padding.for_axes(type, "padding", D, 0);
  for (int i = 0; i < D; i++)
    check<ConfigError>(extra[i] < stride[i] || extra[i] < dilation[i], type, ": expected output_padding smaller than stride or dilation, but they are ", extra,
                       ", ", stride, " and ", dilation);
  Shape shape = Shape{c.in_channels, c.out_channels / c.groups}.concat(c.kernel_size.for_axes(type, "kernel_size", D, 1));
  weight = Parameter(init::layer_default(shape));
  if (c.bias) bias = Parameter(init::bias_default({c.out_channels}, shape));
}

template <int D>
ConvTransposeNd<D>::ConvTransposeNd(int64_t in_channels, int64_t out_channels, Sizes kernel_size)
    : ConvTransposeNd(Options{.in_channels = in_channels, .out_channels = out_channels, .kernel_size = std::move(kernel_size)}) {}

template <int D>
void ConvTransposeNd<D>::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

template <int D>
Tensor ConvTransposeNd<D>::forward(const Tensor& x) {
  check<ShapeError>((x.dim() == D + 1 || x.dim() == D + 2) && x.shape()[x.dim() - D - 1] == options.in_channels, type, ": expected an input (N, ",
                    options.in_channels, ", ", D, " spatial axes) or the same without N, but it is ", x.shape());
  return conv_transpose(x, weight(), bias(),
                        {options.stride.values, options.padding.values, options.output_padding.values, options.dilation.values, options.groups});
}

template class ConvTransposeNd<1>;
template class ConvTransposeNd<2>;
template class ConvTransposeNd<3>;
template class Layer<ConvTranspose1d>;
template class Layer<ConvTranspose2d>;
template class Layer<ConvTranspose3d>;

}  // namespace tare::nn
