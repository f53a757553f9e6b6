// Ano: Faster is Better in Noisy Landscape (Kegreisz, 2025, arXiv:2508.18258): the gradient's size, the momentum's sign.
//
//   v <- beta2 v + (1 - beta2) sign(g^2 - v) g^2,  w <- (1 - lr weight_decay) w - lr |g| sign(m) / sqrt(v / (1 - beta2^t) + eps)
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AnoOptions {
  double lr = 1e-4;
  std::vector<double> betas = {0.92, 0.99};
  double eps = 1e-8;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class Ano : public Method<Ano, AnoOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "Ano";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Ano, AnoOptions, MomentsState>;

}  // namespace tare::optim
