#include "optim/schedule/one_cycle.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tare::optim {
namespace {

constexpr std::string_view kAnnealStrategies[] = {"cos", "linear"};

}  // namespace

void OneCycleLROptions::visit(Visitor& v) {
  v.option("max_lr", max_lr);
  v.option("total_steps", total_steps);
  v.option("epochs", epochs);
  v.option("steps_per_epoch", steps_per_epoch);
  v.option("pct_start", pct_start);
  v.option("anneal_strategy", anneal_strategy, kAnnealStrategies);
  v.option("cycle_momentum", cycle_momentum);
  v.option("base_momentum", base_momentum);
  v.option("max_momentum", max_momentum);
  v.option("div_factor", div_factor);
  v.option("final_div_factor", final_div_factor);
  v.option("three_phase", three_phase);
}

void OneCycleLR::check_options(const OneCycleLROptions& o) {
  check<ConfigError>(o.total_steps >= 1, "OneCycleLR: total_steps must be at least 1, not ", o.total_steps);
  check<ConfigError>(o.epochs == 0 ? o.steps_per_epoch == 0 : o.epochs > 0 && o.steps_per_epoch > 0,
                     "OneCycleLR: epochs and steps_per_epoch go together and are positive, not ", o.epochs, " and ", o.steps_per_epoch);
  check<ConfigError>(o.pct_start >= 0 && o.pct_start <= 1, "OneCycleLR: pct_start must be in [0, 1], not ", o.pct_start);
  check<ConfigError>(o.div_factor > 0 && o.final_div_factor > 0, "OneCycleLR: div_factor and final_div_factor must be positive, not ", o.div_factor,
                     " and ", o.final_div_factor);
}

double OneCycleLR::along(double first, double peak, double last) const {
  // The ends of the legs and the values there. Beyond the last step the last value stays.
  double total = double(options_.steps()), rise = options_.pct_start * total;
  double ends[4] = {0, rise - 1, options_.three_phase ? 2 * rise - 2 : total - 1, total - 1};
  double values[4] = {first, peak, options_.three_phase ? first : last, last};
  double t = std::min(double(t_), total - 1);
  int leg = 1;
  while (leg < 3 && t > ends[leg]) leg++;
  double length = ends[leg] - ends[leg - 1];
  double x = length > 0 ? (t - ends[leg - 1]) / length : 1;
  double from = values[leg - 1], to = values[leg];
  if (options_.anneal_strategy == AnnealStrategy::linear) return from + (to - from) * x;
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * x));
}

double OneCycleLR::value(double) const {
  double first = options_.max_lr / options_.div_factor;
  return along(first, options_.max_lr, first / options_.final_div_factor);
}

std::optional<double> OneCycleLR::momentum() const {
  if (!options_.cycle_momentum) return {};
  return along(options_.max_momentum, options_.base_momentum, options_.max_momentum);
}

template class ScheduleOf<OneCycleLR, OneCycleLROptions>;

}  // namespace tare::optim
