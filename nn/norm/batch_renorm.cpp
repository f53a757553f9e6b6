#include "nn/norm/batch_renorm.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "core/context.h"

namespace tare::nn {
namespace {

constexpr std::string_view kWarmups[] = {"none", "paper"};

}  // namespace

void BatchRenormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("rmax", rmax);
  v.option("dmax", dmax);
  v.option("warmup", warmup, kWarmups);
}

template <int D>
BatchRenormNd<D>::BatchRenormNd(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.rmax >= 1 && o.dmax >= 0, type, ": expected rmax of at least 1 and dmax of at least 0, not ", o.rmax, " and ", o.dmax);
  Shape channels{o.num_features};
  start_affine(channels);
  running_mean = Buffer(zeros(channels));
  running_std = Buffer(ones(channels));
  num_batches_tracked = Buffer(zeros({}, DType::int64));
}
template <int D>
BatchRenormNd<D>::BatchRenormNd(int64_t num_features) : BatchRenormNd(Options{.num_features = num_features}) {}

template <int D>
void BatchRenormNd<D>::visit(Visitor& v) {
  visit_affine(v);
  v.buffer("running_mean", running_mean);
  v.buffer("running_std", running_std);
  v.buffer("num_batches_tracked", num_batches_tracked);
}

template <int D>
Tensor BatchRenormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : D + 2, D + 2);
  if (!this->training()) return tare::batch_norm(x, running_mean(), square(running_std()), weight(), bias(), 0.0);
  check_batch_statistics(type, x);
  double rmax = options.rmax, dmax = options.dmax;
  if (options.warmup == Options::Warmup::paper) {
    double after = num_batches_tracked().item() - 5000;
    rmax = 1 + (rmax - 1) * std::clamp(after / 35000, 0.0, 1.0);
    dmax = dmax * std::clamp(after / 20000, 0.0, 1.0);
  }
  BatchNormResult batch = tare::batch_norm(x, {}, {}, options.eps);
  Tensor s = sqrt(batch.variance + options.eps);
  Tensor r = clamp(s / running_std(), 1 / rmax, rmax), d = clamp((batch.mean - running_mean()) / running_std(), -dmax, dmax);
  Tensor scale = weight(), y = affine_per_channel(batch.y, scale * r, scale * d + bias());
  average_into(running_mean, batch.mean, options.momentum);
  average_into(running_std, s, options.momentum);
  num_batches_tracked.update(num_batches_tracked() + 1);
  return y;
}

template class BatchRenormNd<1>;
template class BatchRenormNd<2>;
template class Layer<BatchRenorm1d>;
template class Layer<BatchRenorm2d>;

}  // namespace tare::nn
