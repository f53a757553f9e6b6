// Cyclical Learning Rates for Training Neural Networks (Smith, 2017, arXiv:1506.01186), as in PyTorch. Up and down between two rates:
//
//   cycle c = floor(1 + t / (up + down)),  x = 1 + t / (up + down) - c,  s = x / r up to r = up / (up + down), then (1 - x) / (1 - r)
//   s *= 1 (triangular) | 2^(1 - c) (triangular2) | gamma^t (exp_range)
//   lr = base_lr + (max_lr - base_lr) s        momentum = max_momentum - (max_momentum - base_momentum) s
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

enum class CyclicMode { triangular, triangular2, exp_range };

/// The lower rate is base_lr, which all schedules have; without it the optimizer's rate.
struct CyclicLROptions {
  double max_lr = 0.1;
  int64_t step_size_up = 2000;              ///< steps from the lower to the higher rate, at least 1
  std::optional<int64_t> step_size_down{};  ///< the same as up when absent
  CyclicMode mode = CyclicMode::triangular;
  double gamma = 1;  ///< exp_range: factor a step
  bool cycle_momentum = true;
  double base_momentum = 0.8;
  double max_momentum = 0.9;
  void visit(Visitor& v);
};

class CyclicLR : public ScheduleOf<CyclicLR, CyclicLROptions> {
 public:
  static constexpr std::string_view type = "CyclicLR";
  using ScheduleOf::ScheduleOf;
  explicit CyclicLR(Optimizer& optimizer, Options o = {}) : CyclicLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  std::optional<double> momentum() const override;
  static void check_options(const CyclicLROptions& o);

 private:
  double height() const;  // s
};

extern template class ScheduleOf<CyclicLR, CyclicLROptions>;

}  // namespace tare::optim
