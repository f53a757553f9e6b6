// Cautious Optimizers: Improving Training with One Line of Code (Liang et al., 2024, arXiv:2411.16085): numbers whose step would go against the
// gradient stay, the others are scaled up to keep the mean.
//
//   k = [u g > 0] / max(mean over the tensor of [u g > 0], 1e-3)
//   CautiousLion:   u = sign(beta1 m + (1 - beta1) g);  w <- (1 - lr wd) w - lr k u;  m <- beta2 m + (1 - beta2) g
//   CautiousAdamW:  u = m, the new one;  AdamW's step with k m in place of m
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct CautiousAdamWOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< decoupled
  void visit(Visitor& v);
};

class CautiousAdamW : public Method<CautiousAdamW, CautiousAdamWOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "CautiousAdamW";
  using Method::Method;
  void apply(Step& s) override;
};

struct CautiousLionOptions {
  double lr = 1e-4;
  std::vector<double> betas = {0.9, 0.99};
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class CautiousLion : public Method<CautiousLion, CautiousLionOptions, MomentState> {
 public:
  static constexpr std::string_view type = "CautiousLion";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<CautiousAdamW, CautiousAdamWOptions, MomentsState>;
extern template class Method<CautiousLion, CautiousLionOptions, MomentState>;

}  // namespace tare::optim
