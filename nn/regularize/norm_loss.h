// Norm Loss: An efficient yet effective regularization method for deep neural networks (Georgiou et al., 2021, arXiv:2103.06583)
//
//     NL(W) = sum_i (1 - ||w_i||)^2,   w_i all weights that feed output i;   term = lambda * sum over layers of NL
//     dNL/dw_i = 2 (1 - 1 / ||w_i||) w_i,  0 at w_i = 0
//
// A soft pull of every row's length towards 1: it shortens long rows and lengthens short ones, in place of weight decay (set that to 0).
// No 1/2 and no mean over rows, so that lambda does not depend on the width.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct NormLossOptions {
  double lambda = 0.01;
  void visit(Visitor& v);
};
/// Weights have at least two dimensions (out, ...).
class NormLoss : public Regularize<NormLoss, Feed::weights> {
 public:
  static constexpr std::string_view type = "NormLoss";
  using Options = NormLossOptions;
  explicit NormLoss(Options options = {});
  Tensor forward(const Tensors& weights);
  Options options;
};

/// lambda * sum over the weights (out, ...) of sum_i (1 - ||w_i||)^2.
Tensor norm_loss(const Tensors& weights, double lambda = 0.01);

extern template class Layer<NormLoss>;

}  // namespace tare::nn
