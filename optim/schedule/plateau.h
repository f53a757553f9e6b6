// Reduce on plateau, as in PyTorch: when a metric has stopped improving, lower the rate.
//
//   better:  m < best (1 - threshold) (min, rel)  m < best - threshold (min, abs)  m > best (1 + threshold), best + threshold (max)
//   1. better: best <- m, bad <- 0; otherwise bad <- bad + 1. The first metric is always better.
//   2. in cooldown: cooldown <- cooldown - 1, bad <- 0
//   3. bad > patience: lr <- max(lr factor, min_lr) where that changes it by more than eps; cooldown starts, bad <- 0
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

enum class PlateauMode { min, max };
enum class ThresholdMode { rel, abs };

struct ReduceLROnPlateauOptions {
  PlateauMode mode = PlateauMode::min;
  double factor = 0.1;  ///< in (0, 1)
  int64_t patience = 10;
  double threshold = 1e-4;
  ThresholdMode threshold_mode = ThresholdMode::rel;
  int64_t cooldown = 0;
  double min_lr = 0;
  double eps = 1e-8;
  void visit(Visitor& v);
};

class ReduceLROnPlateau : public ScheduleOf<ReduceLROnPlateau, ReduceLROnPlateauOptions> {
 public:
  static constexpr std::string_view type = "ReduceLROnPlateau";
  using ScheduleOf::ScheduleOf;
  explicit ReduceLROnPlateau(Optimizer& optimizer, Options o = {}) : ReduceLROnPlateau(std::move(o)) { bind(optimizer); }
  double value(double base) const override;
  void advance(std::optional<double> metric) override;
  void visit_state(Visitor& v) override;
  bool needs_metric() const override { return true; }
  static void check_options(const ReduceLROnPlateauOptions& o);

 private:
  bool better(double metric) const;
  double best_ = 0;
  int64_t bad_ = 0, cooldown_left_ = 0, reductions_ = 0;
};

extern template class ScheduleOf<ReduceLROnPlateau, ReduceLROnPlateauOptions>;

}  // namespace tare::optim
