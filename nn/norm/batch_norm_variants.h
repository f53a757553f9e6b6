// Batch normalization with another measure, another batch, or a look at the instance.
//
// L1BatchNorm (Hoffer, Banner, Golan and Soudry, Norm Matters, 2018, arXiv:1803.01814): the mean absolute deviation in place of the root mean square; for normal
// numbers sqrt(pi / 2) makes them equal:
//     s = sqrt(pi / 2) mean |x - mean|,   y = weight (x - mean) / (s + eps) + bias
// RepresentativeBatchNorm2d (Gao et al., Representative Batch Normalization with Feature Calibration, CVPR 2021), a(.) the mean over positions of an instance:
//     x' = x + center_weight a(x),   xhat = BN(x'),   y = weight sigmoid(scale_weight a(xhat) + scale_bias) xhat + bias
// InstanceEnhancementBatchNorm2d (Liang, Huang, Liang and Yang, IEBN, 2019, arXiv:1908.04008):
//     y = weight sigmoid(weight_readjust a(x) + bias_readjust) BN(x) + bias
// VirtualBatchNorm2d (Salimans et al., Improved Techniques for Training GANs, 2016, arXiv:1606.03498): each sample by the statistics of a fixed reference batch of M
// samples and itself together, the reference by its own alone, so that samples do not feel each other:
//     m = (M m_r + m_i) / (M + 1),   v the variance of the M samples and this one together
//
// The first three keep running statistics of momentum (weight of the new value) for evaluation; L1BatchNorm's running_std takes in s. Virtual batch
// norm has no state. Gradients flow through all statistics, also the reference's.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct L1BatchNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< added to the deviation
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  void visit(Visitor& v);
};
/// L1BatchNorm1d takes (N, C) or (N, C, L), L1BatchNorm2d (N, C, H, W). weight (C) from 1, bias (C) from 0; buffers running_mean (0), running_std (1). Throws
/// ValueError in training when a batch has one value per channel.
template <int D>
class L1BatchNormNd : public Layer<L1BatchNormNd<D>>, public Affine {
 public:
  static constexpr std::string_view type = D == 1 ? "L1BatchNorm1d" : "L1BatchNorm2d";
  using Options = L1BatchNormOptions;
  explicit L1BatchNormNd(Options options);
  explicit L1BatchNormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer running_mean, running_std;
};
using L1BatchNorm1d = L1BatchNormNd<1>;
using L1BatchNorm2d = L1BatchNormNd<2>;

struct CalibratedBatchNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  void visit(Visitor& v);
};
/// x (N, C, H, W). weight (C) and scale_bias (C) from 1, bias, center_weight and scale_weight (C) from 0. Buffers are BatchNorm's.
class RepresentativeBatchNorm2d : public Layer<RepresentativeBatchNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "RepresentativeBatchNorm2d";
  using Options = CalibratedBatchNormOptions;
  explicit RepresentativeBatchNorm2d(Options options);
  explicit RepresentativeBatchNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter center_weight, scale_weight, scale_bias;
  RunningStatistics running;
};
/// x (N, C, H, W). weight (C) from 1, bias (C) and weight_readjust (C) from 0, bias_readjust (C) from -1. Buffers are BatchNorm's.
class InstanceEnhancementBatchNorm2d : public Layer<InstanceEnhancementBatchNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "InstanceEnhancementBatchNorm2d";
  using Options = CalibratedBatchNormOptions;
  explicit InstanceEnhancementBatchNorm2d(Options options);
  explicit InstanceEnhancementBatchNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight_readjust, bias_readjust;
  RunningStatistics running;
};

struct VirtualBatchNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};
struct VirtualBatchNormOutput {
  Tensor y, reference;
  Tensors flatten() const { return {y, reference}; }
};
/// x (N, C, H, W) and the reference batch (M, C, H, W) as it stands at this layer -> both normalised. weight (C) from 1, bias (C) from 0. Training and evaluation
/// are the same.
class VirtualBatchNorm2d : public Layer<VirtualBatchNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "VirtualBatchNorm2d";
  using Options = VirtualBatchNormOptions;
  explicit VirtualBatchNorm2d(Options options);
  explicit VirtualBatchNorm2d(int64_t num_features);
  VirtualBatchNormOutput forward(const Tensor& x, const Tensor& reference);
  void visit(Visitor& v) override;

  Options options;
};

struct CumulativeLayerNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-8;         ///< inside the root
  void visit(Visitor& v);
};
/// Cumulative layer norm (Luo and Mesgarani, Conv-TasNet, 2018, arXiv:1809.07454): layer norm for sequences that may not look ahead. x (N, C, T); the frame at
/// time t by mean and biased variance of all channels at the times up to t. weight (C) from 1, bias (C) from 0. No state.
class CumulativeLayerNorm : public Layer<CumulativeLayerNorm>, public Affine {
 public:
  static constexpr std::string_view type = "CumulativeLayerNorm";
  using Options = CumulativeLayerNormOptions;
  explicit CumulativeLayerNorm(Options options);
  explicit CumulativeLayerNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};

extern template class L1BatchNormNd<1>;
extern template class L1BatchNormNd<2>;
extern template class Layer<L1BatchNorm1d>;
extern template class Layer<L1BatchNorm2d>;
extern template class Layer<RepresentativeBatchNorm2d>;
extern template class Layer<InstanceEnhancementBatchNorm2d>;
extern template class Layer<VirtualBatchNorm2d>;
extern template class Layer<CumulativeLayerNorm>;

}  // namespace tare::nn
