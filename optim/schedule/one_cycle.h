// Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (Smith and Topin, 2018, arXiv:1708.07120), as in
// PyTorch. T = total_steps; the legs end at the steps given:
//
//   rate       max_lr / div_factor -> max_lr at pct_start T - 1 -> max_lr / (div_factor final_div_factor) at T - 1
//   momentum   max_momentum -> base_momentum -> max_momentum at the same steps
//
// three_phase: a second leg back to the first rate at 2 pct_start T - 2, then a third down to the last; momentum stays high there.
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

enum class AnnealStrategy { cos, linear };

struct OneCycleLROptions {
  double max_lr = 0.1;
  int64_t total_steps = 100;  ///< at least 1
  int64_t epochs = 0;         ///< with steps_per_epoch, in place of total_steps: their product
  int64_t steps_per_epoch = 0;
  double pct_start = 0.3;     ///< part of the steps spent rising, in [0, 1]
  AnnealStrategy anneal_strategy = AnnealStrategy::cos;
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;
  void visit(Visitor& v);
  int64_t steps() const { return epochs > 0 ? epochs * steps_per_epoch : total_steps; }
};

class OneCycleLR : public ScheduleOf<OneCycleLR, OneCycleLROptions> {
 public:
  static constexpr std::string_view type = "OneCycleLR";
  using ScheduleOf::ScheduleOf;
  explicit OneCycleLR(Optimizer& optimizer, Options o = {}) : OneCycleLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  bool needs_base() const override { return false; }
  std::optional<double> momentum() const override;
  static void check_options(const OneCycleLROptions& o);

 private:
  double along(double first, double peak, double last) const;
};

extern template class ScheduleOf<OneCycleLR, OneCycleLROptions>;

}  // namespace tare::optim
