// Weight Compander: A Simple Weight Reparameterization for Regularization (Cakaj, Mehnert and Yang 2023, arXiv:2306.16993).
//
//     weight = a atan(weight_orig / b)         elementwise, a, b > 0
//
// Bounded by a pi / 2 and steep at zero where a > b: weights are driven away from zero and from extremes. `learnable` makes a and b scalar parameters of
// the layer; their gradients are sums over all weights, so they want a small rate (0.005 of the weights') and no decay: they have Role::other. It starts from
// the present weight: weight_orig = b tan(clamp(w / a, -1.5, 1.5)), which is exact for |w| < 1.5 a. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct WeightCompanderOptions {
  double a = 0.15;
  double b = 0.1;
  bool learnable = false;
  void visit(Visitor& v);
};

class WeightCompander : public Reparam<WeightCompander> {
 public:
  static constexpr std::string_view type = "WeightCompander";
  using Options = WeightCompanderOptions;
  explicit WeightCompander(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  Parameter* base() override { return &weight_orig; }
  void visit(Visitor& visitor) override;

  Options options;
  Parameter weight_orig;
  Parameter a, b;  ///< scalars; empty unless learnable
};

/// b tan(w / a), the inverse for |w| < a pi / 2.
Tensor weight_compander_inverse(const Tensor& w, double a, double b);

extern template class Reparam<WeightCompander>;

}  // namespace tare::nn
