// Averaged stochastic gradient descent: Acceleration of Stochastic Approximation by Averaging (Polyak and Juditsky, 1992), as in PyTorch.
// The average ax is what to evaluate with.
//
//   1. g <- g + weight_decay w,  w <- (1 - lambd eta) w - eta g
//   2. ax <- ax + mu (w - ax)
//   3. eta <- lr / (1 + lambd lr t)^alpha,  mu <- 1 / max(1, t - t0)          (eta_1 = lr, mu_1 = 1)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ASGDOptions {
  double lr = 1e-2;
  double lambd = 1e-4;  ///< decay
  double alpha = 0.75;  ///< power of the rate's fall
  double t0 = 1e6;      ///< step at which averaging begins
  double weight_decay = 0;  ///< L2
  bool maximize = false;
  void visit(Visitor& v);
};

struct ASGDState {
  Tensor ax;
  double eta = 0, mu = 1;
  int64_t step = 0;
  void visit(Visitor& v);
};

class ASGD : public Method<ASGD, ASGDOptions, ASGDState> {
 public:
  static constexpr std::string_view type = "ASGD";
  using Method::Method;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
};

extern template class Method<ASGD, ASGDOptions, ASGDState>;

}  // namespace tare::optim
