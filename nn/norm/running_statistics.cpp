#include "nn/norm/running_statistics.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "core/context.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void average_into(const Buffer& average, const Tensor& value, double momentum) {
  if (context().frozen_statistics) return;
  NoGrad off;
  average.update(average() * (1 - momentum) + value * momentum);
}

RunningStatistics::RunningStatistics(int64_t channels, bool count) : mean(zeros({channels})), variance(ones({channels})) {
  if (count) num_batches_tracked = Buffer(zeros({}, DType::int64));
}

void RunningStatistics::visit(Visitor& v) {
  v.buffer("running_mean", mean);
  v.buffer("running_var", variance);
  v.buffer("num_batches_tracked", num_batches_tracked);
}

void RunningStatistics::update(const Tensor& batch_mean, const Tensor& batch_variance, int64_t count, std::optional<double> momentum, bool unbiased) {
  if (!kept() || context().frozen_statistics) return;
  NoGrad off;
  if (num_batches_tracked.defined()) num_batches_tracked.update(num_batches_tracked() + 1);
  double f = momentum ? *momentum : 1.0 / num_batches_tracked().item();
  double correction = unbiased ? double(count) / double(count - 1) : 1.0;
  average_into(mean, batch_mean, f);
  average_into(variance, batch_variance * correction, f);
}

void RunningStatistics::reset() {
  if (!kept()) return;
  mean = zeros_like(mean());
  variance = ones_like(variance());
  if (num_batches_tracked.defined()) num_batches_tracked = zeros_like(num_batches_tracked());
}

Tensor batch_norm(std::string_view type, const Tensor& x, RunningStatistics& running, const Tensor& weight, const Tensor& bias, bool training,
                  std::optional<double> momentum, double eps, bool relu) {
  if (!training && running.kept()) return tare::batch_norm(x, running.mean(), running.variance(), weight, bias, eps, relu);
  if (training) check_batch_statistics(type, x);
  BatchNormResult r = tare::batch_norm(x, weight, bias, eps, relu);
  if (training) running.update(r.mean, r.variance, values_per_channel(x), momentum);
  return r.y;
}

}  // namespace tare::nn
