// Yogi: Adaptive Methods for Nonconvex Optimization (Zaheer et al., 2018): the second moment changes by no more than g^2, whatever its size.
//
//   v <- v - (1 - beta2) sign(v - g^2) g^2,  v_0 = initial_accumulator_value
//   w <- w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct YogiOptions {
  double lr = 0.01;
  std::vector<double> betas = {0.9, 0.999};
  double initial_accumulator_value = 1e-6;  ///< at least 0
  double eps = 1e-3;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

class Yogi : public Method<Yogi, YogiOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "Yogi";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const YogiOptions& o);
};

extern template class Method<Yogi, YogiOptions, MomentsState>;

}  // namespace tare::optim
