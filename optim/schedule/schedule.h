// Schedule: an option of an optimizer (its learning rate) as a function of the number of steps.
//
// A schedule is bound to an option by path. It remembers the option's value in every group as that group's base, sets the first
// value at once and the next one after every step():
//
//   optim::AdamW opt(model.parameters(), {.lr = 1e-3});
//   optim::CosineAnnealingLR schedule(opt, {.T_max = 100});
//   for (...) { opt.step(loss); schedule.step(); }
//
// t counts the steps of the schedule done: optimizer step t = 0, 1, ... runs with value(base) at t. Values are computed from t (and, for
// ReduceLROnPlateau, a few counts), never by repeated multiplication, so that a schedule restored from its state continues bit for bit.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "optim/optimizer.h"

namespace tare::optim {

class Schedule {
 public:
  virtual ~Schedule();
  virtual std::string_view type_name() const = 0;
  virtual void visit_options(Visitor& v) = 0;
  /// Names the state: t, and what else value() depends on.
  virtual void visit_state(Visitor& v);
  /// The option's value now, in a group with this base.
  virtual double value(double base) const = 0;
  /// The momentum to set beside it (OneCycleLR, CyclicLR).
  virtual std::optional<double> momentum() const { return {}; }
  /// To the next t. `metric` is what ReduceLROnPlateau watches.
  virtual void advance(std::optional<double> metric);
  virtual std::unique_ptr<Schedule> clone() const = 0;
  /// The schedules inside this one.
  virtual std::vector<Schedule*> inner() { return {}; }

  // ---- for users

  /// Takes the present value of `option` in every group as its base (or base_lr where that is given) and sets the value at t = 0. Throws
  /// ConfigError when the optimizer has no such option; an option of a wrapper's base is found below it.
  void bind(Optimizer& optimizer);
  /// To the next value. Call it after optimizer.step(). Throws StateError when unbound, or when this schedule needs a metric.
  void step();
  /// The same, with the metric a ReduceLROnPlateau watches.
  void step(double metric);
  /// The value for base_lr, for a schedule that stands alone (plots). Throws ConfigError without a base_lr where it is needed.
  double rate() const;
  int64_t t() const { return t_; }
  virtual bool needs_metric() const { return false; }
  /// Whether the value depends on the base at all.
  virtual bool needs_base() const { return true; }

  /// {"type", options...}: what it is, without state.
  Json describe();
  /// The same with "state".
  Json to_json();
  /// Restores state written by to_json. The optimizer's options are restored by its own load_state; bind first.
  void load_state(const Json& json, const std::string& path = "schedule");

  std::string option = "lr";      ///< path of the scheduled option
  std::optional<double> base_lr;  ///< in place of the option's value at bind()

 protected:
  int64_t t_ = 0;

 private:
  void set_values();
  void require_bound() const;
  Json state_json();
  void load_state_json(const Json& json, const std::string& path);

  Optimizer* optimizer_ = nullptr;
  std::vector<std::string> paths_;           // where the option is, below wrappers and chains
  std::vector<std::string> momentum_paths_;
  std::vector<double> bases_;                // by path and group
};

/// What every schedule shares: options, copying, JSON. A constructor that binds is Self's own: bind() needs the whole object.
template <class Self, class OptionsType>
class ScheduleOf : public Schedule {
 public:
  using Options = OptionsType;
  explicit ScheduleOf(Options o = {}) : options_(std::move(o)) { Self::check_options(options_); }
  std::string_view type_name() const override { return Self::type; }
  void visit_options(Visitor& v) override { options_.visit(v); }
  std::unique_ptr<Schedule> clone() const override {
    auto copy = std::make_unique<Self>(options_);
    copy->option = option, copy->base_lr = base_lr;
    return copy;
  }
  const Options& options() const { return options_; }
  static std::unique_ptr<Schedule> create(const Json& json, const std::string& path) {
    Options o{};
    options_from_json(o, json, path, {"type", "option", "base_lr", "state"});
    return std::make_unique<Self>(std::move(o));
  }
  /// Shadowed by schedules that have something to check.
  static void check_options(const Options&) {}

 protected:
  Options options_;
};

}  // namespace tare::optim
