// Ranger21: a synergistic deep learning optimizer (Wright and Demeure, 2021, arXiv:2106.13731): AdamW with nine additions, and a schedule of its own.
// For each tensor, t = 1, 2, ...:
//
//   1. adaptive gradient clipping by units (optim/transform/adaptive_grad_clip.h)
//   2. gradient centralization (matrices and more axes)
//   3. normalization: g <- g / (std(g) + 1e-8), the unbiased deviation of the whole tensor; more than 2 numbers only
//   4. v <- beta2 v + (1 - beta2) g^2;  V = sqrt(mean over ALL numbers of all tensors of v / (1 - beta2^t))
//   5. stable weight decay: w <- (1 - lr weight_decay / V) w
//   6. norm loss: w <- (1 - 2 lr normloss_factor (1 - 1 / (|unit| + eps))) w
//   7. positive-negative momentum, k = pnm_momentum_factor: two momenta take turns, A <- beta1^2 A + (1 - beta1^2) g,
//      u = ((1 + k) A - k B) / sqrt((1 + beta2)^2 + beta2^2)
//   8. den = sqrt(v) / sqrt(1 - beta2^t) + eps, then softplus(den) = log(1 + e^(beta den)) / beta
//   9. w <- w - lr / (1 - beta1^t) u / den
//  10. Lookahead: every lookahead_mergetime steps w <- alpha w + (1 - alpha) slow, slow <- w
//
// lr: linear warm-up over num_warmup_iterations steps, flat, and from step D = warmdown_start_pct T a linear descent to warmdown_min_lr, T = num_epochs
// num_batches_per_epoch; where they overlap the descent holds. T = 0: no schedule. The authors' code applies 5 and 6 to the last tensor only, normalises
// twice and ignores k; this does what the paper says, and leaves their (inert) AMSGrad out.
//
// Each part is there alone: AdaptiveGradClip, CentralizeGradients, AdamS (stable decay), NormLoss, PNM and AdaPNM, SoftplusNormalize, Lookahead, ExploreExploitLR.
// A parameter without a gradient takes no part in a step, in Lookahead neither.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct Ranger21Options {
  double lr = 1e-3;
  int64_t num_epochs = 0;             ///< of the run; with num_batches_per_epoch the length of the schedule in steps
  int64_t num_batches_per_epoch = 0;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-4;
  bool use_adaptive_gradient_clipping = true;
  double agc_clipping_value = 0.01;
  double agc_eps = 1e-3;
  bool using_gc = true;
  bool using_normgc = true;
  double pnm_momentum_factor = 1;
  bool softplus = true;
  double beta_softplus = 50;
  bool normloss_active = true;
  double normloss_factor = 1e-4;
  bool lookahead_active = true;
  int64_t lookahead_mergetime = 5;
  double lookahead_blending_alpha = 0.5;
  bool use_warmup = true;
  std::optional<int64_t> num_warmup_iterations{};  ///< absent: ceil(2 / (1 - beta2)), or warmup_pct_default T when that is more than 0.45 T
  double warmup_pct_default = 0.22;
  bool warmdown_active = true;
  double warmdown_start_pct = 0.72;
  double warmdown_min_lr = 3e-5;
  void visit(Visitor& v);
  /// The rate at step t = 1, 2, ...
  double rate(int64_t t) const;
};

struct Ranger21State {
  Tensor grad_ma, neg_grad_ma, variance_ma, lookahead_params;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Ranger21 : public Method<Ranger21, Ranger21Options, Ranger21State> {
 public:
  static constexpr std::string_view type = "Ranger21";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const Ranger21Options& o);

 private:
  int64_t step_ = 0;
};

extern template class Method<Ranger21, Ranger21Options, Ranger21State>;

}  // namespace tare::optim
