// Root Mean Square Layer Normalization (Zhang and Sennrich, 2019, arXiv:1910.07467), with its partial form pRMSNorm.
//
//     y = x / sqrt(ms + eps) * weight + bias,   ms = mean of x^2 over the trailing dimensions normalized_shape
//
// No mean is removed. The author's code puts eps outside the root, x / (sqrt(ms) + eps), and has eps = 1e-8; PyTorch's form is the default.
// pRMSNorm (0 <= p <= 1) takes ms from the first floor(p D) numbers of the D and divides all D by it; the gradient through ms reaches only
// those. Gradients flow through ms; outside the root, a row of zeros has the gradient grad * weight / eps. No state.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct RMSNormOptions {
  Shape normalized_shape{};          ///< sizes of the trailing dimensions; JSON also takes one integer
  std::optional<double> eps{};       ///< null: machine epsilon of the input's dtype
  bool elementwise_affine = true;    ///< weight of shape normalized_shape
  bool bias = false;                 ///< bias beside the weight
  double p = -1.0;                   ///< fraction of the numbers that ms is taken from; -1: all
  enum class EpsMode { inside, outside } eps_mode = EpsMode::inside;
  void visit(Visitor& v);
};

/// x (*, normalized_shape) -> the same shape. weight starts at 1, bias at 0.
class RMSNorm : public Layer<RMSNorm> {
 public:
  static constexpr std::string_view type = "RMSNorm";
  using Options = RMSNormOptions;
  explicit RMSNorm(Options options);
  explicit RMSNorm(int64_t normalized_shape);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<RMSNorm>;

}  // namespace tare::nn
