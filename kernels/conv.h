// Convolution (cross-correlation, as in every deep-learning library) over one, two or three spatial axes.
//
//   y[n, o, p] = act(bias[o] + sum over c, q of w[o, c, q] x[n, c0(o) + c, stride p + dilation q - padding])
//
// where p and q run over output and kernel positions, c over the C / groups channels of o's group, c0(o) is the group's
// first channel, and x is zero outside its bounds.
#pragma once

#include "core/tensor.h"
#include "kernels/activation.h"

namespace tare::kernels {

/// One entry for each spatial axis; an empty list means 1 (stride, dilation) or 0 (padding) everywhere, a list of one entry
/// holds for every axis.
struct ConvParams {
  Shape stride{}, padding{}, dilation{};
  int64_t groups = 1;
};

/// The shape (N, O, *out) of the result for an input (N, C, *in) and weights (O, C / groups, *kernel).
Shape conv_output_shape(const Shape& input, const Shape& weight, const ConvParams& p);

/// Throws ShapeError (ValueError for the numbers in `p`) that names `what` and the shapes unless the three fit together.
/// `bias` may be null.
void check_conv(std::string_view what, const Shape& input, const Shape& weight, const Shape* bias, const ConvParams& p);

/// x (N, C, *in), w (O, C / groups, *kernel), bias (O) or undefined, of one floating dtype.
Tensor conv_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvParams& p, Activation act = Activation::none);
/// The gradient of the input, from grad (N, O, *out). It is also the transposed convolution of `grad` by w.
Tensor conv_backward_input(const Tensor& grad, const Tensor& w, const Shape& input_shape, const ConvParams& p);
/// The gradient of the weights, summed over the batch.
Tensor conv_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape, const ConvParams& p);
/// The gradient of the bias: grad (N, O, *) summed over all axes but the second.
Tensor conv_backward_bias(const Tensor& grad);

/// Both gradients; an undefined tensor where not wanted.
struct ConvGradients {
  Tensor input, weight;
};
ConvGradients conv_backward(const Tensor& grad, const Tensor& x, const Tensor& w, const ConvParams& p, bool want_input, bool want_weight);

}  // namespace tare::kernels
