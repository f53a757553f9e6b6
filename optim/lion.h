// Lion: Symbolic Discovery of Optimization Algorithms (Chen et al., 2023, arXiv:2302.06675).
//
//   1. u = sign(beta1 m + (1 - beta1) g)
//   2. w <- (1 - lr weight_decay) w - lr u
//   3. m <- beta2 m + (1 - beta2) g
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct LionOptions {
  double lr = 1e-4;
  std::vector<double> betas = {0.9, 0.99};
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class Lion : public Method<Lion, LionOptions, MomentState> {
 public:
  static constexpr std::string_view type = "Lion";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Lion, LionOptions, MomentState>;

}  // namespace tare::optim
