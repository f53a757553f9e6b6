// Batch-Channel Normalization, of Micro-Batch Training with Batch-Channel Normalization and Weight Standardization (Qiao et al., 2019, arXiv:1903.10520).
//
//   BatchChannelNorm   o = B(x);  n = (o - mean) / sqrt(var + eps) per sample and group of channels (all positions, biased);  y = weight_g n + bias_g
//                      B = BatchNorm2d, or with `estimate` EstBatchNorm, which works for batches of one.
//   EstBatchNorm       training: m = mean of x, q = mean of (x - old running_mean)^2 over batch and positions;
//                      running_mean <- (1 - s) running_mean + s m,  running_var <- (1 - s) running_var + s q;  s = moving_speed
//                      then, as in evaluation: o = weight (x - running_mean) / sqrt(running_var + eps) + bias, with the NEW values as constants
//
// The group's affine has one weight and bias per GROUP. EstBatchNorm's statistics are off the tape, its gradient is that of the affine map. The authors keep
// moving_speed in a buffer that their training loop sets, starting at 0; here it is an option.
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct EstBatchNormOptions {
  int64_t num_features = 0;   ///< C, at least 1
  double moving_speed = 0.1;  ///< weight of the new value in the statistics
  double eps = 1e-5;          ///< inside the root
  void visit(Visitor& v);
};

/// x (N, C, ...) -> the same shape. weight (C) starts at 1, bias at 0; buffers running_mean (0), running_var (1).
class EstBatchNorm : public Layer<EstBatchNorm>, public Affine {
 public:
  static constexpr std::string_view type = "EstBatchNorm";
  using Options = EstBatchNormOptions;
  explicit EstBatchNorm(Options options);
  explicit EstBatchNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
};

struct BatchChannelNormOptions {
  int64_t num_features = 0;   ///< C
  int64_t num_groups = 0;     ///< G, divides num_features
  double eps = 1e-5;          ///< of the group normalization; that of the batch's is always 1e-5
  bool estimate = false;      ///< running estimates instead of the batch's statistics
  double moving_speed = 0.1;  ///< of the estimates
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape. weight, bias (G) start at 1 and 0; the child `bn` holds the batch normalization's parameters and buffers.
class BatchChannelNorm : public Layer<BatchChannelNorm>, public Affine {
 public:
  static constexpr std::string_view type = "BatchChannelNorm";
  using Options = BatchChannelNormOptions;
  explicit BatchChannelNorm(Options options);
  BatchChannelNorm(int64_t num_features, int64_t num_groups);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  AnyModule bn;
};

extern template class Layer<EstBatchNorm>;
extern template class Layer<BatchChannelNorm>;

}  // namespace tare::nn
