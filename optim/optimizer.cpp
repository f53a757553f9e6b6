#include "optim/optimizer.h"

#include <algorithm>
#include <unordered_set>

#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/options.h"
#include "kernels/elementwise.h"
#include "optim/catalogue.h"
#include "optim/state_json.h"

namespace tare::optim {

// ---- Step

void Step::evaluate(bool create_graph, std::string_view who) {
  check<StateError>(closure != nullptr, who, " evaluates the loss itself: call step(closure), the closure returning the loss, instead of step()");
  EnableGrad on;
  loss = (*closure)();
  Tensor total = loss.numel() == 1 ? loss : mean(loss);
  std::vector<size_t> wanted;
  Tensors leaves;
  for (size_t i = 0; i < size(); i++)
    if (param(i).requires_grad()) wanted.push_back(i), leaves.push_back(param(i));
  Tensors found = grad({total}, leaves, {.create_graph = create_graph, .allow_unused = true});
  grads.assign(size(), Tensor());
  for (size_t k = 0; k < wanted.size(); k++) grads[wanted[k]] = found[k];
}

// ---- Optimizer

Optimizer::Optimizer() = default;
Optimizer::~Optimizer() = default;

bool Optimizer::has_state(size_t) const { return false; }
void Optimizer::visit_state(Visitor&, size_t) {}
void Optimizer::visit_global_state(Visitor&) {}
void Optimizer::resize(size_t, size_t) {}
void Optimizer::validate(size_t) const {}
std::vector<std::pair<std::string, Optimizer*>> Optimizer::inner() { return {}; }
Tensor Optimizer::evaluation_weight(size_t, const Tensor&) const { return {}; }
void Optimizer::move_state(const std::vector<int64_t>&) {}

void Optimizer::bind(ParameterList params) {
  check<ConfigError>(!params.empty(), type_name(), ": the parameter list is empty; does the model have parameters, and does the pattern match any?");
  std::unordered_set<const TensorImpl*> seen;
  for (auto& e : params) {
    check<ConfigError>(seen.insert(e.tensor.handle().get()).second, type_name(), ": parameter \"", e.name, "\" occurs twice in the list");
    check<DTypeError>(is_floating(e.tensor.dtype()), type_name(), ": parameter \"", e.name, "\" is ", e.tensor.dtype(), "; only floating tensors are trained");
    check<ConfigError>(e.tensor.is_contiguous(), type_name(), ": parameter \"", e.name, "\" of shape ", e.tensor.shape(),
                       " is a strided view; parameters are contiguous");
  }
  params_ = std::move(params);
  groups_.assign(params_.size(), 0);
  num_groups_ = 1;
  group_overrides_.assign(1, Json());
  bound_ = true;
  resize(params_.size(), 1);
}

void Optimizer::rebind(ParameterList params) {
  check<StateError>(bound_, type_name(), ": rebind needs an optimizer that is bound to parameters");
  std::vector<int64_t> old_index(params.size(), -1);
  std::vector<uint32_t> groups(params.size(), 0);
  for (size_t i = 0; i < params.size(); i++)
    for (size_t j = 0; j < params_.size(); j++)
      if (params_[j].name == params[i].name) {
        groups[i] = groups_[j];
        if (params_[j].tensor.shape() == params[i].tensor.shape()) old_index[i] = int64_t(j);
      }
  move_state(old_index);
  params_ = std::move(params);
  groups_ = std::move(groups);
  resize(params_.size(), num_groups_);
}

size_t Optimizer::add_group(const ParameterList& params, const Json& options) {
  check<StateError>(bound_, type_name(), ": add_group needs an optimizer that is bound to parameters");
  check<ConfigError>(!params.empty(), type_name(), ": add_group: the parameter list is empty");
  std::vector<size_t> members;
  for (auto& e : params) {
    size_t i = 0;
    while (i < params_.size() && !params_[i].tensor.is(e.tensor)) i++;
    check<ConfigError>(i < params_.size(), type_name(), ": add_group: parameter \"", e.name, "\" is not among this optimizer's parameters");
    check<ConfigError>(groups_[i] == 0, type_name(), ": add_group: parameter \"", e.name, "\" is already in group ", groups_[i]);
    members.push_back(i);
  }
  size_t group = num_groups_++;
  try {
    resize(params_.size(), num_groups_);
    for (auto& [key, value] : options.as_object("groups")) set(key, value, group);
  } catch (...) {
    num_groups_--;
    throw;
  }
  for (size_t i : members) groups_[i] = uint32_t(group);
  group_overrides_.resize(num_groups_);
  group_overrides_[group] = options;
  return group;
}

void Optimizer::step_with(Step& s) {
  check<StateError>(bound_, type_name(), ": this optimizer is not bound to parameters; construct it with model.parameters(), or call bind()");
  for (auto& e : params_)
    check<StateError>(!e.tensor.impl().retired, type_name(), ": parameter \"", e.name,
                      "\" was retired: its module was destroyed or its slot was given another tensor; make a new optimizer or call rebind(model.parameters())");
  for (size_t i = 0; i < params_.size(); i++) {
    const Tensor &w = params_[i].tensor, &g = s.grads[i];
    if (!g.defined()) continue;
    check<ShapeError>(g.shape() == w.shape(), type_name(), ": parameter \"", params_[i].name, "\" is ", w.shape(), " but its gradient is ", g.shape());
    check<DTypeError>(g.dtype() == w.dtype(), type_name(), ": parameter \"", params_[i].name, "\" is ", w.dtype(), " but its gradient is ", g.dtype());
  }
  NoGrad off;
  apply(s);
}

void Optimizer::step() {
  check<StateError>(bound_, type_name(), ": this optimizer is not bound to parameters; construct it with model.parameters(), or call bind()");
  check<StateError>(!needs_closure(), type_name(), " evaluates the loss itself: call step(closure), the closure returning the loss, instead of step()");
  Step s{params_, groups_, params_.grads()};
  step_with(s);
}

Tensor Optimizer::step(const Closure& closure) {
  check<StateError>(bound_, type_name(), ": this optimizer is not bound to parameters; construct it with model.parameters(), or call bind()");
  Step s{.params = params_, .groups = groups_, .grads = Tensors(params_.size()), .closure = &closure};
  s.evaluate(false, type_name());
  Tensor first = s.loss.detach();
  step_with(s);
  return first;
}

void Optimizer::zero_grad() { params_.zero_grad(); }

// ---- options by path

namespace {

/// Reads all options of one group into an object and writes one of them.
Json read_options(Optimizer& o, size_t group) {
  struct Target {
    Optimizer* o;
    size_t group;
  } target{&o, group};
  return options_to_json([](void* t, Visitor& v) { static_cast<Target*>(t)->o->visit_options(v, static_cast<Target*>(t)->group); }, &target);
}

void write_options(Optimizer& o, size_t group, const Json& json, const std::string& path) {
  struct Target {
    Optimizer* o;
    size_t group;
  } target{&o, group};
  options_from_json([](void* t, Visitor& v) { static_cast<Target*>(t)->o->visit_options(v, static_cast<Target*>(t)->group); }, &target, json, path, {});
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  size_t dot = path.find('.');
  return dot == std::string::npos ? std::pair{path, std::string()} : std::pair{path.substr(0, dot), path.substr(dot + 1)};
}

/// The inner optimizer that `path` starts with, and the rest of the path.
std::pair<Optimizer*, std::string> descend(Optimizer& o, const std::string& path) {
  for (auto& [key, inside] : o.inner())
    if (path.size() > key.size() && path.compare(0, key.size(), key) == 0 && path[key.size()] == '.') return {inside, path.substr(key.size() + 1)};
  return {nullptr, path};
}

}  // namespace

Json Optimizer::get(const std::string& path, size_t group) {
  if (auto [inside, rest] = descend(*this, path); inside) return inside->get(rest, group);
  Json all = read_options(*this, group);
  auto [key, index] = split_path(path);
  const Json* value = all.find(key);
  if (!value) {
    std::vector<std::string> known;
    for (auto& [name, ignored] : all.as_object()) known.push_back(name);
    unknown_key(std::string(type_name()), key, known);
  }
  if (index.empty()) return *value;
  size_t i = size_t(std::atoi(index.c_str()));
  check<ConfigError>(value->is_array() && i < value->size(), type_name(), ": there is no option \"", path, "\"");
  return value->as_array()[i];
}

void Optimizer::set(const std::string& path, const Json& value, size_t group) {
  if (auto [inside, rest] = descend(*this, path); inside) return inside->set(rest, value, group);
  auto [key, index] = split_path(path);
  Json before = read_options(*this, group);
  Json change = Json::object();
  if (index.empty()) {
    change.set(key, value);
  } else {
    Json whole = get(key, group);
    size_t i = size_t(std::atoi(index.c_str()));
    check<ConfigError>(whole.is_array() && i < whole.size(), type_name(), ": there is no option \"", path, "\"");
    whole.as_array()[i] = value;
    change.set(key, whole);
  }
  write_options(*this, group, change, std::string(type_name()));
  try {
    validate(group);
  } catch (...) {
    write_options(*this, group, before, std::string(type_name()));
    throw;
  }
}

void Optimizer::set(const std::string& path, const Json& value) {
  for (size_t g = 0; g < num_groups_; g++) set(path, value, g);
}

// ---- JSON

namespace {

/// State of one optimizer and, under the keys of its inner ones, theirs.
Json state_json(Optimizer& o, const ParameterList& params) {
  Json json = Json::object();
  StateWriter global;
  o.visit_global_state(global);
  if (global.json.size()) json.set("global", global.json);
  Json by_name = Json::object();
  for (size_t i = 0; i < params.size(); i++) {
    if (!o.has_state(i)) continue;
    StateWriter w;
    o.visit_state(w, i);
    if (w.json.size()) by_name.as_object().emplace_back(params[i].name, w.json);
  }
  if (by_name.size()) json.set("params", by_name);
  for (auto& [key, inside] : o.inner()) json.set(key, state_json(*inside, params));
  return json;
}

/// First everything is checked against a fresh clone's layout by reading into it; the caller then commits by reading again.
void load_state_json(Optimizer& o, const ParameterList& params, const Json& json, const std::string& path) {
  if (const Json* global = json.find("global")) {
    StateReader r(*global, path + ".global");
    o.visit_global_state(r);
  }
  if (const Json* by_name = json.find("params"))
    for (auto& [name, value] : by_name->as_object(path)) {
      size_t i = 0;
      while (i < params.size() && params[i].name != name) i++;
      check<ConfigError>(i < params.size(), path, ": state for \"", name, "\", which is not among the parameters");
      StateReader r(value, text(path, ".", name));
      o.visit_state(r, i);
      check<ConfigError>(r.used == value.size(), path, ".", name, ": holds state that ", o.type_name(), " does not have");
      // A tensor named like the parameter's own shape must have it; others (counts, factors) are the method's business.
    }
  for (auto& [key, inside] : o.inner())
    if (const Json* sub = json.find(key)) load_state_json(*inside, params, *sub, path + "." + key);
}

}  // namespace

Json Optimizer::describe() {
  Json json = Json::object();
  json.set("type", type_name());
  Json options = read_options(*this, 0);
  for (auto& [key, value] : options.as_object()) json.set(key, value);
  for (auto& [key, inside] : inner()) {  // "base", or "parts.0", "parts.1", ...: a list
    auto [name, index] = split_path(key);
    if (index.empty()) json.set(key, inside->describe());
    else if (Json& list = json[name]; list.is_array()) list.as_array().push_back(inside->describe());
    else list = Json(Json::Array{inside->describe()});
  }
  if (num_groups_ > 1) {
    Json::Array list;
    for (size_t g = 1; g < num_groups_; g++) {
      Json entry = Json::object();
      Json::Array names;
      for (size_t i = 0; i < params_.size(); i++)
        if (groups_[i] == g) names.emplace_back(params_[i].name);
      entry.set("params", names);
      // Present values, not the ones the group was made with: a schedule may have changed them.
      for (auto& [key, ignored] : group_overrides_[g].as_object()) entry.set(key, get(key, g));
      list.push_back(entry);
    }
    json.set("groups", list);
  }
  return json;
}

Json Optimizer::to_json() {
  Json json = describe();
  Json shapes = Json::object();
  for (auto& e : params_) {
    Json::Array sizes;
    for (int k = 0; k < e.tensor.dim(); k++) sizes.emplace_back(e.tensor.size(k));
    shapes.as_object().emplace_back(e.name, sizes);
  }
  json.set("parameters", shapes);
  json.set("state", state_json(*this, params_));
  return json;
}

void Optimizer::load_state(const Json& json, const std::string& path) {
  check<StateError>(bound_, type_name(), ": bind the optimizer to parameters before loading its state");
  const std::string& type = json.at("type", path).as_string(path + ".type");
  check<ConfigError>(type == type_name(), path, ": this is the state of ", type, ", not of ", type_name());
  if (const Json* shapes = json.find("parameters")) {
    auto& list = shapes->as_object(path + ".parameters");
    for (auto& [name, sizes] : list) {
      auto* e = params_.find(name);
      check<ConfigError>(e != nullptr, path, ": the state belongs to a model with a parameter \"", name, "\", which this one does not have");
      Shape shape;
      for (auto& n : sizes.as_array(path + ".parameters")) shape.push_back(n.as_int(path + ".parameters"));
      check<ConfigError>(shape == e->tensor.shape(), path, ": the state is of a parameter \"", name, "\" of shape ", shape, " but this one is ",
                         e->tensor.shape());
    }
    check<ConfigError>(list.size() == params_.size(), path, ": the state is of ", list.size(), " parameters but this optimizer has ", params_.size());
  }
  const Json& state = json.at("state", path);
  // All or nothing: a rehearsal on a fresh copy finds whatever does not fit before anything is changed.
  std::unique_ptr<Optimizer> rehearsal = clone();
  rehearsal->bind(params_);
  rehearsal->resize(params_.size(), num_groups_);
  load_state_json(*rehearsal, params_, state, path + ".state");
  if (const Json* groups = json.find("groups"); groups && num_groups_ == 1)
    for (auto& g : groups->as_array(path + ".groups")) {
      ParameterList members;
      Json options = Json::object();
      for (auto& [key, value] : g.as_object(path + ".groups")) {
        if (key != "params") options.set(key, value);
        else
          for (auto& name : value.as_array(path)) {
            auto* e = params_.find(name.as_string(path));
            check<ConfigError>(e != nullptr, path, ": group of an unknown parameter \"", name.as_string(path), "\"");
            members.push_back(*e);
          }
      }
      add_group(members, options);
    }
  // Options that a schedule may have changed.
  Json own = read_options(*this, 0), change = Json::object();
  for (auto& [key, value] : own.as_object())
    if (const Json* saved = json.find(key)) change.set(key, *saved);
  write_options(*this, 0, change, path);
  move_state(std::vector<int64_t>(params_.size(), -1));
  resize(params_.size(), num_groups_);
  load_state_json(*this, params_, state, path + ".state");
}

// ---- evaluation weights

Optimizer::EvaluationScope::EvaluationScope(Optimizer& o) {
  NoGrad off;
  for (size_t i = 0; i < o.params_.size(); i++) {
    const Tensor& w = o.params_[i].tensor;
    Tensor average = o.evaluation_weight(i, w);
    if (!average.defined()) continue;
    held_.emplace_back(w, kernels::copy(w));
    write_guard("EvaluationScope", w);
    kernels::copy_into(w, average);
  }
}

Optimizer::EvaluationScope::~EvaluationScope() {
  NoGrad off;
  for (auto& [w, own] : held_) kernels::copy_into(w, own);
}

// ---- AnyOptimizer

Optimizer& AnyOptimizer::operator*() const {
  check<StateError>(bool(optimizer_), "AnyOptimizer: it is empty");
  return *optimizer_;
}
Json AnyOptimizer::to_json() const { return optimizer_ ? optimizer_->describe() : Json(); }
void AnyOptimizer::from_json(const Json& json, const std::string& path) { optimizer_ = json.is_null() ? nullptr : build(json, path); }

}  // namespace tare::optim
