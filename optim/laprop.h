// LaProp: Separating Momentum and Adaptivity in Adam (Ziyin, Wang, Ueda, 2021, arXiv:2002.04839): normalize first, then average.
//
//   v <- beta2 v + (1 - beta2) g^2,  m <- beta1 m + (1 - beta1) g / (sqrt(vh) + eps),  w <- (w - lr mh)(1 - weight_decay)
//
// centered: after steps_before_using_centered steps v - a^2 in place of v, a the average of g with beta2. amsgrad: the largest v so far.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct LaPropOptions {
  double lr = 4e-4;
  std::vector<double> betas = {0.9, 0.999};
  bool amsgrad = false;
  bool centered = false;
  int64_t steps_before_using_centered = 10;
  double eps = 1e-15;
  double weight_decay = 0;  ///< a factor of its own, not times lr
  void visit(Visitor& v);
};

struct LaPropState {
  Tensor exp_avg, exp_avg_sq, exp_mean_avg_beta2, max_exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class LaProp : public Method<LaProp, LaPropOptions, LaPropState> {
 public:
  static constexpr std::string_view type = "LaProp";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<LaProp, LaPropOptions, LaPropState>;

}  // namespace tare::optim
