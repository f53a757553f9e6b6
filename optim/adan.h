// Adan: Adaptive Nesterov Momentum Algorithm (Xie et al., 2022, arXiv:2208.06677). betas = (b1, b2, b3).
//
//   1. D = g - g_prev (0 at t = 1)
//   2. m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) D,  n <- b3 n + (1 - b3) (g + b2 D)^2
//   3. u = (m / (1 - b1^t) + b2 v / (1 - b2^t)) / (sqrt(n / (1 - b3^t)) + eps)
//   4. w <- (w - lr u) / (1 + lr weight_decay);  no_prox: w <- (1 - lr weight_decay) w - lr u
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdanOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.98, 0.92, 0.99};
  double eps = 1e-8;
  double weight_decay = 0;
  bool no_prox = false;  ///< decay by a factor instead of a proximal step
  void visit(Visitor& v);
};

struct AdanState {
  Tensor exp_avg, exp_avg_diff, exp_avg_sq, pre_grad;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adan : public Method<Adan, AdanOptions, AdanState> {
 public:
  static constexpr std::string_view type = "Adan";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Adan, AdanOptions, AdanState>;

}  // namespace tare::optim
