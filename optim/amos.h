// Amos: An Adam-style Optimizer with Adaptive Weight Decay towards Model-Oriented Scale (Tian and Parikh, 2022, arXiv:2210.11693). Scalars of
// each tensor; G = mean(g^2), a = lr, e = scale, the expected size of the weights:
//
//   v <- beta v + (1 - beta) G,  r = (1 - beta^t) / max(v, eps),  y = a^2 r G / sqrt(1 + c_coef sqrt(a) b)
//   u = ((y / 2 + extra_l2) w + a e sqrt(r) g) / (1 + d_coef sqrt(a e) b),  b <- b + y (1 + b)
//   w <- w - u, with momentum the average of u
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AmosOptions {
  double lr = 1e-3;
  double momentum = 0;  ///< in [0, 1)
  double beta = 0.999;  ///< in [0, 1)
  double extra_l2 = 0;
  double c_coef = 0.25;
  double d_coef = 0.25;
  double eps = 1e-18;
  double scale = 1;  ///< positive
  void visit(Visitor& v);
};

struct AmosState {
  double exp_avg_sq = 0, decay = 0;
  Tensor exp_avg;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Amos : public PerParameter<Amos, AmosOptions, AmosState> {
 public:
  static constexpr std::string_view type = "Amos";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, AmosState& s, const AmosOptions& o);
  static void check_options(const AmosOptions& o);
};

extern template class Method<Amos, AmosOptions, AmosState>;

}  // namespace tare::optim
