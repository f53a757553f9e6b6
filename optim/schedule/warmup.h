// Schedules for long runs that begin with a linear warm-up. b: the base, t: steps done, W: warmup_steps.
//
//   WarmupStableDecayLR (Hu et al., 2024, MiniCPM, arXiv:2404.06395; Haegele et al., 2024, arXiv:2405.18392, for the shape 1 - sqrt):
//       b (t + 1) / W, then b for stable_steps, then from b to min_factor b in decay_steps by `decay`, x from 0 to 1 over them:
//       linear 1 - x | cosine (1 + cos(pi x)) / 2 | sqrt 1 - sqrt(x) | exponential min_factor^x
//   InverseSqrtLR (Vaswani et al., 2017, arXiv:1706.03762):  b min((t + 1) / W, sqrt(W / (t + 1)))
//   ExploreExploitLR (Wright and Demeure, 2021, arXiv:2106.13731, Ranger21's own schedule), step s = t + 1 of T, D = floor(T start):
//       b min(1, s / W); from s = D on, in its place, b - (b - min_lr) min(1, (s + 1 - D) / (T - D + 1))
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

enum class DecayShape { linear, cosine, sqrt, exponential };

struct WarmupStableDecayLROptions {
  int64_t warmup_steps = 0;
  int64_t stable_steps = 0;
  int64_t decay_steps = 100;
  double min_factor = 0;  ///< in [0, 1]; exponential needs it positive
  DecayShape decay = DecayShape::linear;
  void visit(Visitor& v);
};

class WarmupStableDecayLR : public ScheduleOf<WarmupStableDecayLR, WarmupStableDecayLROptions> {
 public:
  static constexpr std::string_view type = "WarmupStableDecayLR";
  using ScheduleOf::ScheduleOf;
  explicit WarmupStableDecayLR(Optimizer& optimizer, Options o = {}) : WarmupStableDecayLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const WarmupStableDecayLROptions& o);
};

struct InverseSqrtLROptions {
  int64_t warmup_steps = 4000;  ///< at least 1
  void visit(Visitor& v);
};

class InverseSqrtLR : public ScheduleOf<InverseSqrtLR, InverseSqrtLROptions> {
 public:
  static constexpr std::string_view type = "InverseSqrtLR";
  using ScheduleOf::ScheduleOf;
  explicit InverseSqrtLR(Optimizer& optimizer, Options o = {}) : InverseSqrtLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const InverseSqrtLROptions& o);
};

struct ExploreExploitLROptions {
  int64_t total_steps = 100;
  int64_t warmup_steps = 0;    ///< 0: none
  double warmdown_start = 0.72;  ///< part of the steps before the rate falls
  double min_lr = 3e-5;
  void visit(Visitor& v);
};

class ExploreExploitLR : public ScheduleOf<ExploreExploitLR, ExploreExploitLROptions> {
 public:
  static constexpr std::string_view type = "ExploreExploitLR";
  using ScheduleOf::ScheduleOf;
  explicit ExploreExploitLR(Optimizer& optimizer, Options o = {}) : ExploreExploitLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const ExploreExploitLROptions& o);
};

/// Ranger21's rate at step s = 1, 2, ...
double explore_exploit(double base, int64_t s, int64_t total, int64_t warmup, std::optional<double> warmdown_start, double min_lr);

extern template class ScheduleOf<WarmupStableDecayLR, WarmupStableDecayLROptions>;
extern template class ScheduleOf<InverseSqrtLR, InverseSqrtLROptions>;
extern template class ScheduleOf<ExploreExploitLR, ExploreExploitLROptions>;

}  // namespace tare::optim
