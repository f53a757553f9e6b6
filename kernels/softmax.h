// Softmax and log-softmax along one axis, forward and backward.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// y = exp(x - max) / sum exp(x - max) along `axis`. A row of -inf alone gives NaN, as in PyTorch.
Tensor softmax(const Tensor& x, int64_t axis);
/// y = x - max - log sum exp(x - max) along `axis`.
Tensor log_softmax(const Tensor& x, int64_t axis);

/// dx = y (grad - sum(grad * y)), from the output y.
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis);
/// dx = grad - exp(y) sum(grad), from the output y.
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis);

}  // namespace tare::kernels
