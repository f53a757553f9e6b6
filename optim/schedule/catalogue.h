// The catalogue of schedules, by name.
#pragma once

#include <span>

#include "optim/schedule/schedule.h"

namespace tare::optim {

struct ScheduleRow {
  std::string_view name;
  std::unique_ptr<Schedule> (*create)(const Json& json, const std::string& path);
  std::string_view description;  ///< one sentence
};

std::span<const ScheduleRow> schedule_catalogue();
/// Builds an unbound schedule from {"type", options..., "base_lr", "option"}. Throws ConfigError with the nearest name for an unknown type.
std::unique_ptr<Schedule> build_schedule(const Json& json, const std::string& path = "schedule");

}  // namespace tare::optim
