// Activations. Where the derivative is cheap, `..._backward` is one pass over memory and an operation with derivatives of its own.
#include "autograd/ops/activation.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/gradients.h"

namespace tare {
namespace {

// These are linear in grad, and their derivative in x is zero almost everywhere.
Tensor threshold_backward(const Tensor& grad, const Tensor& x, double threshold) {
  return record("threshold_backward", kernels::threshold_backward(grad, x, threshold),
                from(grad, [x = saved(x), threshold](const Tensor& g) { return threshold_backward(g, x, threshold); }));
}
Tensor between_backward(const Tensor& grad, const Tensor& x, double lo, double hi, bool closed) {
  return record("between_backward", kernels::between_backward(grad, x, lo, hi, closed),
                from(grad, [x = saved(x), lo, hi, closed](const Tensor& g) { return between_backward(g, x, lo, hi, closed); }));
}
Tensor leaky_relu_backward(const Tensor& grad, const Tensor& x, double slope) {
  return record("leaky_relu_backward", kernels::leaky_relu_backward(grad, x, slope),
                from(grad, [x = saved(x), slope](const Tensor& g) { return leaky_relu_backward(g, x, slope); }));
}

// d elu / dx = alpha scale e^(scale x) for x <= 0, whose own derivative is scale times itself there and 0 elsewhere.
Tensor elu_backward(const Tensor& grad, const Tensor& x, double alpha, double scale) {
  return record("elu_backward", kernels::elu_backward(grad, x, alpha, scale),
                from(grad, [x = saved(x), alpha, scale](const Tensor& g) { return elu_backward(g, x, alpha, scale); }),
                from(x, [grad = saved(grad), x = saved(x), alpha, scale](const Tensor& g) {
                  Tensor inside = kernels::le(x, 0);
                  return where(inside, g * grad, 0.0) * (alpha * scale * scale * exp(scale * where(inside, x, 0.0)));
                }));
}
Tensor elu_scaled(const char* name, const Tensor& x, double alpha, double scale) {
  return record(name, kernels::elu(x, alpha, scale), from(x, [x = saved(x), alpha, scale](const Tensor& grad) { return elu_backward(grad, x, alpha, scale); }));
}

// sigma(beta x), with derivative beta sigma (1 - sigma).
Tensor softplus_backward(const Tensor& grad, const Tensor& x, double beta, double threshold) {
  return record("softplus_backward", kernels::softplus_backward(grad, x, beta, threshold),
                from(grad, [x = saved(x), beta, threshold](const Tensor& g) { return softplus_backward(g, x, beta, threshold); }),
                from(x, [grad = saved(grad), x = saved(x), beta, threshold](const Tensor& g) {
                  Tensor s = sigmoid(x * beta);
                  return where(kernels::gt(kernels::mul(*x, beta), threshold), 0.0, g * grad * (beta * s * (1 - s)));
                }));
}
Tensor logsigmoid_backward(const Tensor& grad, const Tensor& x) {
  return record("logsigmoid_backward", kernels::logsigmoid_backward(grad, x), from(grad, [x = saved(x)](const Tensor& g) { return logsigmoid_backward(g, x); }),
                from(x, [grad = saved(grad), x = saved(x)](const Tensor& g) {
                  Tensor s = sigmoid(x);
                  return -(g * grad * (s * (1 - s)));
                }));
}

// One input, one output, a kernel for the backward pass.
template <class Backward>
Tensor smooth(const char* name, Tensor value, const Tensor& x, Backward backward, Composed composed) {
  return fused(
      name, std::move(value), {x},
      [backward](const Tensors& grads, const Tensors& inputs, const Tensors&, Needs) { return Tensors{backward(grads[0], inputs[0])}; }, std::move(composed));
}

constexpr double kSqrtHalf = 0.70710678118654752440, kGeluScale = 0.79788456080286535588, kGeluCubic = 0.044715;

}  // namespace

Tensor relu(const Tensor& x) {
  return record("relu", kernels::relu(x), from(x, [](const Tensor& grad, const Tensor& y) { return threshold_backward(grad, y, 0); }));
}
Tensor leaky_relu(const Tensor& x, double slope) {
  return record("leaky_relu", kernels::leaky_relu(x, slope), from(x, [x = saved(x), slope](const Tensor& grad) { return leaky_relu_backward(grad, x, slope); }));
}
Tensor prelu(const Tensor& x, const Tensor& weight) {
  check<ShapeError>(weight.dim() <= 1, "prelu: expected one weight, or one for each channel, but the weight has shape ", weight.shape());
  check<ShapeError>(weight.numel() == 1 || (x.dim() >= 2 && weight.numel() == x.shape()[1]), "prelu: expected 1 weight, or one for each of the channels of ",
                    x.shape(), " (axis 1), not ", weight.numel());
  Shape shape(x.dim() ? x.dim() : 0, 1);
  if (weight.numel() != 1) shape[1] = weight.numel();
  return where(gt(x, 0), x, x * reshape(weight, shape));
}
Tensor elu(const Tensor& x, double alpha) { return elu_scaled("elu", x, alpha, 1); }
Tensor celu(const Tensor& x, double alpha) {
  check<ValueError>(alpha != 0, "celu: expected alpha other than 0");
  return elu_scaled("celu", x, alpha, 1 / alpha);
}
// Klambauer et al. (2017): the constants that make mean 0 and variance 1 a fixed point.
Tensor selu(const Tensor& x) { return elu_scaled("selu", x, 1.6732632423543772848, 1) * 1.0507009873554804934; }

Tensor gelu(const Tensor& x, std::string_view approximate) {
  check<ConfigError>(approximate == "none" || approximate == "tanh", "gelu: unknown approximation \"", approximate, "\"; expected none or tanh");
  if (approximate == "none")
    return smooth("gelu", kernels::gelu(x), x, kernels::gelu_backward, [](const Tensors& in) { return Tensors{0.5 * in[0] * erfc(-kSqrtHalf * in[0])}; });
  return smooth("gelu_tanh", kernels::gelu_tanh(x), x, kernels::gelu_tanh_backward, [](const Tensors& in) {
    const Tensor& v = in[0];
    return Tensors{v * sigmoid(2 * kGeluScale * (v + kGeluCubic * (v * v * v)))};
  });
}
Tensor silu(const Tensor& x) {
  return smooth("silu", kernels::silu(x), x, kernels::silu_backward, [](const Tensors& in) { return Tensors{in[0] * sigmoid(in[0])}; });
}
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }

Tensor logsigmoid(const Tensor& x) {
  return record("logsigmoid", kernels::logsigmoid(x), from(x, [x = saved(x)](const Tensor& grad) { return logsigmoid_backward(grad, x); }));
}
Tensor softplus(const Tensor& x, double beta, double threshold) {
  return record("softplus", kernels::softplus(x, beta, threshold), from(x, [x = saved(x), beta, threshold](const Tensor& grad) {
                  return softplus_backward(grad, x, beta, threshold);
                }));
}
Tensor softsign(const Tensor& x) { return x / (1 + abs(x)); }

// At the corners the slope is 0, as in PyTorch.
Tensor hardtanh(const Tensor& x, double min_val, double max_val) {
  check<ValueError>(min_val <= max_val, "hardtanh: expected min_val <= max_val, not ", min_val, " and ", max_val);
  return record("hardtanh", kernels::clamp(x, min_val, max_val),
                from(x, [x = saved(x), min_val, max_val](const Tensor& grad) { return between_backward(grad, x, min_val, max_val, false); }));
}
Tensor relu6(const Tensor& x) { return hardtanh(x, 0, 6); }
// The slope is PyTorch's 1/6, which is rounded to float32 for every type.
Tensor hardsigmoid(const Tensor& x) {
  return record("hardsigmoid", kernels::clamp(kernels::add(kernels::div(x, 6), 0.5), 0.0, 1.0),
                from(x, [x = saved(x)](const Tensor& grad) { return between_backward(grad * double(1.0f / 6), x, -3, 3, false); }));
}
Tensor hardswish(const Tensor& x) { return x * hardtanh(x + 3, 0, 6) / 6; }
Tensor hardshrink(const Tensor& x, double lambda) {
  return where(logical_and(ge(x, -lambda), le(x, lambda)), 0.0, x);
}
Tensor softshrink(const Tensor& x, double lambda) {
  check<ValueError>(lambda >= 0, "softshrink: expected lambda of at least 0, not ", lambda);
  return where(gt(x, lambda), x - lambda, where(lt(x, -lambda), x + lambda, x * 0.0));
}
Tensor tanhshrink(const Tensor& x) { return x - tanh(x); }
Tensor threshold(const Tensor& x, double threshold, double value) {
  return record("threshold", kernels::where(kernels::gt(x, threshold), x, value),
                from(x, [x = saved(x), threshold](const Tensor& grad) { return threshold_backward(grad, x, threshold); }));
}
Tensor glu(const Tensor& x, int64_t axis) {
  int a = normalize_axis("glu", axis, x.dim());
  check<ShapeError>(x.dim() > 0 && x.shape()[a] % 2 == 0, "glu: axis ", axis, " of ", x.shape(), " cannot be halved");
  int64_t half = x.shape()[a] / 2;
  return narrow(x, a, 0, half) * sigmoid(narrow(x, a, half, half));
}

}  // namespace tare
