// softmax and log-softmax. With y = softmax(x) and G the gradient of y, dx = y (G - sum(G y)); with y = log softmax(x),
// dx = G - exp(y) sum(G).
#include "kernels/softmax.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/context.h"

namespace tare {
namespace {

Tensor floating_input(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, default_dtype()); }

Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) {
  if (context().grad_enabled) return y * (grad - sum(grad * y, {axis}, true));  // being recorded itself
  return kernels::softmax_backward(grad, y, axis);
}
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) {
  if (context().grad_enabled) return grad - exp(y) * sum(grad, {axis}, true);
  return kernels::log_softmax_backward(grad, y, axis);
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) {
  int a = normalize_axis("softmax", axis, x.dim());
  Tensor in = floating_input(x);
  return record("softmax", kernels::softmax(in, a), from(in, [a](const Tensor& grad, const Tensor& y) { return softmax_backward(grad, y, a); }));
}
Tensor log_softmax(const Tensor& x, int64_t axis) {
  int a = normalize_axis("log_softmax", axis, x.dim());
  Tensor in = floating_input(x);
  return record("log_softmax", kernels::log_softmax(in, a), from(in, [a](const Tensor& grad, const Tensor& y) { return log_softmax_backward(grad, y, a); }));
}
Tensor softmin(const Tensor& x, int64_t axis) { return softmax(-x, axis); }

}  // namespace tare
