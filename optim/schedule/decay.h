// Schedules that multiply the rate at certain steps, as in PyTorch. b: the base, t: steps done.
//
//   StepLR:            b gamma^floor(t / step_size)
//   MultiStepLR:       b gamma^(number of milestones <= t); a milestone listed twice counts twice
//   ExponentialLR:     b gamma^t
//   LambdaLR:          b table[t]; the last entry stays
//   MultiplicativeLR:  b table[0] table[1] ... table[t-1]; the last entry repeats
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

struct StepLROptions {
  int64_t step_size = 30;  ///< at least 1
  double gamma = 0.1;
  void visit(Visitor& v);
};

class StepLR : public ScheduleOf<StepLR, StepLROptions> {
 public:
  static constexpr std::string_view type = "StepLR";
  using ScheduleOf::ScheduleOf;
  explicit StepLR(Optimizer& optimizer, Options o = {}) : StepLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const StepLROptions& o);
};

struct MultiStepLROptions {
  std::vector<int64_t> milestones{};
  double gamma = 0.1;
  void visit(Visitor& v);
};

class MultiStepLR : public ScheduleOf<MultiStepLR, MultiStepLROptions> {
 public:
  static constexpr std::string_view type = "MultiStepLR";
  using ScheduleOf::ScheduleOf;
  explicit MultiStepLR(Optimizer& optimizer, Options o = {}) : MultiStepLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
};

struct ExponentialLROptions {
  double gamma = 0.95;
  void visit(Visitor& v);
};

class ExponentialLR : public ScheduleOf<ExponentialLR, ExponentialLROptions> {
 public:
  static constexpr std::string_view type = "ExponentialLR";
  using ScheduleOf::ScheduleOf;
  explicit ExponentialLR(Optimizer& optimizer, Options o = {}) : ExponentialLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
};

struct LambdaLROptions {
  std::vector<double> table = {1};  ///< factors of the base, at least one: the values of PyTorch's lr_lambda
  void visit(Visitor& v);
};

class LambdaLR : public ScheduleOf<LambdaLR, LambdaLROptions> {
 public:
  static constexpr std::string_view type = "LambdaLR";
  using ScheduleOf::ScheduleOf;
  explicit LambdaLR(Optimizer& optimizer, Options o = {}) : LambdaLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const LambdaLROptions& o);
};

struct MultiplicativeLROptions {
  std::vector<double> table = {0.95};  ///< factors, at least one
  void visit(Visitor& v);
};

class MultiplicativeLR : public ScheduleOf<MultiplicativeLR, MultiplicativeLROptions> {
 public:
  static constexpr std::string_view type = "MultiplicativeLR";
  using ScheduleOf::ScheduleOf;
  explicit MultiplicativeLR(Optimizer& optimizer, Options o = {}) : MultiplicativeLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const MultiplicativeLROptions& o);
};

extern template class ScheduleOf<StepLR, StepLROptions>;
extern template class ScheduleOf<MultiStepLR, MultiStepLROptions>;
extern template class ScheduleOf<ExponentialLR, ExponentialLROptions>;
extern template class ScheduleOf<MultiplicativeLR, MultiplicativeLROptions>;
extern template class ScheduleOf<LambdaLR, LambdaLROptions>;

}  // namespace tare::optim
