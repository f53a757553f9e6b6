#include "nn/norm/ghost_batch_norm.h"

#include "autograd/ops/shape.h"

namespace tare::nn {

void GhostBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("virtual_batch_size", virtual_batch_size);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
}
void SplitBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_splits", num_splits);
  v.option("eps", eps);
  v.option("momentum", momentum);
}

template <int D>
GhostBatchNormNd<D>::GhostBatchNormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.virtual_batch_size >= 1, type, ": virtual_batch_size must be at least 1, not ", o.virtual_batch_size);
  running = RunningStatistics(o.num_features);
  if (o.affine) start_affine({o.num_features});
}
template <int D>
GhostBatchNormNd<D>::GhostBatchNormNd(int64_t num_features, int64_t virtual_batch_size)
    : GhostBatchNormNd(Options{.num_features = num_features, .virtual_batch_size = virtual_batch_size}) {}

template <int D>
void GhostBatchNormNd<D>::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}

template <int D>
Tensor GhostBatchNormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : D + 2, D + 2);
  Tensor w = weight(), b = bias();
  auto one = [&](const Tensor& part) { return batch_norm(type, part, running, w, b, this->training(), options.momentum, options.eps); };
  int64_t n = x.size(0), pieces = (n + options.virtual_batch_size - 1) / options.virtual_batch_size;
  if (!this->training() || pieces <= 1) return one(x);
  Tensors parts = split(x, (n + pieces - 1) / pieces);
  for (Tensor& part : parts) part = one(part);
  return cat(parts);
}

SplitBatchNorm2d::SplitBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.num_splits >= 2, type, ": num_splits must be at least 2, not ", o.num_splits);
  running = RunningStatistics(o.num_features);
  start_affine({o.num_features});
  for (int64_t i = 1; i < o.num_splits; i++) aux_bn.emplace_back(BatchNormOptions{.num_features = o.num_features, .eps = o.eps, .momentum = o.momentum});
}
SplitBatchNorm2d::SplitBatchNorm2d(int64_t num_features) : SplitBatchNorm2d(Options{.num_features = num_features}) {}

void SplitBatchNorm2d::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
  for (size_t i = 0; i < aux_bn.size(); i++) v.child(text("aux_bn.", i), aux_bn[i]);
}

Tensor SplitBatchNorm2d::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 4, 4);
  auto first = [&](const Tensor& part) { return batch_norm(type, part, running, weight(), bias(), training(), options.momentum, options.eps); };
  if (!training()) return first(x);
  check<ShapeError>(x.size(0) % options.num_splits == 0 && x.size(0) > 0, type, ": expected a batch that can be split into ", options.num_splits,
                    " equal parts when training, but the input is ", x.shape());
  Tensors parts = split(x, x.size(0) / options.num_splits);
  parts[0] = first(parts[0]);
  for (size_t i = 0; i < aux_bn.size(); i++) parts[i + 1] = aux_bn[i](parts[i + 1]);
  return cat(parts);
}

template class GhostBatchNormNd<1>;
template class GhostBatchNormNd<2>;
template class Layer<GhostBatchNorm1d>;
template class Layer<GhostBatchNorm2d>;
template class Layer<SplitBatchNorm2d>;

}  // namespace tare::nn
