// Optimistic gradient descent (Mokhtari, Ozdaglar, Pattathil, 2020, arXiv:1901.08511) and optimistic Adam (Daskalakis, Ilyas, Syrgkanis, Zeng,
// 2018, arXiv:1711.00141): they extrapolate by the last change, for saddle points.
//
//   OptimisticGD:    w <- w - lr ((alpha + beta) g - beta g_prev)                          g_0 = g_1
//   OptimisticAdam:  r = mh / (sqrt(vh) + eps),  w <- w - lr r - o (r - r_prev)            o = optimism or lr, r_0 = r_1
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct OptimisticAdamOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  std::optional<double> optimism{};  ///< absent: lr
  double eps = 1e-8;
  void visit(Visitor& v);
};

struct OptimisticAdamState {
  Tensor exp_avg, exp_avg_sq, previous_update;
  int64_t step = 0;
  void visit(Visitor& v);
};

class OptimisticAdam : public Method<OptimisticAdam, OptimisticAdamOptions, OptimisticAdamState> {
 public:
  static constexpr std::string_view type = "OptimisticAdam";
  using Method::Method;
  void apply(Step& s) override;
};

struct OptimisticGDOptions {
  double lr = 1e-3;
  double beta = 1;
  double alpha = 1;
  void visit(Visitor& v);
};

struct OptimisticState {
  Tensor previous_grad;
  int64_t step = 0;
  void visit(Visitor& v);
};

class OptimisticGD : public Method<OptimisticGD, OptimisticGDOptions, OptimisticState> {
 public:
  static constexpr std::string_view type = "OptimisticGD";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<OptimisticAdam, OptimisticAdamOptions, OptimisticAdamState>;
extern template class Method<OptimisticGD, OptimisticGDOptions, OptimisticState>;

}  // namespace tare::optim
