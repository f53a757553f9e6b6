// Evolving Normalization-Activation Layers (Liu et al., 2020, arXiv:2004.02967). Normalization and activation in one: no activation follows.
//
//   B0   y = x / max(sqrt(var_b + eps), v x + sqrt(var_i + eps)) weight + bias
//   B1   y = x / max(sqrt(var_b + eps), (x + 1) sqrt(ms_i + eps)) weight + bias
//   B2   y = x / max(sqrt(var_b + eps), sqrt(ms_i + eps) - x) weight + bias
//   S0   y = x sigmoid(v x) / sqrt(var_g + eps) weight + bias
//   S1   y = x sigmoid(x) / sqrt(var_g + eps) weight + bias
//   S2   y = x sigmoid(x) / sqrt(ms_g + eps) weight + bias
//
// var are biased variances and ms mean squares of x: _b of a channel over the batch and all positions, _i of a sample's channel over its positions, _g
// of a sample's group of channels. No mean is removed; gradients flow through all of them. The B layers keep a running average of the UNBIASED var_b,
// off the tape, and evaluation uses it in var_b's place; the S layers have no state. Equal sides of max share the gradient. The running average is
// timm's; its momentum is the weight of the new value.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

template <int K>
struct EvoNormBOptions {
  int64_t num_features = 0;         ///< C, at least 1
  double momentum = 0.1;            ///< weight of the new value in running_var
  double eps = K == 0 ? 1e-3 : 1e-5;  ///< inside the roots
  void visit(Visitor& v);
};

/// x (N, C, H, W), or any number of positions -> the same shape. weight (C) starts at 1, bias at 0, v (C, B0 only) at 1; buffer running_var (1).
/// Throws ValueError in training when a batch has one value per channel.
template <int K>
class EvoNormB : public Layer<EvoNormB<K>>, public Affine {
 public:
  static constexpr std::string_view type = K == 0 ? "EvoNormB0" : K == 1 ? "EvoNormB1" : "EvoNormB2";
  using Options = EvoNormBOptions<K>;
  explicit EvoNormB(Options options);
  explicit EvoNormB(int64_t num_features) : EvoNormB(Options{.num_features = num_features}) {}
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter v;
  Buffer running_var;
};

struct EvoNormSOptions {
  int64_t num_features = 0;  ///< C
  int64_t groups = 32;       ///< divides num_features
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};

/// x (N, C, H, W), or any number of positions -> the same shape. weight (C) starts at 1, bias at 0, v (C, S0 only) at 1.
template <int K>
class EvoNormS : public Layer<EvoNormS<K>>, public Affine {
 public:
  static constexpr std::string_view type = K == 0 ? "EvoNormS0" : K == 1 ? "EvoNormS1" : "EvoNormS2";
  using Options = EvoNormSOptions;
  explicit EvoNormS(Options options);
  explicit EvoNormS(int64_t num_features) : EvoNormS(Options{.num_features = num_features}) {}
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter v;
};

using EvoNormB0 = EvoNormB<0>;
using EvoNormB1 = EvoNormB<1>;
using EvoNormB2 = EvoNormB<2>;
using EvoNormS0 = EvoNormS<0>;
using EvoNormS1 = EvoNormS<1>;
using EvoNormS2 = EvoNormS<2>;

extern template class EvoNormB<0>;
extern template class EvoNormB<1>;
extern template class EvoNormB<2>;
extern template class EvoNormS<0>;
extern template class EvoNormS<1>;
extern template class EvoNormS<2>;
extern template class Layer<EvoNormB0>;
extern template class Layer<EvoNormB1>;
extern template class Layer<EvoNormB2>;
extern template class Layer<EvoNormS0>;
extern template class Layer<EvoNormS1>;
extern template class Layer<EvoNormS2>;

}  // namespace tare::nn
