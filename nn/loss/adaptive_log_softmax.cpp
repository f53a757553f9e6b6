#include "nn/loss/adaptive_log_softmax.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/sequential.h"

namespace tare::nn {
namespace {

Linear adaptive_head(const AdaptiveLogSoftmaxWithLossOptions& o) {
  bool rising = !o.cutoffs.empty();
  for (size_t i = 0; i < o.cutoffs.size(); i++) rising = rising && o.cutoffs[i] > (i ? o.cutoffs[i - 1] : 0) && o.cutoffs[i] < o.n_classes;
  check<ConfigError>(rising, "AdaptiveLogSoftmaxWithLoss: expected cutoffs that rise and lie between 1 and n_classes - 1, n_classes being ", o.n_classes);
  check<ConfigError>(o.in_features >= 1 && o.div_value > 0, "AdaptiveLogSoftmaxWithLoss: in_features must be at least 1 and div_value positive, not ", o.in_features,
                     " and ", o.div_value);
  return Linear({.in_features = o.in_features, .out_features = o.cutoffs[0] + int64_t(o.cutoffs.size()), .bias = o.head_bias});
}

}  // namespace

void AdaptiveLogSoftmaxWithLossOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("n_classes", n_classes);
  v.option("cutoffs", cutoffs);
  v.option("div_value", div_value);
  v.option("head_bias", head_bias);
}
Tensors AdaptiveLogSoftmaxOutput::flatten() const { return {output, loss}; }

AdaptiveLogSoftmaxWithLoss::AdaptiveLogSoftmaxWithLoss(Options o) : options(std::move(o)), head(adaptive_head(options)) {
  for (size_t i = 0; i < options.cutoffs.size(); i++) {
    int64_t narrow = int64_t(std::floor(double(options.in_features) / std::pow(options.div_value, double(i + 1))));
    int64_t classes = (i + 1 < options.cutoffs.size() ? options.cutoffs[i + 1] : options.n_classes) - options.cutoffs[i];
    check<ConfigError>(narrow >= 1, "AdaptiveLogSoftmaxWithLoss: div_value ", options.div_value, " leaves nothing of the ", options.in_features,
                       " features for cluster ", i);
    tail.items.emplace_back(Sequential{Linear({.in_features = options.in_features, .out_features = narrow, .bias = false}),
                                       Linear({.in_features = narrow, .out_features = classes, .bias = false})});
  }
}

void AdaptiveLogSoftmaxWithLoss::visit(Visitor& v) {
  v.child("head", head);
  tail.visit(v, "tail.");
}

AdaptiveLogSoftmaxOutput AdaptiveLogSoftmaxWithLoss::forward(const Tensor& input, const Tensor& targets) {
  bool batched = input.dim() == 2;
  check<ShapeError>((batched || input.dim() == 1) && targets.shape() == input.shape().slice(0, input.dim() - 1),
                    "AdaptiveLogSoftmaxWithLoss: expected an input (N, in_features) with targets (N), or (in_features) with [], but they are ", input.shape(), " and ",
                    targets.shape());
  check<DTypeError>(targets.dtype() == DType::int64, "AdaptiveLogSoftmaxWithLoss: expected int64 targets but they are ", targets.dtype());
  Tensor x = batched ? input : unsqueeze(input, 0), target = batched ? targets : unsqueeze(targets, 0);
  int64_t shortlist = options.cutoffs[0];
  std::vector<int64_t> labels = target.to_vector<int64_t>(), entries(labels.size());  // the head's entry of each target
  std::vector<std::vector<int64_t>> rows(tail.size()), own(tail.size());              // samples of each cluster, their classes within it
  for (size_t n = 0; n < labels.size(); n++) {
    check<IndexError>(labels[n] >= 0 && labels[n] < options.n_classes, "AdaptiveLogSoftmaxWithLoss: the target ", labels[n], " at position ", n, " is out of range for ",
                      options.n_classes, " classes");
    entries[n] = labels[n];
    for (size_t i = 0; i < tail.size(); i++)
      if (labels[n] >= options.cutoffs[i] && (i + 1 == tail.size() || labels[n] < options.cutoffs[i + 1])) {
        entries[n] = shortlist + int64_t(i);
        rows[i].push_back(int64_t(n));
        own[i].push_back(labels[n] - options.cutoffs[i]);
      }
  }
  auto column = [](const std::vector<int64_t>& v) { return from_vector(v, {int64_t(v.size()), 1}); };
  Tensor output = squeeze(gather(log_softmax(head(x), 1), 1, column(entries)), {1});
  for (size_t i = 0; i < tail.size(); i++) {
    if (rows[i].empty()) continue;
    Tensor which = from_vector(rows[i], {int64_t(rows[i].size())});
    Tensor inside = log_softmax(tail[i](index_select(x, 0, which)), 1);
    output = index_add(output, 0, which, squeeze(gather(inside, 1, column(own[i])), {1}));
  }
  return {batched ? output : squeeze(output, {0}), -mean(output)};
}

Tensor AdaptiveLogSoftmaxWithLoss::log_prob(const Tensor& x) {
  Tensor scores = log_softmax(head(x), 1);
  int64_t shortlist = options.cutoffs[0];
  Tensors parts{narrow(scores, 1, 0, shortlist)};
  for (size_t i = 0; i < tail.size(); i++) parts.push_back(log_softmax(tail[i](x), 1) + narrow(scores, 1, shortlist + int64_t(i), 1));
  return cat(parts, 1);
}

Tensor AdaptiveLogSoftmaxWithLoss::predict(const Tensor& x) { return argmax(log_prob(x), 1); }

template class Layer<AdaptiveLogSoftmaxWithLoss>;

}  // namespace tare::nn
