// AdaBelief: Adapting Stepsizes by the Belief in Observed Gradients (Zhuang et al., 2020, arXiv:2010.07468). Adam whose second moment is that of
// the gradient's distance from its average:
//
//   1. m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2)(g - m)^2 + eps            (the new m; eps stays in v)
//   2. w <- w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// rectify: RAdam's factor (optim/rectify.h) where rho_t >= 5, with eps after the uncorrected root, otherwise w <- w - lr m / (1 - beta1^t).
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaBeliefOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  bool weight_decouple = true;  ///< false: L2
  bool rectify = false;
  bool amsgrad = false;
  double eps = 1e-16;
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct AdaBeliefState {
  Tensor exp_avg, exp_avg_var, max_exp_avg_var;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaBelief : public Method<AdaBelief, AdaBeliefOptions, AdaBeliefState> {
 public:
  static constexpr std::string_view type = "AdaBelief";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<AdaBelief, AdaBeliefOptions, AdaBeliefState>;

}  // namespace tare::optim
