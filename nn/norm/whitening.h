// Whitening: a batch's channels are centred, decorrelated and brought to variance 1 together.
//
//     X_c the D x m matrix of a group's centred channels over batch and positions,   S = X_c X_c^T / m + eps I
//     xhat = W X_c,   y = weight xhat + bias per channel
//
// DecorrelatedBatchNorm (Huang, Yang, Lang and Deng, Decorrelated Batch Normalization, 2018, arXiv:1804.08450): W = S^(-1/2), the symmetric root (ZCA).
// Each group has its own matrix; the author's Python version shares one among groups.
// IterNorm (Huang, Zhou, Zhu, Liu and Shao, Iterative Normalization: Beyond Standardization towards Efficient Whitening, 2019, arXiv:1904.03441): the
// root by T steps of Newton's iteration, with t = trace S,
//     P_0 = I,   P_{k+1} = (3 P_k - P_k^3 S / t) / 2,   W = P_T / sqrt(t)
//
// The gradient flows through mean, covariance and root. The buffers running_mean (0) and running_wm (identity) take in the mean and W, off the tape;
// evaluation gives running_wm (x - running_mean). Groups of one channel are batch norm.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct IterNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  int64_t num_groups = 1;    ///< G, divides C: groups of D = C / G consecutive channels
  int64_t T = 5;             ///< Newton steps
  double eps = 1e-5;         ///< added to the covariance's diagonal
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  bool affine = true;        ///< weight and bias
  void visit(Visitor& v);
};
struct DecorrelatedBatchNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  int64_t num_groups = 1;    ///< G, divides C: groups of D = C / G consecutive channels
  double eps = 1e-5;         ///< added to the covariance's diagonal
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  bool affine = true;        ///< weight and bias
  void visit(Visitor& v);
};

/// What both keep: running_mean (C) and running_wm (G, D, D).
struct RunningWhitening {
  Buffer mean, matrix;
  RunningWhitening() = default;
  RunningWhitening(int64_t channels, int64_t groups);
  void visit(Visitor& v);
  /// x (N, C, ...) whitened: in training by root(S) of its own covariances S (G, D, D), which goes into the buffers; in evaluation by them.
  Tensor operator()(std::string_view type, const Tensor& x, bool training, double eps, double momentum, Tensor (*root)(const Tensor& s, int64_t steps), int64_t steps);
};

/// x (N, C, ...) -> the same shape. weight (C) from 1, bias (C) from 0. Throws ValueError in training when a batch has one value per channel.
class IterNorm : public Layer<IterNorm>, public Affine {
 public:
  static constexpr std::string_view type = "IterNorm";
  using Options = IterNormOptions;
  explicit IterNorm(Options options);
  explicit IterNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningWhitening running;
};

/// x (N, C, ...) -> the same shape. weight (C) from 1, bias (C) from 0. Throws ValueError in training when a batch has one value per channel.
class DecorrelatedBatchNorm : public Layer<DecorrelatedBatchNorm>, public Affine {
 public:
  static constexpr std::string_view type = "DecorrelatedBatchNorm";
  using Options = DecorrelatedBatchNormOptions;
  explicit DecorrelatedBatchNorm(Options options);
  explicit DecorrelatedBatchNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningWhitening running;
};

extern template class Layer<IterNorm>;
extern template class Layer<DecorrelatedBatchNorm>;

}  // namespace tare::nn
