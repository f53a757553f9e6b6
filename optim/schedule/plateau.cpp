#include "optim/schedule/plateau.h"

#include <algorithm>

namespace tare::optim {
namespace {

constexpr std::string_view kPlateauModes[] = {"min", "max"};
constexpr std::string_view kThresholdModes[] = {"rel", "abs"};

}  // namespace

void ReduceLROnPlateauOptions::visit(Visitor& v) {
  v.option("mode", mode, kPlateauModes);
  v.option("factor", factor);
  v.option("patience", patience);
  v.option("threshold", threshold);
  v.option("threshold_mode", threshold_mode, kThresholdModes);
  v.option("cooldown", cooldown);
  v.option("min_lr", min_lr);
  v.option("eps", eps);
}

void ReduceLROnPlateau::check_options(const ReduceLROnPlateauOptions& o) {
  check<ConfigError>(o.factor > 0 && o.factor < 1, "ReduceLROnPlateau: factor must be in (0, 1), not ", o.factor);
  check<ConfigError>(o.patience >= 0 && o.cooldown >= 0, "ReduceLROnPlateau: patience and cooldown must be at least 0, not ", o.patience, " and ",
                     o.cooldown);
}

void ReduceLROnPlateau::visit_state(Visitor& v) {
  Schedule::visit_state(v);
  v.state("best", best_);
  v.state("bad", bad_);
  v.state("cooldown_left", cooldown_left_);
  v.state("reductions", reductions_);
}

bool ReduceLROnPlateau::better(double m) const {
  if (t_ == 0) return true;
  const auto& o = options_;
  double sign = o.mode == PlateauMode::min ? -1 : 1;
  double wanted = o.threshold_mode == ThresholdMode::rel ? best_ * (1 + sign * o.threshold) : best_ + sign * o.threshold;
  return o.mode == PlateauMode::min ? m < wanted : m > wanted;
}

void ReduceLROnPlateau::advance(std::optional<double> metric) {
  check<StateError>(metric.has_value(), "ReduceLROnPlateau watches a metric: call step(metric)");
  if (better(*metric)) best_ = *metric, bad_ = 0;
  else bad_++;
  if (cooldown_left_ > 0) cooldown_left_--, bad_ = 0;
  if (bad_ > options_.patience) reductions_++, cooldown_left_ = options_.cooldown, bad_ = 0;
  t_++;
}

double ReduceLROnPlateau::value(double lr) const {
  for (int64_t i = 0; i < reductions_; i++) {
    double lower = std::max(lr * options_.factor, options_.min_lr);
    if (lr - lower <= options_.eps) break;  // and so for every later reduction
    lr = lower;
  }
  return lr;
}

template class ScheduleOf<ReduceLROnPlateau, ReduceLROnPlateauOptions>;

}  // namespace tare::optim
