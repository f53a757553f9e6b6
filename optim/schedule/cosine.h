// Cosine annealing, with warm restarts (SGDR: Stochastic Gradient Descent with Warm Restarts, Loshchilov and Hutter, 2017,
// arXiv:1608.03983), and after a warm-up. b: the base, t: steps done.
//
//   cosine(b, x) = eta_min + (b - eta_min) (1 + cos(pi x)) / 2
//
//   CosineAnnealingLR:            cosine(b, t / T_max), also beyond T_max, where it rises again
//   CosineAnnealingWarmRestarts:  cosine(b, T_cur / T_i), T_cur from 0 to T_i - 1 in cycle i; T_i = T_0 T_mult^i
//   WarmupCosineLR:               b (t + 1) / W for t < W, then cosine(b, (t - W) / (T - W)), and eta_min after T
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

struct CosineAnnealingLROptions {
  int64_t T_max = 10;  ///< half a period, at least 1
  double eta_min = 0;
  void visit(Visitor& v);
};

class CosineAnnealingLR : public ScheduleOf<CosineAnnealingLR, CosineAnnealingLROptions> {
 public:
  static constexpr std::string_view type = "CosineAnnealingLR";
  using ScheduleOf::ScheduleOf;
  explicit CosineAnnealingLR(Optimizer& optimizer, Options o = {}) : CosineAnnealingLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const CosineAnnealingLROptions& o);
};

struct CosineAnnealingWarmRestartsOptions {
  int64_t T_0 = 10;    ///< length of the first cycle, at least 1
  int64_t T_mult = 1;  ///< how much longer each cycle is than the one before, at least 1
  double eta_min = 0;
  void visit(Visitor& v);
};

class CosineAnnealingWarmRestarts : public ScheduleOf<CosineAnnealingWarmRestarts, CosineAnnealingWarmRestartsOptions> {
 public:
  static constexpr std::string_view type = "CosineAnnealingWarmRestarts";
  using ScheduleOf::ScheduleOf;
  explicit CosineAnnealingWarmRestarts(Optimizer& optimizer, Options o = {}) : CosineAnnealingWarmRestarts(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const CosineAnnealingWarmRestartsOptions& o);
};

struct WarmupCosineLROptions {
  int64_t warmup_steps = 0;   ///< W, at least 0
  int64_t total_steps = 100;  ///< T, more than W
  double eta_min = 0;
  void visit(Visitor& v);
};

class WarmupCosineLR : public ScheduleOf<WarmupCosineLR, WarmupCosineLROptions> {
 public:
  static constexpr std::string_view type = "WarmupCosineLR";
  using ScheduleOf::ScheduleOf;
  explicit WarmupCosineLR(Optimizer& optimizer, Options o = {}) : WarmupCosineLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const WarmupCosineLROptions& o);
};

extern template class ScheduleOf<CosineAnnealingLR, CosineAnnealingLROptions>;
extern template class ScheduleOf<CosineAnnealingWarmRestarts, CosineAnnealingWarmRestartsOptions>;
extern template class ScheduleOf<WarmupCosineLR, WarmupCosineLROptions>;

}  // namespace tare::optim
