// tare schedule: the rates of a schedule, step by step, as a table and as a picture.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli.h"
#include "core/atomic_file.h"
#include "examples/cli/config.h"
#include "examples/cli/page.h"
#include "examples/cli/text_table.h"
#include "optim/catalogue.h"
#include "optim/schedule/catalogue.h"

namespace tare::cli {
namespace {

/// The largest integer anywhere in the options.
int64_t largest(const Json& json) {
  if (json.is_int()) return json.as_int();
  int64_t most = 0;
  if (json.is_array())
    for (const Json& item : json.as_array()) most = std::max(most, largest(item));
  if (json.is_object())
    for (auto& [key, value] : json.as_object()) most = std::max(most, largest(value));
  return most;
}

/// As many steps as the schedule speaks of: its whole length where it has one, otherwise four times its longest part.
int64_t horizon(const Json& schedule) {
  int64_t parts = 0;
  for (const char* key : {"warmup_steps", "stable_steps", "decay_steps"})
    if (const Json* v = schedule.find(key); v && v->is_int()) parts += v->as_int();
  for (const char* key : {"total_steps", "T_max", "total_iters"})
    if (const Json* v = schedule.find(key); v && v->is_int()) return std::max(v->as_int(), parts);
  return schedule.contains("decay_steps") ? parts : std::clamp<int64_t>(4 * largest(schedule), 100, 1000000);
}

/// The rate the optimizer of a training config starts with.
double rate_of(const Json& optimizer) {
  auto made = optim::build(optimizer, "optimizer");
  for (const char* path : {"lr", "base.lr"})
    try {
      return made->get(path).as_double("optimizer.lr");
    } catch (const ConfigError&) {
    }
  throw ConfigError("schedule: the optimizer has no lr; give the schedule a \"base_lr\"");
}

}  // namespace

int run_schedule(const ScheduleOptions& o) {
  Json document = Json::read_file(o.config);
  for (const std::string& change : o.set) apply_set(document, change);
  bool training = document.contains("optimizer") || document.contains("schedule");
  Json json = training ? document.at("schedule", o.config) : document;
  check<ConfigError>(!json.is_null(), o.config, ": the config has no schedule");
  if (json.is_string()) json = Json(Json::Object{{"type", json}});
  auto schedule = optim::build_schedule(json, training ? "schedule" : o.config);
  bool relative = !schedule->base_lr && !training && schedule->needs_base();
  if (!schedule->base_lr && schedule->needs_base()) {
    Json optimizer = training ? document.at("optimizer", o.config) : Json();
    if (optimizer.is_string()) optimizer = Json(Json::Object{{"type", optimizer}});
    schedule->base_lr = training ? rate_of(optimizer) : 1.0;
  }

  int64_t steps = o.steps > 0 ? o.steps : horizon(schedule->describe());
  Curve rate{schedule->option, {}, {}, {}, {}}, momentum{"momentum", {}, {}, {}, {}};
  for (int64_t t = 0; t < steps; t++) {
    rate.x.push_back(double(t)), rate.y.push_back(schedule->rate());
    if (auto m = schedule->momentum()) momentum.x.push_back(double(t)), momentum.y.push_back(*m);
    schedule->advance(schedule->needs_metric() ? std::optional(1.0) : std::nullopt);  // a metric that never improves
  }

  std::vector<std::vector<std::string>> rows;
  constexpr int64_t kRows = 20;
  for (int64_t k = 0; k <= std::min(kRows, steps - 1); k++) {
    size_t t = size_t(steps > kRows + 1 ? k * (steps - 1) / kRows : k);
    rows.push_back({std::to_string(t), short_number(rate.y[t])});
    if (!momentum.y.empty()) rows.back().push_back(short_number(momentum.y[t]));
  }
  std::vector<std::string> head = {"step", relative ? schedule->option + " / base" : schedule->option};
  if (!momentum.y.empty()) head.push_back("momentum");
  std::printf("%s", text_table(head, rows, 0).c_str());

  std::string file = o.out.empty() ? std::filesystem::path(o.config).stem().string() + ".svg" : o.out;
  LineChart chart{text(schedule->type_name(), ": ", head[1], schedule->needs_metric() ? ", the metric never improving" : ""), "step", {rate}};
  if (!momentum.y.empty()) chart.curves.push_back(momentum), chart.title += ", and momentum";
  write_file_atomically(file, svg_picture(chart));
  std::printf("%s\n", file.c_str());
  return 0;
}

}  // namespace tare::cli
