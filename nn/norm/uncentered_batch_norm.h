// Batch normalization without mean subtraction: Towards Training Without Depth Limits: Batch Normalization Without Gradient Explosion
// (Meterez et al., 2023, arXiv:2310.02012).
//
//   UncenteredBatchNorm1d   y_c = f x_c / ||x_c||_2, columns over the batch; f = sqrt(N) (unit second moment) or a number. With mean_reduction the column's
//                           mean is removed first. No eps, no affine, no state; training and evaluation both use the batch.
//   isometry_gap            phi(X) = log(mean e) - mean(log e) >= 0, e the eigenvalues of X X^T: 0 for orthogonal rows of equal length, infinite for
//                           dependent ones; phi(c X Q) = phi(X) for orthogonal Q
//   shaped_activation       sigma(layer^exponent x): an activation (tanh, sin) that becomes linear with depth
//
// Gradients flow through the norms. A column of zeros stays 0; where others divide by 0, its gradient is that of y = f x.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// An option that is "sqrt_n" or a number.
class NormFactor : public Box {
 public:
  NormFactor() = default;  // "sqrt_n"
  NormFactor(double v) : value(v) {}
  bool empty() const override { return false; }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;

  std::optional<double> value{};
};

struct UncenteredBatchNorm1dOptions {
  int64_t num_features = 0;     ///< C, at least 1
  bool mean_reduction = false;  ///< removes the mean first
  NormFactor factor{};          ///< length of each column: "sqrt_n" or a number
  void visit(Visitor& v);
};

/// x (N, C) -> the same shape.
class UncenteredBatchNorm1d : public Layer<UncenteredBatchNorm1d> {
 public:
  static constexpr std::string_view type = "UncenteredBatchNorm1d";
  using Options = UncenteredBatchNorm1dOptions;
  explicit UncenteredBatchNorm1d(Options options);
  explicit UncenteredBatchNorm1d(int64_t num_features);
  Tensor forward(const Tensor& x);

  Options options;
};

/// X (n, d) with n <= d -> a scalar.
Tensor isometry_gap(const Tensor& x);
/// activation: tanh, sin or identity; `layer` counts from 1. Throws ValueError for layer < 1, ConfigError for another activation.
Tensor shaped_activation(const Tensor& x, std::string_view activation, int64_t layer, double exponent = -0.4);

extern template class Layer<UncenteredBatchNorm1d>;

}  // namespace tare::nn
