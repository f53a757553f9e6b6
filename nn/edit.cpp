#include "nn/edit.h"

#include "core/glob.h"
#include "nn/reparam/reparameterization.h"
#include "nn/save.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

template <class Slot>
using Found = std::vector<std::pair<std::string, Slot*>>;

[[noreturn]] void nothing_matches(const char* what, std::string_view pattern, const std::vector<std::string>& names) {
  std::vector<std::string_view> views(names.begin(), names.end());
  std::string near = nearest(pattern, views.data(), views.size());
  std::string list;
  for (size_t i = 0; i < names.size() && i < 12; i++) list += (i ? ", " : "") + names[i];
  if (names.size() > 12) list += ", ...";
  throw ConfigError(text(what, ": nothing matches \"", pattern, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?"), " There is: ",
                         list.empty() ? "nothing that could be" : list));
}

struct Boxes : Walk {
  Found<AnyModule> found;
  std::vector<std::string> names;
  std::string_view pattern;
  void on_box(const std::string& path, AnyModule& box) override {
    names.push_back(path);
    if (glob_match(pattern, path)) found.emplace_back(path, &box);
  }
};

struct Slots : Walk {
  Found<Parameter> found;
  std::vector<std::string> names;
  std::string_view pattern;
  bool leaves = false;
  void take(const std::string& path, Parameter& p) {
    names.push_back(path);
    if (glob_match(pattern, path)) found.emplace_back(path, &p);
  }
  void on_slot(const std::string& path, Parameter& p, Role) override {
    if (!leaves) take(path, p);
  }
  void on_leaf(const std::string& path, Parameter& p, Role) override {
    if (leaves) take(path, p);
  }
};

Slots find_slots(Module& model, std::string_view pattern, bool leaves) {
  Slots v;
  v.pattern = pattern;
  v.leaves = leaves;
  v.run(model);
  return v;
}

int64_t set_frozen(const char* what, Module& model, std::string_view pattern, bool frozen) {
  Slots v = find_slots(model, pattern, true);
  if (v.found.empty()) nothing_matches(what, pattern, v.names);
  // Its JSON has one place for the word.
  const Json described = describe_module(model);
  check<ConfigError>(!described.contains("frozen") || described.find("frozen")->is_array(), what, ": ", model.type_name(),
                     " has an option \"frozen\" of its own; freeze its parameters from a model that holds it");
  Edits& edits = model.edits();
  for (auto& [path, p] : v.found) {
    Tensor leaf = p->leaf();
    leaf.set_requires_grad(!frozen);
    std::erase(edits.frozen, path);
    if (frozen) edits.frozen.push_back(path);
  }
  return int64_t(v.found.size());
}

}  // namespace

int64_t replace(Module& model, std::string_view pattern, const AnyModule& with) {
  Boxes v;
  v.pattern = pattern;
  v.run(model);
  if (v.found.empty()) nothing_matches("replace", pattern, v.names);
  Json json = with.to_json();
  for (auto& [path, box] : v.found) {
    bool training = *box ? (*box)->training() : true;
    *box = with;
    if (*box) (*box)->train(training);
    model.edits().replace.emplace_back(path, json);
  }
  return int64_t(v.found.size());
}

int64_t reparametrize(Module& model, std::string_view pattern, const Reparameterization& reparam) {
  Slots v = find_slots(model, pattern, false);
  if (v.found.empty()) nothing_matches("reparametrize", pattern, v.names);
  Json json = describe_module(const_cast<Reparameterization&>(reparam));
  auto copy = [&] {
    auto r = std::unique_ptr<Reparameterization>(static_cast<Reparameterization*>(reparam.clone().release()));
    r->train(model.training());
    return r;
  };
  // All or nothing: where several slots match, copies of them are tried before the first is changed.
  if (v.found.size() > 1) {
    Generator own(0);
    UseGenerator scope(own);
    for (auto& [path, slot] : v.found) Parameter(*slot).reparametrize(copy(), path);
  }
  for (auto& [path, slot] : v.found) {
    slot->reparametrize(copy(), path);
    model.edits().reparam.emplace_back(path, json);
  }
  return int64_t(v.found.size());
}

std::vector<std::pair<std::string, Reparameterization*>> reparameterizations(Module& model, std::string_view pattern) {
  std::vector<std::pair<std::string, Reparameterization*>> found;
  for (auto& [path, slot] : find_slots(model, pattern, false).found)
    if (Reparameterization* r = slot->reparameterization()) found.emplace_back(path, r);
  return found;
}

int64_t remove_reparameterization(Module& model, std::string_view pattern) {
  Slots v = find_slots(model, pattern, false);
  int64_t n = 0;
  for (auto& [path, slot] : v.found) {
    if (!slot->reparameterization()) continue;
    slot->remove_reparameterization();
    for (auto& [where, m] : model.modules())
      if (m->edits_or_null()) {
        std::string prefix = where.empty() ? "" : where + ".";
        std::erase_if(m->edits().reparam, [&, &p = path](auto& e) { return prefix + e.first == p; });
      }
    n++;
  }
  return n;
}

int64_t freeze(Module& model, std::string_view pattern) { return set_frozen("freeze", model, pattern, true); }
int64_t unfreeze(Module& model, std::string_view pattern) { return set_frozen("unfreeze", model, pattern, false); }

void edits_to_json(const Module& m, Json& json) {
  const Edits* e = m.edits_or_null();
  if (!e) return;
  auto pairs = [](const std::vector<std::pair<std::string, Json>>& list) {
    Json::Array out;
    for (auto& [path, what] : list) out.push_back(Json::Array{Json(path), what});
    return Json(out);
  };
  if (!e->replace.empty()) json.set("replace", pairs(e->replace));
  if (!e->reparam.empty()) json.set("reparam", pairs(e->reparam));
  if (!e->frozen.empty()) {
    Json::Array out;
    for (auto& path : e->frozen) out.emplace_back(path);
    json.set("frozen", Json(out));
  }
}

namespace {
/// Both {"path": what} and [["path", what], ...] are read; the second keeps order and repetition.
std::vector<std::pair<std::string, Json>> read_pairs(const Json& json, const std::string& path) {
  std::vector<std::pair<std::string, Json>> out;
  if (json.is_object()) {
    for (auto& [key, value] : json.as_object(path)) out.emplace_back(key, value);
    return out;
  }
  for (auto& item : json.as_array(path)) {
    auto& pair = item.as_array(path);
    check<ConfigError>(pair.size() == 2, path, ": expected pairs of a path and a description");
    out.emplace_back(pair[0].as_string(path), pair[1]);
  }
  return out;
}
}  // namespace

void apply_edits(Module& m, const Json& json, const std::string& path) {
  if (const Json* list = json.find("replace"))
    for (auto& [pattern, what] : read_pairs(*list, path + ".replace")) {
      AnyModule with;
      with.from_json(what, path + ".replace." + pattern);
      replace(m, pattern, with);
    }
  if (const Json* list = json.find("reparam"))
    for (auto& [pattern, what] : read_pairs(*list, path + ".reparam")) reparametrize(m, pattern, *build_reparam(what, path + ".reparam." + pattern));
  // LCConv2d has an option of this name.
  if (const Json* list = json.find("frozen"); list && !list->is_bool())
    for (auto& pattern : list->as_array(path + ".frozen")) freeze(m, pattern.as_string(path + ".frozen"));
}

}  // namespace tare::nn
