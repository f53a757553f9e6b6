#include "nn/tract.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

void check_lambda(std::string_view who, double lambda) { check<ConfigError>(lambda > 0, who, ": lambda_ must be positive, not ", lambda); }

/// G^T X (X^T X / N + lambda I)^-1, by the smaller of the two systems.
Tensor ridge_gradient(const Tensor& g, const Tensor& x, double lambda) {
  int64_t n = x.size(0), d = x.size(1);
  bool wide = n < d;
  Tensor xt = transpose(x), gram = (wide ? matmul(x, xt) : matmul(xt, x)) / double(std::max<int64_t>(n, 1));
  Tensor root = cholesky(gram + lambda * eye(gram.size(0), gram.size(0), gram.dtype()));
  return wide ? matmul(transpose(cholesky_solve(g, root)), x) : transpose(cholesky_solve(matmul(xt, g), root));
}

/// z, computed from the constant weight, with the gradient that reaches it handed to the weight too, by TrAct's rule. inputs_of makes X (N, D) of x, and
/// outputs_of (N, M) of a gradient of z.
template <class InputsOf, class OutputsOf>
Tensor route(const Tensor& z, const Tensor& weight, const Tensor& x, double lambda, InputsOf inputs_of, OutputsOf outputs_of) {
  auto backward = [=](const Tensors& grads, const Tensors& inputs, const Tensors&, Needs needs) -> Tensors {
    Tensors out{grads[0], {}, {}};
    if (needs[1]) out[1] = reshape(ridge_gradient(outputs_of(grads[0]), inputs_of(inputs[2]), lambda), inputs[1].shape());
    return out;
  };
  return fused("tract", z.detach(), {z, weight, x.detach()}, backward, {});
}

}  // namespace

void TrActLinearOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("out_features", out_features);
  v.option("bias", bias);
  v.option("lambda_", lambda_);
}

TrActLinear::TrActLinear(Options o) : TrActLinear(Linear({.in_features = o.in_features, .out_features = o.out_features, .bias = o.bias}), o.lambda_) {}

// Slots are moved into place: assigning to one would copy the numbers into a leaf of its own.
TrActLinear::TrActLinear(Linear&& layer, double lambda)
    : options{layer.options.in_features, layer.options.out_features, layer.options.bias, lambda}, weight(std::move(layer.weight)), bias(std::move(layer.bias)) {
  check_lambda(type, lambda);
}

void TrActLinear::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor TrActLinear::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == options.in_features, "TrActLinear: expected the last dimension of the input to be ",
                    options.in_features, " (in_features) but the input is ", x.shape());
  Tensor w = weight();
  auto rows = [](const Tensor& t) { return reshape(t, {-1, t.size(-1)}); };
  return route(linear(x, w.detach(), bias()), w, x, options.lambda_, rows, rows);
}

void TrActConv2dOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("bias", bias);
  v.option("lambda_", lambda_);
}

TrActConv2d::TrActConv2d(Options o)
    : TrActConv2d(Conv2d({.in_channels = o.in_channels, .out_channels = o.out_channels, .kernel_size = o.kernel_size, .stride = o.stride,
                          .padding = o.padding, .bias = o.bias}),
                  o.lambda_) {}

TrActConv2d::TrActConv2d(Conv2d&& layer, double lambda)
    : options{layer.options.in_channels, layer.options.out_channels, layer.options.kernel_size, layer.options.stride, layer.options.padding,
              layer.options.bias, lambda},
      weight(std::move(layer.weight)),
      bias(std::move(layer.bias)) {
  check_lambda(type, lambda);
  auto& o = layer.options;
  check<ConfigError>(o.groups == 1 && o.padding_mode == "zeros" && o.padding.word.empty() && o.dilation.for_axes(type, "dilation", 2, 1) == Shape({1, 1}), type,
                     ": only convolutions without groups, dilation, named padding and padding modes have a TrAct form");
}

void TrActConv2d::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor TrActConv2d::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.in_channels, "TrActConv2d: expected (N, ", options.in_channels, ", H, W) but the input is ",
                    x.shape());
  Shape stride = options.stride.for_axes(type, "stride", 2, 1), padding = options.padding.for_axes(type, "padding", 2, 0);
  Tensor w = weight();
  Shape kernel{w.size(2), w.size(3)};
  auto patches = [=](const Tensor& t) {
    Tensor columns = unfold(t, kernel, {.padding = padding, .stride = stride});  // (N, D, positions)
    return reshape(transpose(columns), {-1, columns.size(1)});
  };
  auto positions = [](const Tensor& g) { return reshape(movedim(g, {1}, {3}), {-1, g.size(1)}); };
  return route(conv2d(x, w.detach(), bias(), {.stride = stride, .padding = padding}), w, x, options.lambda_, patches, positions);
}

TrActLinear tract(Linear layer, double lambda) { return TrActLinear(std::move(layer), lambda); }
TrActConv2d tract(Conv2d layer, double lambda) { return TrActConv2d(std::move(layer), lambda); }

template class Layer<TrActLinear>;
template class Layer<TrActConv2d>;

}  // namespace tare::nn
