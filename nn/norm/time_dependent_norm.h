// Time-dependent normalization, of Alleviating Distortion in Image Generation via Multi-Resolution Diffusion Models (Liu et al., 2024, arXiv:2406.09416).
//
//     value(t) = param1 + s (param0 - param1),   s = sigmoid((1 + w) tau + b),  tau = t / time_scale,  elementwise
//     TimeDependentLayerNorm   y = weight(t) (x - mean) / sqrt(var + eps) + bias(t)      over the last dimension, biased variance
//     TimeDependentRMSNorm     y = weight(t) x / (sqrt(mean x^2) + eps) [+ bias(t)]      eps outside the root, as in the authors' code
//
// Each sample has its own time and with it one weight and bias for all its tokens. For tau -> infinity the value is param0. Both ends start equal, so that the
// layer starts as its plain form, and w, b get no gradient until the ends have moved apart. The authors leave w and b (nodecay_weight, nodecay_bias) out of
// weight decay; their time is the log of the signal to noise ratio. Gradients flow through the statistics, and into t. No state.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct TimeDependentParameterOptions {
  int64_t size = 0;         ///< D, at least 1
  double start = 1;         ///< of both ends
  double time_scale = 4.0;  ///< divides t
  void visit(Visitor& v);
};

/// t (B) -> (B, D). param0, param1 (D) start at `start`, w and b (D) at 0.
class TimeDependentParameter : public Layer<TimeDependentParameter> {
 public:
  static constexpr std::string_view type = "TimeDependentParameter";
  using Options = TimeDependentParameterOptions;
  explicit TimeDependentParameter(Options options);
  Tensor forward(const Tensor& t);
  void visit(Visitor& v) override;

  Options options;
  Parameter param0, param1, w, b;
};

struct TimeDependentLayerNormOptions {
  int64_t normalized_shape = 0;  ///< D, size of the last dimension
  double eps = 1e-5;             ///< inside the root
  double time_scale = 4.0;       ///< divides t
  void visit(Visitor& v);
};

/// x (B, ..., D), t (B) -> x's shape. Children weight and bias.
class TimeDependentLayerNorm : public Layer<TimeDependentLayerNorm> {
 public:
  static constexpr std::string_view type = "TimeDependentLayerNorm";
  using Options = TimeDependentLayerNormOptions;
  explicit TimeDependentLayerNorm(Options options);
  explicit TimeDependentLayerNorm(int64_t normalized_shape);
  Tensor forward(const Tensor& x, const Tensor& t);
  void visit(Visitor& v) override;

  Options options;
  TimeDependentParameter weight, bias;
};

struct TimeDependentRMSNormOptions {
  int64_t normalized_shape = 0;  ///< D, size of the last dimension
  double eps = 1e-8;             ///< outside the root
  bool bias = false;
  double time_scale = 4.0;       ///< divides t
  void visit(Visitor& v);
};

/// x (B, ..., D), t (B) -> x's shape. Children weight and, if asked for, bias.
class TimeDependentRMSNorm : public Layer<TimeDependentRMSNorm> {
 public:
  static constexpr std::string_view type = "TimeDependentRMSNorm";
  using Options = TimeDependentRMSNormOptions;
  explicit TimeDependentRMSNorm(Options options);
  explicit TimeDependentRMSNorm(int64_t normalized_shape);
  Tensor forward(const Tensor& x, const Tensor& t);
  void visit(Visitor& v) override;

  Options options;
  TimeDependentParameter weight;
  std::optional<TimeDependentParameter> bias;
};

extern template class Layer<TimeDependentParameter>;
extern template class Layer<TimeDependentLayerNorm>;
extern template class Layer<TimeDependentRMSNorm>;

}  // namespace tare::nn
