// Batch normalization's relatives that differ in where their numbers come from.
//
// FrozenBatchNorm2d (as in detection models, whose batches are too small for statistics): running_mean, running_var, weight and bias are all buffers,
//     y = (x - running_mean) / sqrt(running_var + eps) weight + bias   in training and evaluation.
// SyncBatchNorm: batch normalization whose statistics are those of the batches of all processes together. There is one process, so it is BatchNorm
// for any number of spatial axes, under PyTorch's name and options: models written for it load and train.
#pragma once

#include "nn/layer.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct FrozenBatchNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape. Buffers weight (1), bias (0), running_mean (0), running_var (1); no parameters.
class FrozenBatchNorm2d : public Layer<FrozenBatchNorm2d> {
 public:
  static constexpr std::string_view type = "FrozenBatchNorm2d";
  using Options = FrozenBatchNormOptions;
  explicit FrozenBatchNorm2d(Options options);
  explicit FrozenBatchNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer weight, bias, running_mean, running_var;
};

/// x (N, C, ...) -> the same shape. Parameters and buffers are BatchNorm's.
class SyncBatchNorm : public Layer<SyncBatchNorm>, public Affine {
 public:
  static constexpr std::string_view type = "SyncBatchNorm";
  using Options = BatchNormOptions;
  explicit SyncBatchNorm(Options options);
  explicit SyncBatchNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
};

extern template class Layer<FrozenBatchNorm2d>;
extern template class Layer<SyncBatchNorm>;

}  // namespace tare::nn
