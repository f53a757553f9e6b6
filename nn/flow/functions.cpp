// The rows of the flows' functions.
#include "autograd/functions.h"

#include "autograd/samples.h"
#include "nn/flow/cinc_conv.h"

namespace tare::nn::tables {
namespace {

using samples::spread;

/// Weights whose last tap is far from singular: 2 on the diagonal, small numbers beside it.
Tensor well_posed(int64_t c, int64_t k) {
  Tensor w = spread({c, c, k, k}, -0.4, 0.4, 3);
  double* p = w.mutable_data<double>();
  for (int64_t i = 0; i < c; i++) p[((i * c + i) * k + k) * k - 1] = 2 - 0.1 * double(i);
  return w;
}

const Function kFlowFunctions[] = {
    {"causal_conv2d_inverse", [](const Inputs& x, Keywords&) { return Tensors{causal_conv2d_inverse(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 2, 3, 2}), well_posed(2, 2)}}, {{spread({1, 1, 2, 3}), well_posed(1, 3)}}, {{spread({0, 2, 2, 2}), well_posed(2, 2)}}}; },
     Gradient::exact, "The image whose causal convolution is given.", "cinc_flow"},
};

}  // namespace

std::span<const Function> flow() { return kFlowFunctions; }

}  // namespace tare::nn::tables
