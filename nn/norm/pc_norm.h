// Decompose, Adjust, Compose: Effective Normalization by Playing with Frequency for Domain Generalization (Lee et al., 2023, arXiv:2303.02328).
//
// amp and phase are those of the map's spectrum over H, W (nn/norm/spectrum.h), compose(phase, amp) is the map that has them.
//   PCNorm   n = batch normalization of x;     y = compose(phase(x), amp(n)) weight + bias
//   CCNorm   w = softmax(mix / temperature);   y = compose(phase(x - w_0 mean_c), amp(n)) weight + bias, mean_c of the batch, in evaluation running_mean
//   SCNorm   n = instance normalization of x;  y = compose(phase(x), w_0 amp(n) + w_1 amp(x)) weight + bias
//
// Normalization would change the phase of a map (removing the mean turns the zero frequency); here the content's phase is kept, in CCNorm a trained share of
// the change is let in, and in SCNorm a share of the style's amplitude stays. Gradients flow through all statistics; PCNorm and CCNorm keep running ones as
// BatchNorm does, off the tape.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct PCNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape. weight (C) starts at 1, bias at 0; buffers running_mean (0), running_var (1). Throws ValueError in training when a batch
/// has one value per channel.
class PCNorm : public Layer<PCNorm>, public Affine {
 public:
  static constexpr std::string_view type = "PCNorm";
  using Options = PCNormOptions;
  explicit PCNorm(Options options);
  explicit PCNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
};

struct CCNormOptions {
  int64_t num_features = 0;    ///< C, at least 1
  double eps = 1e-5;           ///< inside the root
  double momentum = 0.1;       ///< weight of the new value in the running statistics
  double temperature = 1e-4;   ///< positive; the smaller, the harder the choice
  void visit(Visitor& v);
};

/// As PCNorm, with mix (2) from 0: half of the mean is removed before the phase is taken.
class CCNorm : public Layer<CCNorm>, public Affine {
 public:
  static constexpr std::string_view type = "CCNorm";
  using Options = CCNormOptions;
  explicit CCNorm(Options options);
  explicit CCNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter mix;
  RunningStatistics running;
};

struct SCNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double temperature = 0.1;  ///< positive
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape. weight (C) starts at 1, bias and mix (2) at 0. Throws ValueError where a channel has one position.
class SCNorm : public Layer<SCNorm>, public Affine {
 public:
  static constexpr std::string_view type = "SCNorm";
  using Options = SCNormOptions;
  explicit SCNorm(Options options);
  explicit SCNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter mix;
};

extern template class Layer<PCNorm>;
extern template class Layer<CCNorm>;
extern template class Layer<SCNorm>;

}  // namespace tare::nn
