#include "optim/axes.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"

namespace tare::optim {
namespace {

Tensor unfolded(const Tensor& g, int axis) {
  int64_t n = g.size(axis);
  return reshape(transpose(g, 0, axis), {n, n ? g.numel() / n : 0});
}

}  // namespace

Tensor gram_along(const Tensor& g, int axis) {
  Tensor x = unfolded(g, axis);
  return matmul(x, transpose(x));
}

Tensor squares_along(const Tensor& g, int axis) { return sum(square(unfolded(g, axis)), {1}); }

Tensor times_along(const Tensor& g, const Tensor& m, int axis) {
  int last = g.dim() - 1;
  return kernels::contiguous(transpose(matmul(transpose(g, axis, last), transpose(m)), axis, last));
}

Tensor symmetric_power(const Tensor& a, double power, double least) {
  auto [values, vectors] = eigh(a);
  return matmul(vectors * pow(clamp(values, least), power), transpose(vectors));
}

}  // namespace tare::optim
