// ACProp: Momentum Centering and Asynchronous Update for Adaptive Gradient Methods (Zhuang et al., 2021, arXiv:2110.05454). The step divides by
// the second moment of earlier gradients and has no momentum:
//
//   1. t = 1: w <- w - lr g;  otherwise v <- v + eps, w <- w - lr g / (sqrt(v) / sqrt(1 - beta2^(t-1)) + eps)
//   2. m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2)(g - m)^2                  (the new m)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ACPropOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-16;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct ACPropState {
  Tensor exp_avg, exp_avg_var;
  int64_t step = 0;
  void visit(Visitor& v);
};

class ACProp : public Method<ACProp, ACPropOptions, ACPropState> {
 public:
  static constexpr std::string_view type = "ACProp";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<ACProp, ACPropOptions, ACPropState>;

}  // namespace tare::optim
