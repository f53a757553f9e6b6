// Convolution is bilinear in the input x and the weight w. With the inner product <G, conv(x, w)>, three operations take any two of
// (x, w, G) to the third:
//   conv(x, w) -> y,   input_gradient(G, w) -> x,   weight_gradient(G, x) -> w,
// and the gradient of each in either argument is another of the three. So derivatives of every order come from three kernels.
#include "autograd/ops/conv.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/conv.h"
#include "kernels/gradients.h"

namespace tare {
namespace {

using kernels::ConvParams;

Tensor plain_conv(const Tensor& x, const Tensor& w, const ConvParams& p);
Tensor weight_gradient(const Tensor& grad, const Tensor& x, const Shape& weight_shape, const ConvParams& p);

Tensor input_gradient(const Tensor& grad, const Tensor& w, const Shape& input_shape, const ConvParams& p) {
  return record("conv_input_gradient", kernels::conv_backward_input(grad, w, input_shape, p),
                from(grad, [w = saved(w), p](const Tensor& g) { return plain_conv(g, w, p); }),
                from(w, [grad = saved(grad), shape = w.shape(), p](const Tensor& g) { return weight_gradient(grad, g, shape, p); }));
}
Tensor weight_gradient(const Tensor& grad, const Tensor& x, const Shape& weight_shape, const ConvParams& p) {
  return record("conv_weight_gradient", kernels::conv_backward_weight(grad, x, weight_shape, p),
                from(grad, [x = saved(x), p](const Tensor& g) { return plain_conv(x, g, p); }),
                from(x, [grad = saved(grad), shape = x.shape(), p](const Tensor& g) { return input_gradient(grad, g, shape, p); }));
}
Tensor plain_conv(const Tensor& x, const Tensor& w, const ConvParams& p) {
  return record("conv", kernels::conv_forward(x, w, Tensor(), p),
                from(x, [w = saved(w), shape = x.shape(), p](const Tensor& grad) { return input_gradient(grad, w, shape, p); }),
                from(w, [x = saved(x), shape = w.shape(), p](const Tensor& grad) { return weight_gradient(grad, x, shape, p); }));
}

// (1, C, 1, ...): a bias beside (N, C, *).
Tensor per_channel(const Tensor& bias, int rank) {
  Shape shape(rank, 1);
  shape[1] = bias.numel();
  return reshape(bias, shape);
}

// The tape's own node: the bias folded into the kernel, the gradients of all three inputs at once.
Tensor fused_conv(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvParams& p, bool cut) {
  auto backward = [p, cut](const Tensors& grads, const Tensors& in, const Tensors& out, Needs needs) {
    Tensor grad = cut ? kernels::threshold_backward(grads[0], out[0], 0) : grads[0];
    kernels::ConvGradients g = kernels::conv_backward(grad, in[0], in[1], p, needs[0], needs[1]);
    return Tensors{g.input, g.weight, needs[2] ? kernels::conv_backward_bias(grad) : Tensor()};
  };
  auto composed = [p, cut](const Tensors& in) {
    Tensor y = plain_conv(in[0], in[1], p);
    if (in[2].defined()) y = y + per_channel(in[2], y.dim());
    return Tensors{cut ? relu(y) : y};
  };
  auto act = cut ? kernels::Activation::relu : kernels::Activation::none;
  return fused(cut ? "conv_relu" : "conv", kernels::conv_forward(x, w, bias, p, act), {x, w, bias}, backward, composed);
}

void check_types(const char* what, const Tensor& x, const Tensor& w, const Tensor& bias) {
  check<DTypeError>(is_floating(x.dtype()) && x.dtype() == w.dtype() && (!bias.defined() || bias.dtype() == x.dtype()), what,
                    ": expected input, weight and bias of one floating type, not ", x.dtype(), ", ", w.dtype(), bias.defined() ? ", " : "",
                    bias.defined() ? dtype_name(bias.dtype()) : "");
}

Tensor checked_conv(const char* what, int axes, const Tensor& x, const Tensor& w, const Tensor& bias, const ConvOptions& o, bool cut) {
  check<ShapeError>(axes >= 1 && axes <= 3 && w.dim() == axes + 2, what, ": expected a weight (out, in / groups, *kernel) with ", axes,
                    " kernel axes but its shape is ", w.shape());
  check<ShapeError>(x.dim() == axes + 1 || x.dim() == axes + 2, what, ": expected an input (N, C, *) or (C, *) with ", axes, " spatial axes but its shape is ", x.shape());
  check_types(what, x, w, bias);
  ConvParams p{o.stride, o.padding, o.dilation, o.groups};
  Tensor batch = x.dim() == axes + 1 ? unsqueeze(x, 0) : x;
  kernels::check_conv(what, batch.shape(), w.shape(), bias.defined() ? &bias.shape() : nullptr, p);
  Tensor y = fused_conv(batch, w, bias, p, cut);
  return x.dim() == axes + 1 ? squeeze(y, {0}) : y;
}

int64_t entry(const Shape& s, int i) { return s[s.size() == 1 ? 0 : i]; }

Tensor checked_transpose(const char* what, int axes, const Tensor& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
  check<ShapeError>(axes >= 1 && axes <= 3 && w.dim() == axes + 2, what, ": expected a weight (in, out / groups, *kernel) with ", axes,
                    " kernel axes but its shape is ", w.shape());
  check<ShapeError>(x.dim() == axes + 1 || x.dim() == axes + 2, what, ": expected an input (N, C, *) or (C, *) with ", axes, " spatial axes but its shape is ", x.shape());
  check_types(what, x, w, bias);
  for (const Shape* s : {&o.stride, &o.padding, &o.output_padding, &o.dilation})
    check<ShapeError>(s->size() == 1 || s->size() == axes, what, ": expected 1 or ", axes, " numbers, not ", *s);
  Tensor batch = x.dim() == axes + 1 ? unsqueeze(x, 0) : x;
  check<ValueError>(o.groups >= 1, what, ": expected at least one group, not ", o.groups);
  check<ShapeError>(batch.shape()[1] == w.shape()[0] && w.shape()[0] % o.groups == 0, what, ": an input of shape ", x.shape(), " in ", o.groups,
                    " groups does not fit a weight of shape ", w.shape());
  // The shape of the input of the convolution whose gradient this is.
  Shape shape{batch.shape()[0], w.shape()[1] * o.groups};
  for (int i = 0; i < axes; i++) {
    int64_t stride = entry(o.stride, i), dilation = entry(o.dilation, i), extra = entry(o.output_padding, i);
    check<ValueError>(stride >= 1 && dilation >= 1 && extra >= 0 && (extra < stride || extra < dilation), what,
                      ": expected positive stride and dilation and an output_padding smaller than one of them, not ", stride, ", ", dilation, " and ", extra);
    int64_t size = (batch.shape()[2 + i] - 1) * stride - 2 * entry(o.padding, i) + dilation * (w.shape()[2 + i] - 1) + extra + 1;
    check<ShapeError>(size >= 0, what, ": an input of shape ", x.shape(), " with padding ", o.padding, " leaves nothing along spatial axis ", i);
    shape.push_back(size);
  }
  check<ShapeError>(!bias.defined() || bias.shape() == Shape{shape[1]}, what, ": expected a bias of shape [", shape[1], "]", " but its shape is ",
                    bias.defined() ? bias.shape() : Shape{});
  Tensor y = input_gradient(batch, w, shape, {o.stride, o.padding, o.dilation, o.groups});
  if (bias.defined()) y = y + per_channel(bias, y.dim());
  return x.dim() == axes + 1 ? squeeze(y, {0}) : y;
}

}  // namespace

Tensor conv(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvOptions& o, bool relu) {
  return checked_conv("conv", w.dim() - 2, x, w, bias, o, relu);
}
Tensor conv1d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvOptions& o, bool relu) {
  return checked_conv("conv1d", 1, x, w, bias, o, relu);
}
Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvOptions& o, bool relu) {
  return checked_conv("conv2d", 2, x, w, bias, o, relu);
}
Tensor conv3d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvOptions& o, bool relu) {
  return checked_conv("conv3d", 3, x, w, bias, o, relu);
}
Tensor pad_same(const Tensor& x, const Shape& weight, const ConvOptions& o) {
  std::vector<int64_t> padding;
  for (int i = weight.size() - 3; i >= 0; i--) {
    check<ValueError>(entry(o.stride, i) == 1, "conv: padding \"same\" needs a stride of 1, not ", o.stride);
    int64_t total = entry(o.dilation, i) * (weight[2 + i] - 1);
    padding.insert(padding.end(), {total / 2, total - total / 2});
  }
  return pad(x, padding);
}
Tensor conv_transpose(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
  return checked_transpose("conv_transpose", w.dim() - 2, x, w, bias, o);
}
Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
  return checked_transpose("conv_transpose1d", 1, x, w, bias, o);
}
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
  return checked_transpose("conv_transpose2d", 2, x, w, bias, o);
}
Tensor conv_transpose3d(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
  return checked_transpose("conv_transpose3d", 3, x, w, bias, o);
}

}  // namespace tare
