// Mean-only batch normalization, the companion of Weight Normalization (Salimans and Kingma, 2016, arXiv:1602.07868).
//
//     training    y = x - mean_c(x) + bias_c, the mean over the batch and all positions; running_mean <- (1 - momentum) running_mean + momentum mean
//     evaluation  y = x - running_mean_c + bias_c
//
// The gradient flows through the batch's mean: each channel's input gradient sums to 0. running_mean is off the tape. Nothing is divided.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct MeanOnlyBatchNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double momentum = 0.1;     ///< weight of the new value in running_mean
  void visit(Visitor& v);
};

/// x (N, C) or (N, C, *) -> the same shape. bias (C) starts at 0; buffer running_mean (0).
class MeanOnlyBatchNorm : public Layer<MeanOnlyBatchNorm> {
 public:
  static constexpr std::string_view type = "MeanOnlyBatchNorm";
  using Options = MeanOnlyBatchNormOptions;
  explicit MeanOnlyBatchNorm(Options options);
  explicit MeanOnlyBatchNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter bias;
  Buffer running_mean;
};

extern template class Layer<MeanOnlyBatchNorm>;

}  // namespace tare::nn
