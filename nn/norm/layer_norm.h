// Layer Normalization (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).
//
//     y = weight (x - mean) / sqrt(var + eps) + bias
//
// Mean and biased variance of the trailing dimensions normalized_shape of each sample, through which gradients flow. No state; training and
// evaluation are the same. The paper has no eps.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct LayerNormOptions {
  Shape normalized_shape{};        ///< sizes of the trailing dimensions; JSON also takes one integer
  double eps = 1e-5;               ///< inside the root
  bool elementwise_affine = true;  ///< weight and bias of shape normalized_shape
  bool bias = true;                ///< false: weight alone
  void visit(Visitor& v);
};

/// x (*, normalized_shape) -> the same shape. weight starts at 1, bias at 0.
class LayerNorm : public Layer<LayerNorm> {
 public:
  static constexpr std::string_view type = "LayerNorm";
  using Options = LayerNormOptions;
  explicit LayerNorm(Options options);
  explicit LayerNorm(int64_t normalized_shape);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<LayerNorm>;

}  // namespace tare::nn
