// LinearCrossEntropyLoss: a last linear layer and the cross entropy of its logits as one module, so that a loss owns the classifier.
#pragma once

#include "autograd/ops/loss.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct LinearCrossEntropyLossOptions {
  int64_t in_features = 0;
  int64_t num_classes = 0;
  Shape out_features{};  ///< further axes of the targets: each position has a classifier of its own
  bool bias = false;
  Tensor weight{};       ///< (C): factor of each class
  Reduction reduction = Reduction::mean;
  std::optional<int64_t> ignore_index{};  ///< null: -100; not for targets that are probabilities
  double label_smoothing = 0;
  void visit(Visitor& v);
};

/// x (N, in_features) or (in_features), target: classes (N, *out_features) or probabilities (N, C, *out_features). linear.weight (C prod(out_features),
/// in_features).
class LinearCrossEntropyLoss : public Layer<LinearCrossEntropyLoss> {
 public:
  static constexpr std::string_view type = "LinearCrossEntropyLoss";
  using Options = LinearCrossEntropyLossOptions;
  explicit LinearCrossEntropyLoss(Options options);
  LinearCrossEntropyLoss(int64_t in_features, int64_t num_classes);
  Tensor forward(const Tensor& x, const Tensor& target);
  void visit(Visitor& v) override;

  Options options;
  Linear linear;
};

extern template class Layer<LinearCrossEntropyLoss>;

}  // namespace tare::nn
