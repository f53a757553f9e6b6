// Adai: Adaptive Inertia: Disentangling the Effects of Adaptive Learning Rate and Momentum (Xie et al., 2022, arXiv:2006.15815). Every number
// has a momentum of its own. V: mean of vh over all tensors; betas = (b0, beta2):
//
//   b1 = clip(1 - b0 (vh / V)^(1 / (3 - 2 dampening)), 0, 1 - eps),  m <- b1 m + (1 - b1)^dampening g
//   w <- w - lr m / (1 - product of all b1) b0^(1 - dampening)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaiOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.1, 0.99};
  double eps = 1e-3;
  double weight_decay = 0;
  bool weight_decouple = false;  ///< false: L2
  double dampening = 1;
  void visit(Visitor& v);
};

struct AdaiState {
  Tensor exp_avg, exp_avg_sq, beta1_prod;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adai : public Method<Adai, AdaiOptions, AdaiState> {
 public:
  static constexpr std::string_view type = "Adai";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaiOptions& o);
};

extern template class Method<Adai, AdaiOptions, AdaiState>;

}  // namespace tare::optim
