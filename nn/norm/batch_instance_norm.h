// Instance normalization mixed with another by a trained gate in [0, 1].
//
// BatchInstanceNorm2d (Nam and Kim, Batch-Instance Normalization for Adaptively Style-Invariant Neural Networks, 2018, arXiv:1805.07925):
//     y = (gate_c BN(x) + (1 - gate_c) IN(x)) weight + bias
// LayerInstanceNorm2d (Kim, Kim, Kang and Lee, U-GAT-IT, 2019, arXiv:1907.10830; LN over channels and positions of a sample):
//     y = (rho_c IN(x) + (1 - rho_c) LN(x)) weight + bias
// AdaptiveLayerInstanceNorm2d (AdaLIN, the same paper): the same with scale and shift of each sample given from outside.
//
// None of the parts has weights of its own. BN uses running statistics in evaluation, IN and LN are the same then. The papers clip the gates to
// [0, 1] after every optimizer step; here that is done at the start of the next forward pass, which gives the same outputs. U-GAT-IT's code takes
// unbiased variances, the paper does not say so.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct BatchInstanceNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the roots
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  bool affine = true;        ///< weight and bias
  void visit(Visitor& v);
};

/// x (N, C, H, W). weight (C) from 1, bias (C) from 0, gate (C) from 1; buffers running_mean, running_var. Throws ValueError in training when a batch
/// has one value per channel.
class BatchInstanceNorm2d : public Layer<BatchInstanceNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "BatchInstanceNorm2d";
  using Options = BatchInstanceNormOptions;
  explicit BatchInstanceNorm2d(Options options);
  explicit BatchInstanceNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter gate;
  RunningStatistics running;
};

struct LayerInstanceNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the roots
  bool unbiased = false;     ///< variances divided by n - 1, as in the author's code
  double rho_init = 0;
  void visit(Visitor& v);
};

/// x (N, C, H, W). weight (C) from 1, bias (C) from 0, rho (C).
class LayerInstanceNorm2d : public Layer<LayerInstanceNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "LayerInstanceNorm2d";
  using Options = LayerInstanceNormOptions;
  explicit LayerInstanceNorm2d(Options options);
  explicit LayerInstanceNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter rho;
};

struct AdaptiveLayerInstanceNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the roots
  bool unbiased = false;     ///< variances divided by n - 1, as in the author's code
  double rho_init = 0.9;
  void visit(Visitor& v);
};

/// x (N, C, H, W), scale (N, C), shift (N, C) -> (rho IN(x) + (1 - rho) LN(x)) scale + shift. rho (C).
class AdaptiveLayerInstanceNorm2d : public Layer<AdaptiveLayerInstanceNorm2d> {
 public:
  static constexpr std::string_view type = "AdaptiveLayerInstanceNorm2d";
  using Options = AdaptiveLayerInstanceNormOptions;
  explicit AdaptiveLayerInstanceNorm2d(Options options);
  explicit AdaptiveLayerInstanceNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& scale, const Tensor& shift);
  void visit(Visitor& v) override;

  Options options;
  Parameter rho;
};

extern template class Layer<BatchInstanceNorm2d>;
extern template class Layer<LayerInstanceNorm2d>;
extern template class Layer<AdaptiveLayerInstanceNorm2d>;

}  // namespace tare::nn
