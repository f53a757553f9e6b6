// alpha-BN: Test-time Batch Statistics Calibration for Covariate Shift (You et al., 2021, arXiv:2110.04065).
//
//   evaluation   mu = alpha running_mean + (1 - alpha) mean,  v = alpha running_var + (1 - alpha) var  of the test batch (biased variance, all but channels)
//                y = (x - mu) / sqrt(v + eps) weight + bias;  the buffers stay
//   training     as BatchNorm with momentum 0.1
//   core_loss    P = softmax(logits) (B, K), M = P^T P with rows that sum to 1: the sum of the off-diagonal entries over K
//
// alpha is the weight of the SOURCE statistics: 1 is ordinary evaluation, 0 test-time batch normalization; some public code counts it the other way round, and
// takes the unbiased variance. Gradients flow through the batch's statistics. Neither code nor full text of Core was available: only that it is an online loss on
// pairwise class correlations is certain, the formula is a reconstruction.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct AlphaBNOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double alpha = 0.9;        ///< weight of the running statistics in evaluation, between 0 and 1
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};

/// x (N, C), (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> the same shape. weight (C) starts at 1, bias at 0; buffers running_mean (0), running_var (1).
class AlphaBN : public Layer<AlphaBN>, public Affine {
 public:
  static constexpr std::string_view type = "AlphaBN";
  using Options = AlphaBNOptions;
  explicit AlphaBN(Options options);
  explicit AlphaBN(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
};

/// Puts an AlphaBN with the same numbers in the place of every BatchNorm1d, 2d and 3d of the model; returns how many. An optimizer made before must be made
/// again. Throws ConfigError when there is none, or for one without running statistics.
int64_t to_alpha_bn(Module& model, double alpha = 0.9);

/// logits (B, K) -> a scalar: 0 for certain predictions, (K - 1) / K for uniform ones.
Tensor core_loss(const Tensor& logits);

extern template class Layer<AlphaBN>;

}  // namespace tare::nn
