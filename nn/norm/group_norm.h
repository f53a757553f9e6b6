// Group Normalization (Wu and He, 2018, arXiv:1803.08494).
//
//     y = weight_c (x - mean_g) / sqrt(var_g + eps) + bias_c
//
// Mean and biased variance of each sample over a group g of consecutive channels and all positions. One group is layer norm over C, H, W;
// C groups are instance norm. No state; training and evaluation are the same.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct GroupNormOptions {
  int64_t num_groups = 0;    ///< divides num_channels
  int64_t num_channels = 0;  ///< C
  double eps = 1e-5;         ///< inside the root
  bool affine = true;        ///< weight and bias per channel
  void visit(Visitor& v);
};

/// x (N, C, *) -> the same shape. weight (C) starts at 1, bias (C) at 0.
class GroupNorm : public Layer<GroupNorm> {
 public:
  static constexpr std::string_view type = "GroupNorm";
  using Options = GroupNormOptions;
  explicit GroupNorm(Options options);
  GroupNorm(int64_t num_groups, int64_t num_channels);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<GroupNorm>;

}  // namespace tare::nn
