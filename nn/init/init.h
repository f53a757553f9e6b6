// Initializers: how parameters start. PyTorch's names, fans and defaults.
#pragma once

#include "core/tensor.h"

namespace tare::nn::init {

/// Fan in and fan out of a weight (out, in, *kernel): sizes times the kernel's area.
struct Fans {
  int64_t in, out;
};
Fans fans(const Shape& weight);

// New tensors of default_dtype(), drawn from the default generator. Inside a NoInit scope they are allocated and left unfilled.
Tensor uniform(const Shape& shape, double lo, double hi);
Tensor normal(const Shape& shape, double mean = 0, double deviation = 1);
Tensor constant(const Shape& shape, double value);
Tensor zeros(const Shape& shape);
Tensor ones(const Shape& shape);
/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): what PyTorch's Linear and Conv start their weights with (kaiming_uniform with a = sqrt(5)).
Tensor layer_default(const Shape& weight);
/// The matching bias: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) of the weight's fan_in.
Tensor bias_default(const Shape& bias, const Shape& weight);

}  // namespace tare::nn::init
