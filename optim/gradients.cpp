#include "optim/gradients.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::optim {

Tensor centralized(const Tensor& g) {
  if (g.dim() < 2) return g;
  Tensor rows = reshape(g, {g.size(0), -1});
  return reshape(rows - mean(rows, {1}, true), g.shape());
}

}  // namespace tare::optim
