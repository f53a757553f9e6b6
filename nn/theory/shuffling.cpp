#include "nn/theory/shuffling.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"

namespace tare::nn {
namespace {

Tensor permuted(std::string_view who, const Tensor& y, const Tensor& perm) {
  check<ShapeError>(y.dim() == 1 && y.numel() == perm.numel(), who, ": expected targets [", perm.numel(), "] but they are ", y.shape());
  return index_select(y, 0, perm);
}

}  // namespace

Tensor distorted_features(const Tensor& x, const Tensor& perm, const ShuffledBatches& o) {
  check<ShapeError>(x.dim() == 2 && perm.shape() == Shape({x.size(0)}), "distorted_features: expected samples [n, d] and a permutation [n] but they are ", x.shape(), " and ",
                    perm.shape());
  int64_t n = x.size(0), d = x.size(1), batch = o.batch_size == 0 ? n : o.batch_size;
  check<ValueError>(batch >= 1 && n % batch == 0, "distorted_features: batch_size ", batch, " does not divide ", n, " samples; every batch must be full");
  check<ValueError>(o.eps >= 0, "distorted_features: eps must be at least 0, not ", o.eps);
  Tensor chunks = reshape(index_select(x, 0, perm), {n / batch, batch, d});
  auto [variance, average] = var_mean(chunks, {1}, 0, true);
  Tensor spread = variance + o.eps, varies = gt(spread, 0);
  return reshape((chunks - average) * where(varies, rsqrt(where(varies, spread, 1.0)), 0.0), {n, d});
}

Tensor distorted_optimum(const Tensor& x, const Tensor& y, const Tensor& perm, const ShuffledBatches& o) {
  return squeeze(lstsq(distorted_features(x, perm, o), unsqueeze(permuted("distorted_optimum", y, perm), 1)), {1});
}

Tensor batchnorm_linear_epoch(const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& perm, double lr, const ShuffledBatches& o) {
  check<ShapeError>(w.dim() == 1 && x.dim() == 2 && w.size(0) == x.size(1), "batchnorm_linear_epoch: expected weights [d] and samples [n, d] but they are ", w.shape(), " and ",
                    x.shape());
  NoGrad off;
  Tensor features = distorted_features(x, perm, o), targets = permuted("batchnorm_linear_epoch", y, perm), out = w.detach();
  int64_t n = x.size(0), batch = o.batch_size == 0 ? n : o.batch_size;
  for (int64_t at = 0; at < n; at += batch) {
    Tensor z = narrow(features, 0, at, batch);
    out = out - (2 * lr / double(batch)) * mv(transpose(z), mv(z, out) - narrow(targets, 0, at, batch));
  }
  return out;
}

}  // namespace tare::nn
