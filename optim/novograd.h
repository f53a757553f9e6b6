// NovoGrad: Stochastic Gradient Methods with Layer-wise Adaptive Moments for Training of Deep Networks (Ginsburg et al., 2019,
// arXiv:1905.11286). One second moment for each tensor, and normalization before the momentum:
//
//   1. v <- |g|^2 at the first step, then beta2 v + (1 - beta2) |g|^2        |g|^2: sum of squares of the whole tensor
//   2. d <- g / (sqrt(v) + eps) + weight_decay w;  with grad_averaging d <- (1 - beta1) d
//   3. m <- beta1 m + d,   w <- w - lr m
//
// There is no bias correction: the first v is not zero. amsgrad takes the largest v so far. Without grad_averaging the rate is in effect
// lr / (1 - beta1). The authors' code has sqrt(v + eps); the paper, and this, sqrt(v) + eps. State: one tensor and one number a parameter.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct NovoGradOptions {
  double lr = 1e-2;
  std::vector<double> betas = {0.95, 0.98};
  double eps = 1e-8;
  double weight_decay = 0;      ///< enters the momentum, not v
  bool grad_averaging = false;  ///< multiplies what enters the momentum by 1 - beta1
  bool amsgrad = false;
  void visit(Visitor& v);
};

struct NovoGradState {
  Tensor exp_avg;
  double exp_avg_sq = 0, max_exp_avg_sq = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class NovoGrad : public Method<NovoGrad, NovoGradOptions, NovoGradState> {
 public:
  static constexpr std::string_view type = "NovoGrad";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<NovoGrad, NovoGradOptions, NovoGradState>;

}  // namespace tare::optim
