// AdamNorm: AdaNorm: Adaptive Gradient Norm Correction based Optimizer for CNNs (Dubey et al., 2023, arXiv:2210.06364). Norms of each tensor:
//
//   e <- r e + (1 - r) |g|,  h = g e / |g| where e > |g| > 0, otherwise g;  Adam with m from h and v from g
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdamNormOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double r = 0.95;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct AdamNormState {
  Tensor exp_avg, exp_avg_sq;
  double exp_grad_norm = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdamNorm : public Method<AdamNorm, AdamNormOptions, AdamNormState> {
 public:
  static constexpr std::string_view type = "AdamNorm";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdamNormOptions& o);
};

extern template class Method<AdamNorm, AdamNormOptions, AdamNormState>;

}  // namespace tare::optim
