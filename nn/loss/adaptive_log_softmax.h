// AdaptiveLogSoftmaxWithLoss: Efficient softmax approximation for GPUs (Grave et al. 2016, arXiv:1609.04309).
//
// Classes sorted by frequency are cut into a short list and clusters. The head scores the short list and one entry for each cluster; a cluster's classes
// have a narrow projection of their own: log p(class) = log p(cluster) + log p(class | cluster).
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct AdaptiveLogSoftmaxWithLossOptions {
  int64_t in_features = 0;
  int64_t n_classes = 0;
  std::vector<int64_t> cutoffs{};  ///< rising, between 1 and n_classes - 1: where the clusters begin
  double div_value = 4;            ///< cluster i is projected to in_features / div_value^(i + 1) numbers
  bool head_bias = false;
  void visit(Visitor& v);
};

struct AdaptiveLogSoftmaxOutput {
  Tensor output;  ///< (N): log-probability of each target
  Tensor loss;    ///< []: minus their mean
  Tensors flatten() const;
};

/// x (N, in_features) or (in_features), target int64 (N) or []. head (short list + clusters), tail.i: two Linear layers without bias.
class AdaptiveLogSoftmaxWithLoss : public Layer<AdaptiveLogSoftmaxWithLoss> {
 public:
  static constexpr std::string_view type = "AdaptiveLogSoftmaxWithLoss";
  using Options = AdaptiveLogSoftmaxWithLossOptions;
  explicit AdaptiveLogSoftmaxWithLoss(Options options);
  AdaptiveLogSoftmaxOutput forward(const Tensor& x, const Tensor& target);
  /// (N, n_classes): log-probabilities of all classes.
  Tensor log_prob(const Tensor& x);
  /// (N): the most probable class.
  Tensor predict(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Linear head;
  ModuleVector tail;
};

extern template class Layer<AdaptiveLogSoftmaxWithLoss>;

}  // namespace tare::nn
