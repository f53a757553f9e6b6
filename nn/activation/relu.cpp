#include "nn/activation/relu.h"

#include "autograd/ops/activation.h"

namespace tare::nn {

Tensor ReLU::forward(const Tensor& x) { return relu(x); }

template class Layer<ReLU>;

}  // namespace tare::nn
