// ADOPT: Modified Adam Can Converge with Any beta2 with the Optimal Rate (Taniguchi et al., 2024, arXiv:2411.02853). The gradient is divided by
// the second moment of those before it, and only then averaged. The first step only sets v = g^2; then
//
//   n = clip(g / max(sqrt(v), eps), -(t-1)^clip_exponent, (t-1)^clip_exponent)
//   m <- beta1 m + (1 - beta1) n,  w <- w - lr m,  v <- beta2 v + (1 - beta2) g^2
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct ADOPTOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.9999};
  double eps = 1e-6;
  double weight_decay = 0;
  bool weight_decouple = false;  ///< false: L2
  std::optional<double> clip_exponent = 0.25;  ///< absent: no clipping
  void visit(Visitor& v);
};

class ADOPT : public Method<ADOPT, ADOPTOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "ADOPT";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<ADOPT, ADOPTOptions, MomentsState>;

}  // namespace tare::optim
