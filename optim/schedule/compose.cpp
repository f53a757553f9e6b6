#include "optim/schedule/compose.h"

#include <algorithm>

#include "optim/schedule/catalogue.h"

namespace tare::optim {
namespace {

std::vector<std::unique_ptr<Schedule>> parts_from_json(const Json& json, const std::string& path, std::string_view own_key) {
  for (auto& [key, value] : json.as_object(path))
    if (key != "type" && key != "option" && key != "base_lr" && key != "state" && key != "schedulers" && key != own_key)
      unknown_key(path, key, {"schedulers", std::string(own_key)});
  std::vector<std::unique_ptr<Schedule>> parts;
  auto& list = json.at("schedulers", path).as_array(path + ".schedulers");
  for (size_t i = 0; i < list.size(); i++) parts.push_back(build_schedule(list[i], text(path, ".schedulers.", i)));
  return parts;
}

}  // namespace

CompositeSchedule::CompositeSchedule(std::vector<std::unique_ptr<Schedule>> parts, std::string_view who) : parts_(std::move(parts)) {
  check<ConfigError>(!parts_.empty(), who, ": it needs at least one schedule in \"schedulers\"");
}

std::vector<Schedule*> CompositeSchedule::inner() {
  std::vector<Schedule*> out;
  for (auto& p : parts_) out.push_back(p.get());
  return out;
}

bool CompositeSchedule::needs_metric() const {
  return std::any_of(parts_.begin(), parts_.end(), [](auto& p) { return p->needs_metric(); });
}

std::vector<std::unique_ptr<Schedule>> CompositeSchedule::copies() const {
  std::vector<std::unique_ptr<Schedule>> out;
  for (auto& p : parts_) out.push_back(p->clone());
  return out;
}

SequentialLR::SequentialLR(std::vector<std::unique_ptr<Schedule>> parts, std::vector<int64_t> milestones)
    : CompositeSchedule(std::move(parts), type), milestones_(std::move(milestones)) {
  check<ConfigError>(milestones_.size() + 1 == parts_.size(), "SequentialLR: ", parts_.size(), " schedules need ", parts_.size() - 1, " milestones, not ",
                     milestones_.size());
  for (size_t i = 0; i < milestones_.size(); i++)
    check<ConfigError>(milestones_[i] > (i ? milestones_[i - 1] : 0), "SequentialLR: milestones must be positive and increasing");
}

void SequentialLR::visit_options(Visitor& v) { v.option("milestones", milestones_); }
size_t SequentialLR::active() const { return size_t(std::upper_bound(milestones_.begin(), milestones_.end(), t_) - milestones_.begin()); }
double SequentialLR::value(double base) const { return parts_[active()]->value(base); }
std::optional<double> SequentialLR::momentum() const { return parts_[active()]->momentum(); }

void SequentialLR::advance(std::optional<double> metric) {
  size_t before = active();
  t_++;
  if (active() == before) parts_[before]->advance(metric);  // a part that begins stands at its t = 0
}

std::unique_ptr<Schedule> SequentialLR::clone() const {
  auto copy = std::make_unique<SequentialLR>(copies(), milestones_);
  copy->option = option, copy->base_lr = base_lr;
  return copy;
}

std::unique_ptr<Schedule> SequentialLR::create(const Json& json, const std::string& path) {
  auto parts = parts_from_json(json, path, "milestones");
  std::vector<int64_t> milestones;
  for (auto& m : json.at("milestones", path).as_array(path + ".milestones")) milestones.push_back(m.as_int(path + ".milestones"));
  return std::make_unique<SequentialLR>(std::move(parts), std::move(milestones));
}

ChainedScheduler::ChainedScheduler(std::vector<std::unique_ptr<Schedule>> parts) : CompositeSchedule(std::move(parts), type) {}

double ChainedScheduler::value(double base) const {
  if (base == 0) return 0;
  double out = base;
  for (auto& p : parts_) out *= p->value(base) / base;
  return out;
}

std::optional<double> ChainedScheduler::momentum() const {
  std::optional<double> last;
  for (auto& p : parts_)
    if (auto m = p->momentum()) last = m;
  return last;
}

void ChainedScheduler::advance(std::optional<double> metric) {
  t_++;
  for (auto& p : parts_) p->advance(metric);
}

std::unique_ptr<Schedule> ChainedScheduler::clone() const {
  auto copy = std::make_unique<ChainedScheduler>(copies());
  copy->option = option, copy->base_lr = base_lr;
  return copy;
}

std::unique_ptr<Schedule> ChainedScheduler::create(const Json& json, const std::string& path) {
  return std::make_unique<ChainedScheduler>(parts_from_json(json, path, "schedulers"));
}

}  // namespace tare::optim
