#include "optim/schedule/cosine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tare::optim {
namespace {

double cosine_between(double high, double low, double x) { return low + (high - low) * (1 + std::cos(std::numbers::pi * x)) / 2; }

}  // namespace

void CosineAnnealingLROptions::visit(Visitor& v) {
  v.option("T_max", T_max);
  v.option("eta_min", eta_min);
}
void CosineAnnealingLR::check_options(const CosineAnnealingLROptions& o) {
  check<ConfigError>(o.T_max >= 1, "CosineAnnealingLR: T_max must be at least 1, not ", o.T_max);
}
double CosineAnnealingLR::value(double base) const { return cosine_between(base, options_.eta_min, double(t_) / double(options_.T_max)); }

void CosineAnnealingWarmRestartsOptions::visit(Visitor& v) {
  v.option("T_0", T_0);
  v.option("T_mult", T_mult);
  v.option("eta_min", eta_min);
}
void CosineAnnealingWarmRestarts::check_options(const CosineAnnealingWarmRestartsOptions& o) {
  check<ConfigError>(o.T_0 >= 1 && o.T_mult >= 1, "CosineAnnealingWarmRestarts: T_0 and T_mult must be at least 1, not ", o.T_0, " and ", o.T_mult);
}
double CosineAnnealingWarmRestarts::value(double base) const {
  int64_t length = options_.T_0, at = t_;
  if (options_.T_mult == 1) at %= length;
  while (at >= length) at -= length, length *= options_.T_mult;
  return cosine_between(base, options_.eta_min, double(at) / double(length));
}

void WarmupCosineLROptions::visit(Visitor& v) {
  v.option("warmup_steps", warmup_steps);
  v.option("total_steps", total_steps);
  v.option("eta_min", eta_min);
}
void WarmupCosineLR::check_options(const WarmupCosineLROptions& o) {
  check<ConfigError>(o.warmup_steps >= 0 && o.total_steps > o.warmup_steps, "WarmupCosineLR: expected 0 <= warmup_steps < total_steps, not ",
                     o.warmup_steps, " and ", o.total_steps);
}
double WarmupCosineLR::value(double base) const {
  int64_t w = options_.warmup_steps, total = options_.total_steps;
  if (t_ < w) return base * double(t_ + 1) / double(w);
  return cosine_between(base, options_.eta_min, double(std::min(t_, total) - w) / double(total - w));
}

template class ScheduleOf<CosineAnnealingLR, CosineAnnealingLROptions>;
template class ScheduleOf<CosineAnnealingWarmRestarts, CosineAnnealingWarmRestartsOptions>;
template class ScheduleOf<WarmupCosineLR, WarmupCosineLROptions>;

}  // namespace tare::optim
