// Schedules that go from one rate to another in total_iters steps and stay there, as in PyTorch. b: the base, t: steps done, T: total_iters.
//
//   LinearLR:      b (start_factor + (end_factor - start_factor) min(t, T) / T)
//   ConstantLR:    b factor for t < T, then b
//   PolynomialLR:  b (1 - min(t, T) / T)^power
//   SWALR:         b + (swa_lr - b) x, x = min(t, T) / T, or (1 - cos(pi x)) / 2 of it; T: anneal_steps. To the constant rate of weight averaging
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< in (0, 1]
  double end_factor = 1;          ///< in [0, 1]
  int64_t total_iters = 5;        ///< at least 1
  void visit(Visitor& v);
};

class LinearLR : public ScheduleOf<LinearLR, LinearLROptions> {
 public:
  static constexpr std::string_view type = "LinearLR";
  using ScheduleOf::ScheduleOf;
  explicit LinearLR(Optimizer& optimizer, Options o = {}) : LinearLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const LinearLROptions& o);
};

struct ConstantLROptions {
  double factor = 1.0 / 3;  ///< in [0, 1]
  int64_t total_iters = 5;
  void visit(Visitor& v);
};

class ConstantLR : public ScheduleOf<ConstantLR, ConstantLROptions> {
 public:
  static constexpr std::string_view type = "ConstantLR";
  using ScheduleOf::ScheduleOf;
  explicit ConstantLR(Optimizer& optimizer, Options o = {}) : ConstantLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const ConstantLROptions& o);
};

struct PolynomialLROptions {
  int64_t total_iters = 5;  ///< at least 1
  double power = 1;
  void visit(Visitor& v);
};

class PolynomialLR : public ScheduleOf<PolynomialLR, PolynomialLROptions> {
 public:
  static constexpr std::string_view type = "PolynomialLR";
  using ScheduleOf::ScheduleOf;
  explicit PolynomialLR(Optimizer& optimizer, Options o = {}) : PolynomialLR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const PolynomialLROptions& o);
};

struct SWALROptions {
  double swa_lr = 0.05;  ///< at least 0
  int64_t anneal_steps = 10;  ///< 0: at once
  std::string anneal_strategy = "cos";  ///< or "linear"
  void visit(Visitor& v);
};

class SWALR : public ScheduleOf<SWALR, SWALROptions> {
 public:
  static constexpr std::string_view type = "SWALR";
  using ScheduleOf::ScheduleOf;
  explicit SWALR(Optimizer& optimizer, Options o = {}) : SWALR(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  static void check_options(const SWALROptions& o);
};

extern template class ScheduleOf<LinearLR, LinearLROptions>;
extern template class ScheduleOf<ConstantLR, ConstantLROptions>;
extern template class ScheduleOf<PolynomialLR, PolynomialLROptions>;
extern template class ScheduleOf<SWALR, SWALROptions>;

}  // namespace tare::optim
