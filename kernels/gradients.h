// grad * f'(x) in one pass over memory, for the activations whose derivative is cheap: from the input x, or from the output y
// where that is shorter.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

/// grad * (1 - y^2).
Tensor tanh_backward(const Tensor& grad, const Tensor& y);
/// grad * y (1 - y).
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y);
/// grad where x > threshold, 0 elsewhere.
Tensor threshold_backward(const Tensor& grad, const Tensor& x, double threshold);
/// grad where lo < x < hi (lo <= x <= hi if `closed`), 0 elsewhere.
Tensor between_backward(const Tensor& grad, const Tensor& x, double lo, double hi, bool closed);
/// grad where x > 0, slope * grad elsewhere.
Tensor leaky_relu_backward(const Tensor& grad, const Tensor& x, double slope);
/// grad where x > 0, grad * alpha scale exp(scale x) elsewhere.
Tensor elu_backward(const Tensor& grad, const Tensor& x, double alpha, double scale);
/// grad * sigmoid(beta x); grad itself where beta x > threshold.
Tensor softplus_backward(const Tensor& grad, const Tensor& x, double beta, double threshold);
/// grad * sigmoid(-x).
Tensor logsigmoid_backward(const Tensor& grad, const Tensor& x);
/// grad * f'(x) of gelu, its tanh form, and silu.
Tensor gelu_backward(const Tensor& grad, const Tensor& x);
Tensor gelu_tanh_backward(const Tensor& grad, const Tensor& x);
Tensor silu_backward(const Tensor& grad, const Tensor& x);

}  // namespace tare::kernels
