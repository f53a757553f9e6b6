#include "nn/theory/sensing.h"

#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/tubal.h"
#include "core/context.h"

namespace tare::nn {
namespace {

/// factor * sum_i (<a_i, x> - y_i)^2.
Tensor squared_residuals(std::string_view who, const Tensor& x, const Tensor& a, const Tensor& y, double factor) {
  check<ShapeError>(a.dim() == x.dim() + 1 && y.dim() == 1 && a.size(0) == y.size(0) && a.numel() == y.numel() * x.numel(), who,
                    ": expected a measurement of shape ", x.shape(), " for each of the numbers y but the measurements are ", a.shape(), " and y is "
                    "", y.shape());
  return factor * sum(square(mv(reshape(a, {a.size(0), x.numel()}), reshape(x, {x.numel()})) - y));
}

}  // namespace

Tensor matrix_sensing_loss(const Tensor& u, const Tensor& a, const Tensor& y) {
  check<ShapeError>(u.dim() == 2, "matrix_sensing_loss: expected a factor [d, w] but it is ", u.shape());
  return squared_residuals("matrix_sensing_loss", matmul(u, transpose(u)), a, y, 0.25);
}

Tensor tubal_sensing_loss(const Tensor& u, const Tensor& g, const Tensor& y) {
  return squared_residuals("tubal_sensing_loss", t_product(u, t_transpose(u)), g, y, 0.5);
}

Tensor best_rank_psd(const Tensor& z, int64_t rank) {
  check<ShapeError>(z.dim() == 2 && z.size(0) == z.size(1), "best_rank_psd: expected a square matrix but it is ", z.shape());
  check<ValueError>(rank >= 0, "best_rank_psd: rank must be at least 0, not ", rank);
  NoGrad off;
  auto [values, vectors] = eigh(symmetric_part(z));
  int64_t d = z.size(0), kept = std::min(rank, d);  // eigenvalues ascend
  Tensor w = clamp(narrow(values, 0, d - kept, kept), 0.0), v = narrow(vectors, 1, d - kept, kept);
  return matmul(v * w, transpose(v));
}

}  // namespace tare::nn
