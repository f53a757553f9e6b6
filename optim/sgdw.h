// The algorithms of Decoupled Weight Decay Regularization (Loshchilov and Hutter, 2019, arXiv:1711.05101) as the paper states them; AdamW as
// PyTorch has it is in optim/adam.h.
//
//   SGDW (algorithm 1):         buf <- momentum buf + lr g,   w <- (1 - weight_decay) w - buf
//   AdamWPaper (algorithm 2):   m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
//                               w <- w - eta_t (lr m^ / (sqrt(v^) + eps) + weight_decay w),   m^, v^: bias-corrected, eta_t = schedule[t - 1]
//
// Decay acts on the old w and is multiplied by eta_t but NOT by lr: PyTorch's weight_decay is this one over lr. Adam with weight_decay, in
// contrast, adds lambda w to the gradient (L2), where the division by sqrt(v) takes most of it away from weights with large gradients.
// SGDW without momentum is gradient descent with an L2 term of weight_decay / lr.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct SGDWOptions {
  double lr = 1e-3;         ///< at least 0
  double momentum = 0;      ///< at least 0
  double weight_decay = 0;  ///< the share of w that a step takes away
  void visit(Visitor& v);
};

class SGDW : public Method<SGDW, SGDWOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "SGDW";
  using Method::Method;
  void apply(Step& s) override;
};

struct AdamWPaperOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;         ///< the share of w that a step takes away where eta = 1
  std::vector<double> schedule{};  ///< eta_1, eta_2, ...; the last one holds from then on, 1 when there is none
  void visit(Visitor& v);
};

class AdamWPaper : public Method<AdamWPaper, AdamWPaperOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "AdamWPaper";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdamWPaperOptions& o);
};

/// The decay that suits a run of `epochs` over `num_samples` in batches: lambda_norm sqrt(batch_size / (num_samples epochs)), section 3 of the paper.
/// Throws ConfigError unless all are positive.
double normalized_weight_decay(double lambda_norm, int64_t batch_size, int64_t num_samples, int64_t epochs);

extern template class Method<SGDW, SGDWOptions, MomentumState>;
extern template class Method<AdamWPaper, AdamWPaperOptions, MomentsState>;

}  // namespace tare::optim
