// Ranger: RAdam, Lookahead and gradient centralization (Wright, 2019, github.com/lessw2020/Ranger-Deep-Learning-Optimizer).
//
//   1. g <- g - its mean over all axes but the first (rank > 1, use_gc)
//   2. u = m / (sqrt(v) + eps) with the rate lr r_t sqrt(1 - beta2^t) / (1 - beta1^t) where rho_t > n_sma_threshold (optim/rectify.h),
//      otherwise u = m with lr / (1 - beta1^t)
//   3. w <- w - rate (u + weight_decay w);  every k steps slow <- slow + alpha (w - slow), w <- slow
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct RangerOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.95, 0.999};
  double eps = 1e-5;
  double alpha = 0.5;  ///< in [0, 1]
  int64_t k = 6;       ///< at least 1
  double n_sma_threshold = 5;
  double weight_decay = 0;
  bool use_gc = true;
  void visit(Visitor& v);
};

struct RangerState {
  Tensor exp_avg, exp_avg_sq, slow_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Ranger : public Method<Ranger, RangerOptions, RangerState> {
 public:
  static constexpr std::string_view type = "Ranger";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const RangerOptions& o);
};

extern template class Method<Ranger, RangerOptions, RangerState>;

}  // namespace tare::optim
