// A Stable Whitening Optimizer for Efficient Neural Network Training (Frans, Levine, Abbeel, 2025, arXiv:2506.07254): the sign of the momentum in the
// eigenbasis of Shampoo's preconditioners, which bounds the step whatever the stale basis; evaluated with an average of the weights.
//
//   matrices:  1. m <- beta1 m + (1 - beta1) g,  u = P sign(P^T m Q) Q^T,  rate = 2 lr / (rows + columns)
//   others:    1. m the same,  u = sign(m),  rate = lr nonstandard_constant
//   2. w <- w - rate u,  e <- ema_rate e + (1 - ema_rate) w,  w <- (1 - rate weight_decay) w
//   3. L, R <- averages (beta2) of g g^T, g^T g;  at t = 1 and every inverse_every-th step P, Q = eigenvectors of L + eps I, R + eps I     (first I)
//
// Sides longer than max_dim have no basis. Evaluate at e / (1 - ema_rate^t) (Optimizer::EvaluationScope).
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SPlusOptions {
  double lr = 0.1;
  std::vector<double> betas = {0.9, 0.999};
  double ema_rate = 0.999;  ///< in [0, 1)
  int64_t inverse_every = 100;  ///< at least 1
  double eps = 1e-30;
  double weight_decay = 0.01;  ///< decoupled
  double nonstandard_constant = 1e-3;  ///< rate of parameters that are not matrices, relative to lr
  int64_t max_dim = 10000;
  void visit(Visitor& v);
};

struct SPlusState {
  Tensor momentum, ema;
  Tensors sides, q_sides;
  int64_t step = 0;
  double ema_weight = 0;  ///< 1 - ema_rate^t
  void visit(Visitor& v);
};

class SPlus : public PerParameter<SPlus, SPlusOptions, SPlusState> {
 public:
  static constexpr std::string_view type = "SPlus";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, SPlusState& s, const SPlusOptions& o);
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  static void check_options(const SPlusOptions& o);
};

extern template class Method<SPlus, SPlusOptions, SPlusState>;

}  // namespace tare::optim
