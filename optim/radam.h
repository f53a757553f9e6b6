// RAdam: On the Variance of the Adaptive Learning Rate and Beyond (Liu et al., 2020, arXiv:1908.03265), as in PyTorch. While the second moment
// rests on too few gradients (rho_t <= 5, optim/rectify.h) the step is plain momentum.
//
//   1. m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2,  mh = m / (1 - beta1^t)
//   2. rho_t > 5:  w <- w - lr mh r_t sqrt(1 - beta2^t) / (sqrt(v) + eps)
//      otherwise:  w <- w - lr mh
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct RAdamOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled_weight_decay = false;  ///< true: AdamW's decay, false: L2
  bool maximize = false;
  void visit(Visitor& v);
};

class RAdam : public Method<RAdam, RAdamOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "RAdam";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<RAdam, RAdamOptions, MomentsState>;

}  // namespace tare::optim
