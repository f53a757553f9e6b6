// Activation functions, elementwise but for softmax and its relatives. Names and defaults are those of torch.nn.functional.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare {

Tensor relu(const Tensor& x);
Tensor relu6(const Tensor& x);
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// weight: one number, or one for each channel (axis 1).
Tensor prelu(const Tensor& x, const Tensor& weight);
Tensor elu(const Tensor& x, double alpha = 1);
Tensor selu(const Tensor& x);
Tensor celu(const Tensor& x, double alpha = 1);
/// approximate: "none" (x Phi(x)) or "tanh".
Tensor gelu(const Tensor& x, std::string_view approximate = "none");
/// x sigmoid(x).
Tensor silu(const Tensor& x);
/// x tanh(softplus(x)).
Tensor mish(const Tensor& x);
Tensor logsigmoid(const Tensor& x);
/// log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// x / (1 + |x|).
Tensor softsign(const Tensor& x);
Tensor hardtanh(const Tensor& x, double min_val = -1, double max_val = 1);
Tensor hardsigmoid(const Tensor& x);
Tensor hardswish(const Tensor& x);
Tensor hardshrink(const Tensor& x, double lambda = 0.5);
Tensor softshrink(const Tensor& x, double lambda = 0.5);
/// x - tanh(x).
Tensor tanhshrink(const Tensor& x);
/// x where x > threshold, value elsewhere.
Tensor threshold(const Tensor& x, double threshold, double value);
/// a sigmoid(b), a and b the halves of x along `axis`.
Tensor glu(const Tensor& x, int64_t axis = -1);

Tensor softmax(const Tensor& x, int64_t axis);
Tensor log_softmax(const Tensor& x, int64_t axis);
/// softmax(-x).
Tensor softmin(const Tensor& x, int64_t axis);

}  // namespace tare
