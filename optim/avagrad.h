// AvaGrad: Domain-independent Dominance of Adaptive Methods (Savarese, McAllester, Babu, Maire, 2021, arXiv:1912.01823). The step divides by the
// second moment of earlier gradients and is scaled by a factor of all tensors. The first step moves nothing; then, with the v of the step before,
//
//   w <- w - y lr mh / (sqrt(v / (1 - beta2^(t-1))) + eps),  y <- 1 / sqrt(mean over all numbers of 1 / (sqrt(v / (1 - beta2^t)) + eps)^2)
//   v <- beta2 v + (1 - beta2) g^2                                                          y is for the step after
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AvaGradOptions {
  double lr = 0.1;
  std::vector<double> betas = {0.9, 0.999};
  bool weight_decouple = false;  ///< false: L2
  double eps = 0.1;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class AvaGrad : public Method<AvaGrad, AvaGradOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "AvaGrad";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;

 private:
  double gamma_ = 0;  // y
};

extern template class Method<AvaGrad, AvaGradOptions, MomentsState>;

}  // namespace tare::optim
