// NAdam: Incorporating Nesterov Momentum into Adam (Dozat, 2016), as in PyTorch. psi = momentum_decay.
//
//   1. mu_t = beta1 (1 - 0.96^(t psi) / 2),  Pi_t = mu_1 ... mu_t
//   2. m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2,  d = sqrt(v / (1 - beta2^t)) + eps
//   3. w <- w - lr (1 - mu_t) / (1 - Pi_t) g / d - lr mu_(t+1) / (1 - Pi_t mu_(t+1)) m / d
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct NAdamOptions {
  double lr = 2e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;
  bool decoupled_weight_decay = false;  ///< true: AdamW's decay, false: L2
  bool maximize = false;
  void visit(Visitor& v);
};

struct NAdamState {
  Tensor exp_avg, exp_avg_sq;
  double mu_product = 1;  ///< Pi_t
  int64_t step = 0;
  void visit(Visitor& v);
};

class NAdam : public Method<NAdam, NAdamOptions, NAdamState> {
 public:
  static constexpr std::string_view type = "NAdam";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<NAdam, NAdamOptions, NAdamState>;

}  // namespace tare::optim
