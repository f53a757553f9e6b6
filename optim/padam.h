// Padam: Closing the Generalization Gap of Adaptive Gradient Methods in Training Deep Neural Networks (Chen et al., 2020, arXiv:1806.06763): from
// momentum (partial 0) to Adam (partial 1/2).
//
//   w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps)^(2 partial)           amsgrad: the largest v so far
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct PAdamOptions {
  double lr = 0.1;
  std::vector<double> betas = {0.9, 0.999};
  double partial = 0.25;
  bool amsgrad = true;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

class PAdam : public Method<PAdam, PAdamOptions, MaxMomentsState> {
 public:
  static constexpr std::string_view type = "PAdam";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<PAdam, PAdamOptions, MaxMomentsState>;

}  // namespace tare::optim
