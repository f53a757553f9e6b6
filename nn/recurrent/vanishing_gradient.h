// The regularizer against vanishing gradients of On the difficulty of training Recurrent Neural Networks (Pascanu, Mikolov, Bengio, 2013, arXiv:1211.5063).
// With x_{k+1} = W tanh(x_k) + ..., J_k = dx_{k+1} / dx_k = W diag(1 - tanh(x_k)^2), and the row vector e_{k+1} = dE / dx_{k+1}:
//
//   Omega = sum_k (|e_{k+1} J_k| / |e_{k+1}| - 1)^2,   e J = (e W) * (1 - tanh(x)^2)
//
// x and e are constants: only the W written here is differentiated, as in the paper, so that no second derivatives are needed. Each sample's ratio counts by
// itself, averaged over the batch (ours). Terms with |e| <= 1e-12 are 0. Clip after adding the penalty's gradient.
//
// As a regularizer (VanishingGradientPenalty) it watches RNN layers. Their outputs are h_t = tanh(x_t), and the derivatives G_t of the loss by them are what the tape
// knows; the total derivatives follow from the last step back:
//
//   e_t = (G_t + e_{t+1} W) * (1 - h_t^2)
//
// so that one backward pass to the outputs is all it costs.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

/// w (H, H); x (K, B, H) the pre-activations x_k and e (K, B, H) the total derivatives e_{k+1} that go with them.
Tensor vanishing_gradient_penalty(const Tensor& w, const Tensor& x, const Tensor& e);

struct VanishingGradientPenaltyOptions {
  double weight = 0.5;               ///< of Omega; the paper takes 0.5 to 4
  std::string activation = "tanh";
  std::string reduction = "mean";    ///< over the batch
  void visit(Visitor& v);
};

/// Three tensors for each recurrent layer: W (H, H), states h (T, N, H), derivatives of the loss by them (T, N, H).
class VanishingGradientPenalty : public Regularize<VanishingGradientPenalty, Feed::recurrence> {
 public:
  static constexpr std::string_view type = "VanishingGradientPenalty";
  using Options = VanishingGradientPenaltyOptions;
  explicit VanishingGradientPenalty(Options options = {});
  Tensor forward(const Tensors& recurrences);
  Options options;
};

extern template class Layer<VanishingGradientPenalty>;

}  // namespace tare::nn
