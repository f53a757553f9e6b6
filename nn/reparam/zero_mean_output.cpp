#include "nn/reparam/zero_mean_output.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"

namespace tare::nn {

Tensor ZeroMeanOutput::weight() {
  Tensor w = weight_orig();
  return w - mean(w, {0}, true);
}

void ZeroMeanOutput::accept(const Tensor& w, std::string_view path) {
  check<ShapeError>(w.dim() >= 1 && w.shape()[0] >= 1, "ZeroMeanOutput: ", path, " has no axis of outputs: its shape is ", w.shape());
}

template class Reparam<ZeroMeanOutput, RawWeight>;

}  // namespace tare::nn
