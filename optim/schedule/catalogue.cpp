// The one visible table of schedules: type and one sentence. Sorted by name.
#include "optim/schedule/catalogue.h"

#include "optim/schedule/compose.h"
#include "optim/schedule/cosine.h"
#include "optim/schedule/cyclic.h"
#include "optim/schedule/decay.h"
#include "optim/schedule/one_cycle.h"
#include "optim/schedule/plateau.h"
#include "optim/schedule/ramp.h"
#include "optim/schedule/warmup.h"

namespace tare::optim {
namespace {

template <class S>
constexpr ScheduleRow schedule_row(std::string_view description) {
  return {S::type, &S::create, description};
}

const ScheduleRow kSchedules[] = {
    schedule_row<ChainedScheduler>("Several schedules at once: their factors multiply."),
    schedule_row<ConstantLR>("A fraction of the rate for a number of steps."),
    schedule_row<CosineAnnealingLR>("Half a cosine down, and up again beyond."),
    schedule_row<CosineAnnealingWarmRestarts>("Half cosines, each followed by a restart."),
    schedule_row<CyclicLR>("Up and down between two rates, momentum the other way."),
    schedule_row<ExploreExploitLR>("Ranger21's: linear warm-up, flat, linear warm-down."),
    schedule_row<ExponentialLR>("A constant factor every step."),
    schedule_row<InverseSqrtLR>("Linear warm-up, then falling with the root of the step."),
    schedule_row<LambdaLR>("A table of factors of the first rate."),
    schedule_row<LinearLR>("Linear from one factor to another."),
    schedule_row<MultiStepLR>("A factor at each milestone."),
    schedule_row<MultiplicativeLR>("A table of factors, one a step."),
    schedule_row<OneCycleLR>("One rise to the largest rate and a long fall, momentum the other way."),
    schedule_row<PolynomialLR>("A power of the remaining part of the steps."),
    schedule_row<ReduceLROnPlateau>("A factor whenever a metric stops improving."),
    schedule_row<SWALR>("From the rate to the constant one of weight averaging."),
    schedule_row<SequentialLR>("One schedule after another."),
    schedule_row<StepLR>("A factor every so many steps."),
    schedule_row<WarmupCosineLR>("Linear warm-up, then half a cosine."),
    schedule_row<WarmupStableDecayLR>("Linear warm-up, flat, then a decay of a chosen shape."),
};

}  // namespace

std::span<const ScheduleRow> schedule_catalogue() { return kSchedules; }

std::unique_ptr<Schedule> build_schedule(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_object(), path, ": expected an object with a \"type\" but found ", json.kind());
  const std::string& type = json.at("type", path).as_string(path + ".type");
  std::vector<std::string_view> names;
  for (const ScheduleRow& r : kSchedules) {
    names.push_back(r.name);
    if (r.name != type) continue;
    std::unique_ptr<Schedule> s = r.create(json, path);
    if (const Json* base = json.find("base_lr"); base && !base->is_null()) s->base_lr = base->as_double(path + ".base_lr");
    if (const Json* option = json.find("option")) s->option = option->as_string(path + ".option");
    return s;
  }
  std::string near = nearest(type, names.data(), names.size());
  throw ConfigError(text(path, ".type: unknown schedule \"", type, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

}  // namespace tare::optim
