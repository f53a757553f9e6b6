#include "optim/schedule/cyclic.h"

#include <cmath>

namespace tare::optim {
namespace {

constexpr std::string_view kCyclicModes[] = {"triangular", "triangular2", "exp_range"};

}  // namespace

void CyclicLROptions::visit(Visitor& v) {
  v.option("max_lr", max_lr);
  v.option("step_size_up", step_size_up);
  v.option("step_size_down", step_size_down);
  v.option("mode", mode, kCyclicModes);
  v.option("gamma", gamma);
  v.option("cycle_momentum", cycle_momentum);
  v.option("base_momentum", base_momentum);
  v.option("max_momentum", max_momentum);
}

void CyclicLR::check_options(const CyclicLROptions& o) {
  check<ConfigError>(o.step_size_up >= 1, "CyclicLR: step_size_up must be at least 1, not ", o.step_size_up);
  check<ConfigError>(o.step_size_down.value_or(1) >= 1, "CyclicLR: step_size_down must be at least 1, not ", o.step_size_down.value_or(1));
}

double CyclicLR::height() const {
  double up = double(options_.step_size_up), down = double(options_.step_size_down.value_or(options_.step_size_up));
  double cycle = std::floor(1 + double(t_) / (up + down)), x = 1 + double(t_) / (up + down) - cycle, peak = up / (up + down);
  double s = x <= peak ? x / peak : (1 - x) / (1 - peak);
  switch (options_.mode) {
    case CyclicMode::triangular2: return s * std::pow(2.0, 1 - cycle);
    case CyclicMode::exp_range: return s * std::pow(options_.gamma, double(t_));
    default: return s;
  }
}

double CyclicLR::value(double base) const { return base + (options_.max_lr - base) * height(); }

std::optional<double> CyclicLR::momentum() const {
  if (!options_.cycle_momentum) return {};
  return options_.max_momentum - (options_.max_momentum - options_.base_momentum) * height();
}

template class ScheduleOf<CyclicLR, CyclicLROptions>;

}  // namespace tare::optim
