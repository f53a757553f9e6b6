// Schedule-Free learning: The Road Less Scheduled (Defazio et al., 2024, arXiv:2405.15682). The parameter holds y = (1 - b) z + b x, where the
// gradient is taken; z takes the steps and x is the weighted average of z, to evaluate with (Optimizer::EvaluationScope).
//
//   a = lr min(1, t / warmup_steps),  weight = t^r (largest a so far)^weight_lr_power,  c = weight / sum of weights
//   z <- z - a d,  x <- (1 - c) x + c z,  y <- (1 - b) z + b x
//
//   ScheduleFreeSGD:    d = g + weight_decay y,                                  b = momentum
//   ScheduleFreeAdamW:  d = g / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay y,  b = beta1
//   ScheduleFreeRAdam:  the same with a = lr r_t where rho_t > 4 (optim/rectify.h); before, d = g + weight_decay y with a = 0 or, not silent, lr
//
// x is never stored: y <- y + c (z - y) - a (1 - b (1 - c)) d with the old z says the same.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ScheduleFreeAdamWOptions {
  double lr = 2.5e-3;
  std::vector<double> betas = {0.9, 0.999};  ///< the first in (0, 1)
  int64_t warmup_steps = 0;
  double r = 0;  ///< power of t in the weights
  double weight_lr_power = 2;
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct ScheduleFreeAdamState {
  Tensor z, exp_avg_sq;
  double weight_sum = 0, lr_max = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class ScheduleFreeAdamW : public Method<ScheduleFreeAdamW, ScheduleFreeAdamWOptions, ScheduleFreeAdamState> {
 public:
  static constexpr std::string_view type = "ScheduleFreeAdamW";
  using Method::Method;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  static void check_options(const ScheduleFreeAdamWOptions& o);
};

struct ScheduleFreeRAdamOptions {
  double lr = 2.5e-3;
  std::vector<double> betas = {0.9, 0.999};  ///< the first in (0, 1)
  double r = 0;
  double weight_lr_power = 2;
  bool silent_sgd_phase = true;  ///< false: plain steps while the second moment is not to be trusted
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

class ScheduleFreeRAdam : public Method<ScheduleFreeRAdam, ScheduleFreeRAdamOptions, ScheduleFreeAdamState> {
 public:
  static constexpr std::string_view type = "ScheduleFreeRAdam";
  using Method::Method;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  static void check_options(const ScheduleFreeRAdamOptions& o);
};

struct ScheduleFreeSGDOptions {
  double lr = 1;
  double momentum = 0.9;  ///< b, in (0, 1)
  double weight_decay = 0;
  int64_t warmup_steps = 0;
  double r = 0;
  double weight_lr_power = 2;
  void visit(Visitor& v);
};

struct ScheduleFreeState {
  Tensor z;
  double weight_sum = 0, lr_max = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class ScheduleFreeSGD : public Method<ScheduleFreeSGD, ScheduleFreeSGDOptions, ScheduleFreeState> {
 public:
  static constexpr std::string_view type = "ScheduleFreeSGD";
  using Method::Method;
  void apply(Step& s) override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  static void check_options(const ScheduleFreeSGDOptions& o);
};

extern template class Method<ScheduleFreeAdamW, ScheduleFreeAdamWOptions, ScheduleFreeAdamState>;
extern template class Method<ScheduleFreeRAdam, ScheduleFreeRAdamOptions, ScheduleFreeAdamState>;
extern template class Method<ScheduleFreeSGD, ScheduleFreeSGDOptions, ScheduleFreeState>;

}  // namespace tare::optim
