#include "optim/schedule/warmup.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tare::optim {
namespace {

constexpr std::string_view kDecayShapes[] = {"linear", "cosine", "sqrt", "exponential"};

}  // namespace

void WarmupStableDecayLROptions::visit(Visitor& v) {
  v.option("warmup_steps", warmup_steps);
  v.option("stable_steps", stable_steps);
  v.option("decay_steps", decay_steps);
  v.option("min_factor", min_factor);
  v.option("decay", decay, kDecayShapes);
}

void WarmupStableDecayLR::check_options(const WarmupStableDecayLROptions& o) {
  check<ConfigError>(o.warmup_steps >= 0 && o.stable_steps >= 0 && o.decay_steps >= 1,
                     "WarmupStableDecayLR: expected warmup_steps and stable_steps of at least 0 and decay_steps of at least 1, not ", o.warmup_steps, ", ",
                     o.stable_steps, " and ", o.decay_steps);
  check<ConfigError>(o.min_factor >= 0 && o.min_factor <= 1, "WarmupStableDecayLR: min_factor must be in [0, 1], not ", o.min_factor);
  check<ConfigError>(o.decay != DecayShape::exponential || o.min_factor > 0, "WarmupStableDecayLR: an exponential decay never reaches min_factor 0");
}

double WarmupStableDecayLR::value(double base) const {
  const auto& o = options_;
  if (t_ < o.warmup_steps) return base * double(t_ + 1) / double(o.warmup_steps);
  double x = std::clamp(double(t_ - o.warmup_steps - o.stable_steps) / double(o.decay_steps), 0.0, 1.0);
  double left = 1 - x;
  if (o.decay == DecayShape::exponential) return base * std::pow(o.min_factor, x);
  if (o.decay == DecayShape::cosine) left = (1 + std::cos(std::numbers::pi * x)) / 2;
  if (o.decay == DecayShape::sqrt) left = 1 - std::sqrt(x);
  return base * (o.min_factor + (1 - o.min_factor) * left);
}

void InverseSqrtLROptions::visit(Visitor& v) { v.option("warmup_steps", warmup_steps); }
void InverseSqrtLR::check_options(const InverseSqrtLROptions& o) {
  check<ConfigError>(o.warmup_steps >= 1, "InverseSqrtLR: warmup_steps must be at least 1, not ", o.warmup_steps);
}
double InverseSqrtLR::value(double base) const {
  double s = double(t_ + 1), w = double(options_.warmup_steps);
  return base * std::min(s / w, std::sqrt(w / s));
}

void ExploreExploitLROptions::visit(Visitor& v) {
  v.option("total_steps", total_steps);
  v.option("warmup_steps", warmup_steps);
  v.option("warmdown_start", warmdown_start);
  v.option("min_lr", min_lr);
}
void ExploreExploitLR::check_options(const ExploreExploitLROptions& o) {
  check<ConfigError>(o.total_steps >= 1 && o.warmup_steps >= 0, "ExploreExploitLR: total_steps must be at least 1 and warmup_steps at least 0, not ",
                     o.total_steps, " and ", o.warmup_steps);
  check<ConfigError>(o.warmdown_start >= 0 && o.warmdown_start <= 1, "ExploreExploitLR: warmdown_start must be in [0, 1], not ", o.warmdown_start);
}
double ExploreExploitLR::value(double base) const {
  return explore_exploit(base, t_ + 1, options_.total_steps, options_.warmup_steps, options_.warmdown_start, options_.min_lr);
}

double explore_exploit(double base, int64_t s, int64_t total, int64_t warmup, std::optional<double> warmdown_start, double min_lr) {
  if (warmdown_start) {
    int64_t start = int64_t(*warmdown_start * double(total));
    if (s >= start) return base - (base - min_lr) * std::min(1.0, double(s + 1 - start) / double(total - start + 1));
  }
  return s <= warmup ? base * std::min(1.0, double(s) / double(warmup)) : base;
}

template class ScheduleOf<WarmupStableDecayLR, WarmupStableDecayLROptions>;
template class ScheduleOf<InverseSqrtLR, InverseSqrtLROptions>;
template class ScheduleOf<ExploreExploitLR, ExploreExploitLROptions>;

}  // namespace tare::optim
