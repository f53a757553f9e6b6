// AdaSmooth: An Adaptive Learning Rate Method based on Effective Ratio (Lu, 2022, arXiv:2204.00825). s: sum of a weight's moves, n: of their sizes.
//
//   c = (beta2 - beta1) |s| / (n + eps) + 1 - beta2,  v <- (1 - c^2) v + c^2 g^2,  w <- w - lr g / sqrt(v + eps)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaSmoothOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.5, 0.99};
  double eps = 1e-6;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct AdaSmoothState {
  Tensor prev_param, s, n, exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaSmooth : public Method<AdaSmooth, AdaSmoothOptions, AdaSmoothState> {
 public:
  static constexpr std::string_view type = "AdaSmooth";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<AdaSmooth, AdaSmoothOptions, AdaSmoothState>;

}  // namespace tare::optim
