// Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks
// (Salimans and Kingma, 2016, arXiv:1602.07868).
//
//     weight = g * v / ||v||
//
// The norm is taken over all axes except `dim`; nothing is detached, and there is no eps: a zero row of v gives NaN, as in PyTorch
// (a weight with a zero row is refused at the start). The gradient of v is orthogonal to v. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct WeightNormOptions {
  std::optional<int64_t> dim = 0;  ///< the axis with one length per entry; null: one length for the whole tensor
  void visit(Visitor& v);
};

class WeightNorm : public Reparam<WeightNorm> {
 public:
  static constexpr std::string_view type = "WeightNorm";
  using Options = WeightNormOptions;
  explicit WeightNorm(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  Parameter* base() override { return &v; }
  void visit(Visitor& visitor) override;

  Options options;
  Parameter g;  ///< lengths: 1 along every axis but `dim`
  Parameter v;  ///< directions, the weight's shape
};

extern template class Reparam<WeightNorm>;

}  // namespace tare::nn
