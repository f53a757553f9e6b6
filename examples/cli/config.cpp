#include "examples/cli/config.h"

#include <algorithm>

#include "core/options.h"

namespace tare::cli {
namespace {

/// "AdamW" stands for {"type": "AdamW"}; where a type is usual, it may be left out.
Json typed(const Json& j, const char* usual = nullptr) {
  if (!j.is_string() && !(usual && j.is_object() && !j.contains("type"))) return j;
  Json out = Json::object();
  out.set("type", j.is_string() ? j : Json(usual));
  if (j.is_object())
    for (auto& [key, value] : j.as_object()) out.set(key, value);
  return out;
}
constexpr const char *kUsualLoss = "CrossEntropyLoss", *kUsualOptimizer = "AdamW";

int64_t at_least(const Json& j, const std::string& path, int64_t low) {
  int64_t v = j.as_int(path);
  check<ConfigError>(v >= low, path, ": expected at least ", low, ", not ", v);
  return v;
}

/// The run that a FullBatchTrainer describes, as the config's own keys; what is left are the trainer's options.
void lift_run(TrainConfig& c, const std::string& name) {
  if (!c.trainer.is_object() || c.trainer.at("type", name) != Json("FullBatchTrainer")) return;
  auto take = [&](const char* key) {
    const Json* found = c.trainer.find(key);
    Json value = found ? *found : Json();
    c.trainer.erase(key);
    return value;
  };
  auto lift = [&](const char* key, Json& place) {
    Json value = take(key);
    check<ConfigError>(value.is_null() || place.is_null(), name, ": \"", key, "\" stands twice, in the config and in its trainer");
    if (!value.is_null()) place = typed(value);
  };
  lift("optimizer", c.optimizer);
  lift("schedule", c.schedule);
  if (Json steps = take("steps"); !steps.is_null()) c.epochs = at_least(steps, name + ": trainer.steps", 0);
  Json warmup = take("warmup");
  int64_t rise = warmup.is_null() ? 0 : at_least(warmup, name + ": trainer.warmup", 0);
  if (rise == 0) return;
  Json ramp = Json(Json::Object{{"type", "LinearLR"}, {"start_factor", 1.0 / double(rise)}, {"total_iters", std::max<int64_t>(1, rise - 1)}});
  Json then = c.schedule.is_null() ? Json(Json::Object{{"type", "ConstantLR"}, {"factor", 1.0}}) : c.schedule;
  c.schedule = Json(Json::Object{{"type", "SequentialLR"}, {"schedulers", Json(Json::Array{ramp, then})}, {"milestones", Json(Json::Array{Json(rise)})}});
}

}  // namespace

void apply_set(Json& document, const std::string& assignment) {
  size_t equal = assignment.find('=');
  check<ConfigError>(equal != std::string::npos && equal > 0, "--set ", assignment, ": expected key.path=value");
  std::string value = assignment.substr(equal + 1);
  Json parsed;
  try {
    parsed = Json::parse(value, "--set");
  } catch (const Error&) {
    parsed = Json(value);  // a bare word is a string
  }
  document.set_path(assignment.substr(0, equal), parsed);
}

TrainConfig parse_config(const Json& document, const std::string& name) {
  TrainConfig c;
  c.document = document;
  check<ConfigError>(document.is_object(), name, ": expected an object but found ", document.kind());
  const std::vector<std::string> known = {"data",       "model",     "loss",  "optimizer", "schedule",     "regularizers", "transforms", "trainer", "epochs",
                                          "batch_size", "max_steps", "seed",  "threads",   "schedule_per", "monitor",      "eval_batch_size",
                                          "eval_every", "description"};
  for (auto& [key, value] : document.as_object(name)) {
    std::string at = name + ": " + key;
    if (key == "data") c.data = typed(value);
    else if (key == "model") c.model = value;
    else if (key == "loss") c.loss = typed(value, kUsualLoss);
    else if (key == "optimizer") c.optimizer = typed(value, kUsualOptimizer);
    else if (key == "schedule") c.schedule = value.is_null() ? Json() : typed(value);
    else if (key == "regularizers") c.regularizers = value;
    else if (key == "transforms") c.transforms = value;
    else if (key == "trainer") c.trainer = value.is_null() ? Json() : typed(value);
    else if (key == "epochs") c.epochs = at_least(value, at, 0);
    else if (key == "batch_size") c.batch_size = at_least(value, at, 1);
    else if (key == "eval_batch_size") c.eval_batch_size = at_least(value, at, 1);
    else if (key == "eval_every") c.eval_every = at_least(value, at, 1);
    else if (key == "max_steps") c.max_steps = at_least(value, at, 0);
    else if (key == "seed") c.seed = value.as_int(at);
    else if (key == "threads") c.threads = int(at_least(value, at, 0));
    else if (key == "description") value.as_string(at);
    else if (key == "schedule_per" || key == "monitor") {
      const std::string& word = value.as_string(at);
      bool per = key == "schedule_per";
      check<ConfigError>(per ? word == "step" || word == "epoch" : word == "test" || word == "train", at, ": expected ",
                         per ? "\"step\" or \"epoch\"" : "\"test\" or \"train\"", ", not \"", word, "\"");
      (per ? c.schedule_per : c.monitor) = word;
    } else {
      unknown_key(name, key, known);
    }
  }
  check<ConfigError>(!c.data.is_null(), name, ": \"data\" is missing, for example {\"type\": \"FashionMNIST\"}");
  check<ConfigError>(!c.model.is_null(), name, ": \"model\" is missing, for example {\"type\": \"Sequential\", \"layers\": [...]}");
  lift_run(c, name);
  if (c.loss.is_null()) c.loss = typed(kUsualLoss);
  if (c.optimizer.is_null()) c.optimizer = typed(kUsualOptimizer);
  return c;
}

std::string first_difference(const Json& there, const Json& here, const std::string& path) {
  if (there == here) return "";
  if (there.is_object() && here.is_object()) {
    for (auto& [key, value] : there.as_object())
      if (const Json* other = here.find(key); !other) return text(path, ".", key, " stands only there");
      else if (std::string d = first_difference(value, *other, path + "." + key); !d.empty()) return d;
    for (auto& [key, value] : here.as_object())
      if (!there.contains(key)) return text(path, ".", key, " stands only here");
    return "";  // the order of keys says nothing
  }
  if (there.is_array() && here.is_array() && there.size() == here.size())
    for (size_t i = 0; i < there.size(); i++)
      if (std::string d = first_difference(there.as_array()[i], here.as_array()[i], text(path, ".", i)); !d.empty()) return d;
  auto brief = [](const Json& j) {
    std::string s = j.dump(-1);
    return s.size() > 60 ? s.substr(0, 57) + "..." : s;
  };
  return text(path, " is ", brief(there), " there and ", brief(here), " here");
}

std::string first_difference(const TrainConfig& there, const TrainConfig& here) {
  auto essence = [](const TrainConfig& c) {
    Json j = Json::object();
    j.set("data", c.data);
    j.set("model", c.model);
    j.set("loss", c.loss);
    j.set("optimizer", c.optimizer);
    j.set("schedule", c.schedule);
    j.set("schedule_per", c.schedule_per);
    j.set("regularizers", c.regularizers);
    j.set("transforms", c.transforms);
    j.set("trainer", c.trainer);
    j.set("batch_size", c.batch_size);
    j.set("seed", c.seed);
    return j;
  };
  std::string d = first_difference(essence(there), essence(here), "");
  return d.empty() ? d : d.substr(1);
}

TrainConfig read_config(const std::string& file, const std::vector<std::string>& set) {
  Json document = Json::read_file(file);
  for (const std::string& s : set) apply_set(document, s);
  return parse_config(document, file);
}

}  // namespace tare::cli
