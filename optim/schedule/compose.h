// Schedules made of schedules, as in PyTorch. Their parts stand under "schedulers", without a base_lr of their own.
//
//   SequentialLR:      up to step milestones[0] the first, then the second from its own t = 0, and so on; all with the same base
//   ChainedScheduler:  b times the product of every part's value over b
#pragma once

#include "optim/schedule/schedule.h"

namespace tare::optim {

/// Holds the parts by value.
class CompositeSchedule : public Schedule {
 public:
  explicit CompositeSchedule(std::vector<std::unique_ptr<Schedule>> parts, std::string_view who);
  std::vector<Schedule*> inner() override;
  bool needs_metric() const override;

 protected:
  std::vector<std::unique_ptr<Schedule>> copies() const;
  std::vector<std::unique_ptr<Schedule>> parts_;
};

class SequentialLR : public CompositeSchedule {
 public:
  static constexpr std::string_view type = "SequentialLR";
  /// One milestone fewer than parts, in increasing order.
  SequentialLR(std::vector<std::unique_ptr<Schedule>> parts, std::vector<int64_t> milestones);
  std::string_view type_name() const override { return type; }
  void visit_options(Visitor& v) override;
  double value(double base) const override;
  std::optional<double> momentum() const override;
  void advance(std::optional<double> metric) override;
  std::unique_ptr<Schedule> clone() const override;
  static std::unique_ptr<Schedule> create(const Json& json, const std::string& path);

 private:
  size_t active() const;
  std::vector<int64_t> milestones_;
};

class ChainedScheduler : public CompositeSchedule {
 public:
  static constexpr std::string_view type = "ChainedScheduler";
  explicit ChainedScheduler(std::vector<std::unique_ptr<Schedule>> parts);
  std::string_view type_name() const override { return type; }
  void visit_options(Visitor&) override {}
  double value(double base) const override;
  std::optional<double> momentum() const override;
  void advance(std::optional<double> metric) override;
  std::unique_ptr<Schedule> clone() const override;
  static std::unique_ptr<Schedule> create(const Json& json, const std::string& path);
};

/// sequential({5}, LinearLR{{...}}, CosineAnnealingLR{{...}}), chained(a, b): from schedules that are not bound yet.
template <class... S>
std::vector<std::unique_ptr<Schedule>> schedule_list(const S&... parts) {
  std::vector<std::unique_ptr<Schedule>> list;
  (list.push_back(parts.clone()), ...);
  return list;
}
template <class... S>
SequentialLR sequential(std::vector<int64_t> milestones, const S&... parts) {
  return SequentialLR(schedule_list(parts...), std::move(milestones));
}
template <class... S>
ChainedScheduler chained(const S&... parts) {
  return ChainedScheduler(schedule_list(parts...));
}

}  // namespace tare::optim
