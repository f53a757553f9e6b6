// Feature Flow Regularization: Improving Structured Sparsity in Deep Neural Networks (Wu et al., 2021, arXiv:2106.02914)
//
// The features f_0, ..., f_L of successive layers are points of a trajectory; its length and its bending are penalised (N the batch size):
//
//     A = sum_l ||f_{l+1} - f_l||_1 / N,   B = sum_l ||f_{l+1} - 2 f_l + f_{l-1}||_1 / N,   R = k1 A + k2 B
//
// Pairs and triples whose shapes differ (a stage begins) are left out. With reduction mean each norm is a mean over its elements instead.
// sign(0) = 0. Grows with the width: retune k1 and k2 for each network, or take the mean.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct FeatureFlowOptions {
  double k1 = 3e-3, k2 = 3e-3;
  enum class Reduce { batchmean, mean } reduction = Reduce::batchmean;
  void visit(Visitor& v);
};

struct FeatureFlow {
  Tensor penalty;    ///< k1 * length + k2 * curvature
  Tensor length, curvature;
};
FeatureFlow feature_flow_penalty(const Tensors& features, const FeatureFlowOptions& options = {});

class FeatureFlowRegularizer : public Regularize<FeatureFlowRegularizer, Feed::features> {
 public:
  static constexpr std::string_view type = "FeatureFlowRegularizer";
  using Options = FeatureFlowOptions;
  explicit FeatureFlowRegularizer(Options options = {});
  Tensor forward(const Tensors& features);

  // By hand, inside a model's forward: record each block's output, take the penalty, clear.
  void record(const Tensor& feature) { recorded_.push_back(feature); }
  Tensor penalty() { return forward(recorded_); }
  void clear() { recorded_.clear(); }

  Options options;

 private:
  Tensors recorded_;
};

extern template class Layer<FeatureFlowRegularizer>;

}  // namespace tare::nn
