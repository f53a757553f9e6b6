// Learning from Noisy Labels via Self-Taught On-the-Fly Meta Loss Rescaling (Heck et al., 2025, arXiv:2412.12955, "STORM"): a small network weighs the loss
// of each sample by features the model itself produces, and learns from what a weighted step does to a second, weighted batch of the same noisy data.
//
//   StormRescaler:  w = softmax(BN2(fc2 relu(BN1(fc1 f))))_1       BN without scale and shift; the last one keeps the weights from collapsing to 0
//   storm_features: 19 numbers a sample, from G dropout passes (below)
//   storm_meta_loss (softmax regression):  W' = W - lr d/dW sum_i w_i CE_i(W),   result = sum_j v_j CE_j(W')         differentiable in w and v
//
// A simplified variant, ours: five features of one pass, w = sigmoid(fc2 relu(fc1 f)), and a plain mean over a validation batch:
//   LossRescaler, rescaler_features, meta_lookahead_loss:  W' = W - lr d/dW 1/n sum_i w_i CE_i(W),   result = mean CE(W')    differentiable in w
//
// Features are detached from the model.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"

namespace tare::nn {

struct StormRescalerOptions {
  int64_t in_features = 19;  ///< F, at least 1
  void visit(Visitor& v);
};

/// (B, F) -> (B): weights in (0, 1). fc1 (F, F), fc2 (2, F), bn1 (F), bn2 (2).
class StormRescaler : public Layer<StormRescaler> {
 public:
  static constexpr std::string_view type = "StormRescaler";
  using Options = StormRescalerOptions;
  explicit StormRescaler(Options options = {});
  Tensor forward(const Tensor& features);
  void visit(Visitor& v) override;

  Options options;
  Linear fc1, fc2;
  BatchNorm1d bn1, bn2;
};

struct LossRescalerOptions {
  int64_t in_features = 5;
  int64_t hidden_size = 32;
  void visit(Visitor& v);
};

/// (B, F) -> (B): weights in (0, 1). fc1 (hidden_size, F), fc2 (1, hidden_size).
class LossRescaler : public Layer<LossRescaler> {
 public:
  static constexpr std::string_view type = "LossRescaler";
  using Options = LossRescalerOptions;
  explicit LossRescaler(Options options = {});
  Tensor forward(const Tensor& features);
  void visit(Visitor& v) override;

  Options options;
  Linear fc1, fc2;
};

/// logits (B, K), labels int64 (B): (B, 5) of loss, probability of the label, the largest probability, entropy / log K, the largest minus the label's.
Tensor rescaler_features(const Tensor& logits, const Tensor& labels);

/// logits (G, B, K) of G passes, labels int64 (B): (B, 19). Per sample the mean and unbiased deviation over passes of loss and confidence (the largest
/// probability), each with its mean and deviation over the sample's group; the Kullback-Leibler divergence and the overlap of the sample's loss distribution (a
/// normal one) and its group's, with means and deviations over the group; and whether at least half of the passes give the label (exactly half: pass 0
/// decides). The group: samples of this batch with the same label (unless class_separation is false) and the same agreement.
Tensor storm_features(const Tensor& logits, const Tensor& labels, int64_t num_classes, bool class_separation = true);

/// Softmax regression without bias: W (K, D), training batch x (n, D), y (n) with weights (n), second batch xv (m, D), yv (m) with weights v (m).
Tensor storm_meta_loss(const Tensor& weights, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& v, const Tensor& xv, const Tensor& yv, double lr);
Tensor meta_lookahead_loss(const Tensor& weights, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& xv, const Tensor& yv, double lr);

extern template class Layer<StormRescaler>;
extern template class Layer<LossRescaler>;

}  // namespace tare::nn
