#include "nn/norm/alpha_bn.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/edit.h"
#include "nn/norm/batch_norm.h"

namespace tare::nn {

void AlphaBNOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("alpha", alpha);
  v.option("eps", eps);
}

AlphaBN::AlphaBN(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, "AlphaBN: alpha must lie between 0 and 1, not ", o.alpha);
  start_affine({o.num_features});
  running = RunningStatistics(o.num_features, false);
}
AlphaBN::AlphaBN(int64_t num_features) : AlphaBN(Options{.num_features = num_features}) {}

void AlphaBN::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}

Tensor AlphaBN::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, 5);
  double alpha = options.alpha;
  if (training() || alpha == 1) return batch_norm(type, x, running, weight(), bias(), training(), 0.1, options.eps);
  Moments m = channel_moments(x);
  Tensor mu = running.mean() * alpha + m.mean * (1 - alpha), v = running.variance() * alpha + m.variance * (1 - alpha);
  return tare::batch_norm(x, mu, v, weight(), bias(), options.eps);
}

namespace {

template <int D>
int64_t exchange_batch_norms(Module& model, double alpha) {
  int64_t count = 0;
  for (auto& [path, m] : model.modules()) {
    auto* bn = dynamic_cast<BatchNormNd<D>*>(m);
    if (!bn) continue;
    check<ConfigError>(bn->running.kept(), "to_alpha_bn: ", path, " keeps no running statistics (track_running_stats = false) to mix with a batch's");
    AlphaBN layer({.num_features = bn->options.num_features, .alpha = alpha, .eps = bn->options.eps});
    layer.to(bn->running.mean().dtype());
    if (bn->weight.defined()) {
      NoGrad off;
      layer.weight = clone(bn->weight()).detach();
      layer.bias = clone(bn->bias()).detach();
    }
    layer.running.mean = bn->running.mean;
    layer.running.variance = bn->running.variance;
    replace(model, path, layer);
    count++;
  }
  return count;
}

}  // namespace

int64_t to_alpha_bn(Module& model, double alpha) {
  int64_t count = exchange_batch_norms<1>(model, alpha) + exchange_batch_norms<2>(model, alpha) + exchange_batch_norms<3>(model, alpha);
  check<ConfigError>(count > 0, "to_alpha_bn: there is no BatchNorm1d, 2d or 3d in ", model.type_name());
  return count;
}

Tensor core_loss(const Tensor& logits) {
  check<ShapeError>(logits.dim() == 2 && logits.shape()[1] > 0, "core_loss: expected logits (B, K) but they are ", logits.shape());
  Tensor p = softmax(logits, 1), together = matmul(transpose(p, 0, 1), p), rows = sum(together, {1});
  // A row sums to the probability its class was given: nearly 0 for a class that no sample supports.
  Tensor floor = clamp(rows, 1e-12);
  return sum((rows - diagonal(together)) / floor) / double(logits.shape()[1]);
}

template class Layer<AlphaBN>;

}  // namespace tare::nn
