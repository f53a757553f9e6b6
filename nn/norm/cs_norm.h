// Generalized Lightness Adaptation with Channel Selective Normalization (Yao et al., 2023, arXiv:2308.13783).
//
//     a = relu(fc2(relu(fc1(mean of x over positions)))),  gate = a^2 / (a^2 + gate_eps), per sample and channel
//     y = gate IN(x) + (1 - gate) x,   IN = instance normalization with weight and bias, biased variance, no running statistics
//
// With a small gate_eps the gate is nearly 0 or 1. Gradients flow through gate, IN and both branches; where a = 0 none reaches the gate: such a channel
// never reopens by itself, so start fc2.bias above 0 if all should take part. No state. The paper trains in turns: everything but this layer on the
// original images, then this layer alone (nn::freeze) on images whose lightness was changed.
#pragma once

#include "nn/linear.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct CSNormOptions {
  int64_t num_features = 0;                  ///< C, at least 1
  std::optional<int64_t> hidden_features{};  ///< of the gate; null: C / 2
  double eps = 1e-5;                         ///< inside IN's root
  double gate_eps = 1e-8;                    ///< positive; the smaller, the harder the gate
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape. weight (C) starts at 1, bias at 0; fc1, fc2 as Linear. Throws ValueError where a channel has one position.
class CSNorm : public Layer<CSNorm>, public Affine {
 public:
  static constexpr std::string_view type = "CSNorm";
  using Options = CSNormOptions;
  explicit CSNorm(Options options);
  explicit CSNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  /// The gate (N, C).
  Tensor gate(const Tensor& x);

  Options options;
  Linear fc1, fc2;
};

extern template class Layer<CSNorm>;

}  // namespace tare::nn
