#include "nn/signal.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "core/glob.h"

namespace tare::nn {

SignalMetrics signal_metrics(const Tensor& x) {
  check<ShapeError>(x.dim() >= 2, "signal_metrics: expected a map (N, C, ...), not ", x.shape());
  auto [variance, average] = var_mean(x, batch_axes(x.dim()), 0);
  return {mean(square(average)), mean(variance)};
}

std::vector<SignalPoint> signal_propagation(Module& model, const Tensor& x, std::string_view pattern) {
  NoGrad off;
  FrozenStatistics frozen;
  std::vector<SignalPoint> points;
  auto watch = model.observe([&](const Module::Event& e) {
    if (e.outputs.empty() || !e.outputs[0].defined() || e.outputs[0].dim() < 2 || !is_floating(e.outputs[0].dtype()) || !glob_match(pattern, e.path)) return;
    SignalMetrics m = signal_metrics(e.outputs[0]);
    points.push_back({e.path, std::string(e.module.type_name()), m.mean_squared.item(), m.variance.item()});
  });
  Tensor inputs[] = {x};
  model.call(inputs);
  return points;
}

}  // namespace tare::nn
