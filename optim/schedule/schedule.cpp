#include "optim/schedule/schedule.h"

#include "optim/state_json.h"

namespace tare::optim {
namespace {

/// Paths of every optimizer at or below `o` that has one of the options: the option itself, or "base.lr", "parts.1.lr".
void find_option(Optimizer& o, const std::vector<std::string>& names, const std::string& prefix, std::vector<std::string>& found) {
  Json own = o.describe();
  for (const std::string& name : names)
    if (own.contains(name.substr(0, name.find('.')))) {
      found.push_back(prefix + name);
      return;
    }
  for (auto& [key, inside] : o.inner()) find_option(*inside, names, prefix + key + ".", found);
}

}  // namespace

Schedule::~Schedule() = default;

void Schedule::visit_state(Visitor& v) { v.state("t", t_); }

void Schedule::advance(std::optional<double>) { t_++; }

void Schedule::bind(Optimizer& optimizer) {
  paths_.clear();
  find_option(optimizer, {option}, "", paths_);
  check<ConfigError>(!paths_.empty(), type_name(), ": ", optimizer.type_name(), " has no option \"", option, "\" to schedule");
  momentum_paths_.clear();
  if (momentum()) {
    find_option(optimizer, {"betas.0", "momentum"}, "", momentum_paths_);
    check<ConfigError>(!momentum_paths_.empty(), type_name(), ": ", optimizer.type_name(),
                       " has neither \"momentum\" nor \"betas\" to cycle; set cycle_momentum to false");
  }
  optimizer_ = &optimizer;
  bases_.clear();
  for (const std::string& path : paths_)
    for (size_t g = 0; g < optimizer.num_groups(); g++) bases_.push_back(base_lr ? *base_lr : optimizer.get(path, g).as_double(path));
  set_values();
}

void Schedule::set_values() {
  size_t groups = bases_.size() / paths_.size();
  for (size_t p = 0; p < paths_.size(); p++)
    for (size_t g = 0; g < groups; g++) optimizer_->set(paths_[p], value(bases_[p * groups + g]), g);
  if (auto m = momentum())
    for (const std::string& path : momentum_paths_) optimizer_->set(path, *m);
}

void Schedule::require_bound() const {
  check<StateError>(optimizer_ != nullptr, type_name(), ": it is not bound to an optimizer; construct it with one, or call bind()");
  check<StateError>(bases_.size() == paths_.size() * optimizer_->num_groups(), type_name(),
                    ": the optimizer was given another group after bind(); make its groups first");
}

void Schedule::step() {
  require_bound();
  check<StateError>(!needs_metric(), type_name(), " watches a metric: call step(metric)");
  advance({});
  set_values();
}

void Schedule::step(double metric) {
  require_bound();
  advance(metric);
  set_values();
}

double Schedule::rate() const {
  check<ConfigError>(base_lr || !needs_base(), type_name(), ": a schedule without an optimizer needs a \"base_lr\"");
  return value(base_lr.value_or(0));
}

Json Schedule::describe() {
  Json json = Json::object();
  json.set("type", type_name());
  if (base_lr) json.set("base_lr", *base_lr);
  if (option != "lr") json.set("option", option);
  Json own = options_to_json([](void* s, Visitor& v) { static_cast<Schedule*>(s)->visit_options(v); }, this);
  for (auto& [key, value] : own.as_object()) json.set(key, value);
  if (auto inside = inner(); !inside.empty()) {
    Json::Array list;
    for (Schedule* s : inside) list.push_back(s->describe());
    json.set("schedulers", list);
  }
  return json;
}

Json Schedule::state_json() {
  StateWriter w;
  visit_state(w);
  if (!bases_.empty()) w.state("bases", bases_);
  Json::Array list;
  for (Schedule* s : inner()) list.push_back(s->state_json());
  if (!list.empty()) w.json.set("schedulers", list);
  return w.json;
}

Json Schedule::to_json() {
  Json json = describe();
  json.set("state", state_json());
  return json;
}

void Schedule::load_state_json(const Json& json, const std::string& path) {
  StateReader r(json, path);
  visit_state(r);
  check<ConfigError>(json.contains("t") && t_ >= 0, path, ": not the state of a schedule: it has no step count \"t\"");
  if (!bases_.empty()) {
    size_t expected = bases_.size();
    r.state("bases", bases_);
    check<ConfigError>(bases_.size() == expected, path, ".bases: the state is of ", bases_.size(), " groups but the optimizer has ", expected);
  }
  auto inside = inner();
  if (inside.empty()) return;
  auto& list = json.at("schedulers", path).as_array(path);
  check<ConfigError>(list.size() == inside.size(), path, ": the state is of ", list.size(), " schedulers but this one has ", inside.size());
  for (size_t i = 0; i < inside.size(); i++) inside[i]->load_state_json(list[i], text(path, ".schedulers.", i));
}

void Schedule::load_state(const Json& json, const std::string& path) {
  const std::string& type = json.at("type", path).as_string(path + ".type");
  check<ConfigError>(type == type_name(), path, ": this is the state of ", type, ", not of ", type_name());
  std::unique_ptr<Schedule> rehearsal = clone();  // all or nothing
  rehearsal->bases_ = bases_;
  rehearsal->load_state_json(json.at("state", path), path + ".state");
  load_state_json(json.at("state", path), path + ".state");
  if (optimizer_) set_values();
}

}  // namespace tare::optim
