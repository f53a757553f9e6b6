#include "nn/regularize/feature_flow.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"

namespace tare::nn {
namespace {

Tensor size_of(const Tensor& difference, const FeatureFlowOptions& o) {
  if (o.reduction == FeatureFlowOptions::Reduce::mean) return mean(abs(difference));
  check<ShapeError>(difference.dim() >= 1, "feature_flow_penalty: expected features [N, ...] but one is a single number");
  return sum(abs(difference)) / double(difference.size(0));
}

}  // namespace

void FeatureFlowOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"batchmean", "mean"};
  v.option("k1", k1);
  v.option("k2", k2);
  v.option("reduction", reduction, names);
}

FeatureFlow feature_flow_penalty(const Tensors& f, const FeatureFlowOptions& o) {
  check<ValueError>(!f.empty(), "feature_flow_penalty: there are no features");
  Tensor zero = zeros({}, f[0].dtype());
  FeatureFlow flow{.penalty = {}, .length = zero, .curvature = zero};
  for (size_t l = 0; l + 1 < f.size(); l++) {
    if (f[l].shape() != f[l + 1].shape()) continue;
    Tensor ahead = f[l + 1] - f[l];
    flow.length = flow.length + size_of(ahead, o);
    if (l > 0 && f[l - 1].shape() == f[l].shape()) flow.curvature = flow.curvature + size_of(ahead - (f[l] - f[l - 1]), o);
  }
  flow.penalty = o.k1 * flow.length + o.k2 * flow.curvature;
  return flow;
}

FeatureFlowRegularizer::FeatureFlowRegularizer(Options o) : options(o) {
  check_factor(type, "k1", o.k1);
  check_factor(type, "k2", o.k2);
}

Tensor FeatureFlowRegularizer::forward(const Tensors& features) { return feature_flow_penalty(features, options).penalty; }

template class Layer<FeatureFlowRegularizer>;

}  // namespace tare::nn
