#include "optim/schedule/decay.h"

#include <algorithm>
#include <cmath>

namespace tare::optim {

void StepLROptions::visit(Visitor& v) {
  v.option("step_size", step_size);
  v.option("gamma", gamma);
}
void StepLR::check_options(const StepLROptions& o) {
  check<ConfigError>(o.step_size >= 1, "StepLR: step_size must be at least 1, not ", o.step_size);
}
double StepLR::value(double base) const { return base * std::pow(options_.gamma, double(t_ / options_.step_size)); }

void MultiStepLROptions::visit(Visitor& v) {
  v.option("milestones", milestones);
  v.option("gamma", gamma);
}
double MultiStepLR::value(double base) const {
  auto passed = std::count_if(options_.milestones.begin(), options_.milestones.end(), [this](int64_t m) { return m <= t_; });
  return base * std::pow(options_.gamma, double(passed));
}

void ExponentialLROptions::visit(Visitor& v) { v.option("gamma", gamma); }
double ExponentialLR::value(double base) const { return base * std::pow(options_.gamma, double(t_)); }

void LambdaLROptions::visit(Visitor& v) { v.option("table", table); }
void LambdaLR::check_options(const LambdaLROptions& o) { check<ConfigError>(!o.table.empty(), "LambdaLR: table needs at least one factor"); }
double LambdaLR::value(double base) const { return base * options_.table[size_t(std::min(t_, int64_t(options_.table.size()) - 1))]; }

void MultiplicativeLROptions::visit(Visitor& v) { v.option("table", table); }
void MultiplicativeLR::check_options(const MultiplicativeLROptions& o) {
  check<ConfigError>(!o.table.empty(), "MultiplicativeLR: table needs at least one factor");
}
double MultiplicativeLR::value(double base) const {
  const auto& table = options_.table;
  int64_t listed = std::min(t_, int64_t(table.size()));
  for (int64_t i = 0; i < listed; i++) base *= table[size_t(i)];
  return base * std::pow(table.back(), double(t_ - listed));
}

template class ScheduleOf<StepLR, StepLROptions>;
template class ScheduleOf<MultiStepLR, MultiStepLROptions>;
template class ScheduleOf<ExponentialLR, ExponentialLROptions>;
template class ScheduleOf<MultiplicativeLR, MultiplicativeLROptions>;
template class ScheduleOf<LambdaLR, LambdaLROptions>;

}  // namespace tare::optim
