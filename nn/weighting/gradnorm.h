// GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks (Chen et al., 2018, arXiv:1711.02257). T losses share a trunk; each
// has a weight w_i, steered so that the gradients at the last shared weight W are of comparable length, longer for tasks that train slowly:
//
//   n_i = |dL_i / dW|,  G_i = w_i n_i,  r_i = (L_i / L_i(0)) / mean_j (L_j / L_j(0)),  target_i = mean_j G_j * r_i^alpha         a constant
//   L_grad = sum_i |G_i - target_i|,  dL_grad / dw_i = sign(G_i - target_i) n_i
//   w <- a step of Adam or SGD;  w_i <- max(w_i, min_weight);  w <- T w / sum w
//
// G_i is linear in w_i, so that no second derivatives are needed. The network is trained with the weights BEFORE the step. A popular port has r_i^-alpha and
// means instead of sums; the paper does not. In evaluation weights are read and nothing changes. min_weight is ours.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct GradNormWeighterOptions {
  int64_t num_tasks = 0;           ///< T, at least 1
  double alpha = 0.12;             ///< how much slow tasks pull; 0: equal gradient norms
  double lr = 0.025;
  std::string optimizer = "adam";  ///< of the weights: "adam" (0.9, 0.999, 1e-8) or "sgd"
  double min_weight = 0;           ///< floor of the weights; 1e-4 keeps them from turning negative
  void visit(Visitor& v);
};

struct GradNormOutput {
  Tensor loss_weights;  ///< (T), after the step
  Tensor loss;          ///< []: L_grad
  Tensors flatten() const;
};

/// losses (T), task_grad_norms (T): off the tape. Buffers loss_weights (ones), initial_losses (zeros until the first step), and with adam exp_avg, exp_avg_sq, step.
class GradNormWeighter : public Layer<GradNormWeighter> {
 public:
  static constexpr std::string_view type = "GradNormWeighter";
  using Options = GradNormWeighterOptions;
  explicit GradNormWeighter(Options options);
  GradNormOutput forward(const Tensor& losses, const Tensor& task_grad_norms);
  void visit(Visitor& v) override;

  Options options;
  Buffer loss_weights, initial_losses, exp_avg, exp_avg_sq, step;

 private:
  Tensor adam_step(const Tensor& gradient) const;
};

/// A whole step of the losses of a forward pass: measures n_i at `shared_weight`, adds the gradient of sum_i w_i L_i to the .grad of every leaf, and moves the
/// weights. Returns that sum.
Tensor gradnorm_backward(const Tensors& losses, const Tensor& shared_weight, GradNormWeighter& weighter);

extern template class Layer<GradNormWeighter>;

}  // namespace tare::nn
