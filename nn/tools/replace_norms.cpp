#include <algorithm>
#include <map>

#include "autograd/ops/factory.h"
#include "nn/catalogue.h"
#include "nn/edit.h"
#include "nn/save.h"
#include "nn/tools/norm_tools.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

struct NormBoxes : Walk {
  std::vector<std::pair<std::string, AnyModule*>> found;
  void on_box(const std::string& path, AnyModule& box) override {
    if (box && is_norm(*box)) found.emplace_back(path, &box);
  }
};

/// Runs a module on noise of this shape in evaluation; what it complains about, "" when one output of the same shape comes out.
std::string complaint(Module& m, const Shape& shape) {
  NoGrad off;
  FrozenStatistics frozen;
  bool training = m.training();
  m.eval();
  std::string wrong;
  try {
    DType dtype = default_dtype();
    if (auto all = m.state(); !all.empty()) dtype = is_floating(all[0].second.dtype()) ? all[0].second.dtype() : dtype;
    Generator g(1);
    Tensor x = randn(shape, dtype, &g);
    Tensors y = m.call({&x, 1});
    if (y.size() != 1 || !(y[0].shape() == shape)) wrong = text(m.type_name(), " does not give one output of its input's shape");
  } catch (const Error& e) {
    wrong = e.what();
  }
  m.train(training);
  return wrong;
}

int64_t largest_divisor(int64_t n, int64_t up_to) {
  for (int64_t d = std::min(n, up_to); d > 1; d--)
    if (n % d == 0) return d;
  return 1;
}

/// What is known of a place from the norm that stands there: channels, and its trailing shape when it has one.
struct Place {
  int64_t channels = 0;
  Json shape;  // normalized_shape, or null
  Json old;
};

Place place_of(Module& norm) {
  Place p;
  p.old = describe_module(norm);
  if (const Json* s = p.old.find("normalized_shape")) {
    p.shape = *s;
    if (s->is_int()) p.channels = s->as_int();
    else if (s->is_array() && s->size() > 0) p.channels = s->as_array().back().as_int();
  }
  for (const char* key : {"num_features", "num_channels", "dim"})
    if (const Json* c = p.old.find(key); c && c->is_int() && !p.channels) p.channels = c->as_int();
  return p;
}

/// Shapes the old norm accepts, the most telling first: images, sequences with the channels second or last, rows.
std::vector<Shape> accepted_shapes(Module& norm, const Place& p) {
  int64_t c = p.channels, a = c + 1, b = c + 2;
  std::vector<Shape> all;
  if (!p.shape.is_null()) {
    Shape rows{2, a};
    if (p.shape.is_int()) rows.push_back(c);
    else
      for (const Json& n : p.shape.as_array()) rows.push_back(n.as_int());
    return {rows};
  }
  for (const Shape& s : {Shape{2, c, a, b, 2}, Shape{2, c, a, b}, Shape{2, c, a}, Shape{2, a, c}, Shape{2, c}})
    if (complaint(norm, s).empty()) all.push_back(s);
  return all;
}

/// `type` itself, then the same with another number of axes in its name, as far as they exist.
std::vector<std::string> names_like(std::string_view type) {
  std::string_view base = type;
  for (std::string_view suffix : {"1d", "2d", "3d"})
    if (base.ends_with(suffix)) base.remove_suffix(2);
  std::vector<std::string> all;
  auto rows = catalogue();
  for (const std::string& name : {std::string(type), std::string(base), text(base, "1d"), text(base, "2d"), text(base, "3d")})
    if (std::find(all.begin(), all.end(), name) == all.end() && std::any_of(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; })) all.push_back(name);
  return all;
}

/// The ways in which types name their channels.
std::vector<Json> ways(const Place& p, const Shape& at) {
  auto with = [](std::initializer_list<std::pair<const char*, Json>> options) {
    Json j = Json::object();
    for (auto& [key, value] : options) j.set(key, value);
    return j;
  };
  // Where a sample is one number a channel, groups are of 16 channels or more: two numbers alone would be normalized to 1 and -1, one to 0.
  int64_t c = p.channels, groups = largest_divisor(c, at.size() == 2 ? std::max<int64_t>(1, c / 16) : 32), keys = largest_divisor(c, 16);
  Json trailing = p.shape.is_null() ? Json(c) : p.shape;
  std::vector<Json> all;
  for (const Json& channels : {with({{"num_features", c}}), with({{"num_channels", c}, {"num_groups", groups}}),
                               with({{"num_features", c}, {"num_groups", groups}, {"key_group_size", keys}}), with({{"normalized_shape", trailing}}),
                               with({{"num_features", c}, {"num_groups", groups}}), with({{"num_features", c}, {"groups", groups}}),
                               with({{"dim", c}}), with({})}) {
    bool second = at.size() > 2 && at[1] == c, last = at[at.size() - 1] == c && !second;
    Json first = channels, not_last = channels;
    first.set("channels_first", true);
    not_last.set("channels_last", false);
    if (second) all.insert(all.end(), {first, not_last});
    all.push_back(channels);
    if (last && p.shape.is_null()) continue;
  }
  return all;
}

/// A norm of one of these types that takes this shape; empty, and why, when there is none.
AnyModule fitting(const std::vector<std::string>& names, const Place& place, const Shape& shape, const Json& options, std::string& why) {
  for (const std::string& name : names)
    for (Json json : ways(place, shape)) {
      json.set("type", name);
      if (options.is_object())
        for (auto& [key, value] : options.as_object()) json.set(key, value);
      std::string wrong;
      try {
        AnyModule made(build_module(json, name));
        wrong = complaint(*made, shape);
        if (wrong.empty()) return made;
      } catch (const Error& e) {
        wrong = e.what();
      }
      // That an option does not exist says nothing about the place.
      bool telling = wrong.find("unknown option") == std::string::npos;
      if (why.empty() || (telling && why.find("unknown option") != std::string::npos)) why = wrong;
    }
  return {};
}

/// Options and state of the old norm, when it knows all options of the new one.
AnyModule carried_over(AnyModule made, Module& old, const Json& before, const Json& options) {
  Json json = describe_module(*made);
  for (auto& [key, value] : json.as_object()) {
    if (!before.contains(key)) return made;
    if (key != "type" && !(options.is_object() && options.contains(key))) json.set(key, before.at(key));
  }
  AnyModule out(build_module(json, std::string(made->type_name())));
  auto wanted = out->state();
  std::vector<std::pair<std::string, Tensor>> shared;
  for (auto& [name, value] : old.state())
    for (auto& [same, slot] : wanted)
      if (same == name && slot.shape() == value.shape()) shared.emplace_back(name, value);
  out->load_state(shared, false);
  return out;
}

}  // namespace

int64_t replace_norms(Module& model, std::string_view type, const Json& options, const Tensor& example) {
  std::vector<std::string> names = names_like(type);
  if (names.empty()) find_row(type, "replace_norms");
  NormBoxes boxes;
  boxes.run(model);
  check<ConfigError>(!boxes.found.empty(), "replace_norms: the model has no normalization that could be exchanged; it is ", model.type_name());

  std::map<const Module*, Shape> seen;
  if (example.defined()) {
    NoGrad off;
    FrozenStatistics frozen;
    auto scope = model.observe([&](const Module::Event& e) {
      if (!e.inputs.empty()) seen[&e.module] = e.inputs[0].shape();
    });
    model.call({&example, 1});
  }

  std::vector<AnyModule> made;
  for (auto& [path, box] : boxes.found) {
    Module& old = **box;
    Place place = place_of(old);
    check<ConfigError>(place.channels >= 1, "replace_norms: ", path, " (", old.type_name(), ") does not say how many channels it has");
    std::vector<Shape> shapes = seen.count(&old) ? std::vector<Shape>{seen[&old]} : accepted_shapes(old, place);
    DType dtype = default_dtype();
    for (auto& [name, t] : old.state())
      if (is_floating(t.dtype())) dtype = t.dtype();
    DefaultDtype scope(dtype);
    std::string why;
    AnyModule fit;
    for (const Shape& s : shapes)
      if (!fit) fit = fitting(names, place, s, options, why);
    if (!fit && seen.count(&old)) {  // the last resort: over the whole sample, whose shape is known
      Json::Array sample;
      for (int i = 1; i < int(seen[&old].size()); i++) sample.emplace_back(seen[&old][i]);
      Json whole = options.is_object() ? options : Json::object();
      if (!whole.contains("normalized_shape")) whole.set("normalized_shape", Json(sample));
      fit = fitting(names, place, seen[&old], whole, why);
    }
    check<ConfigError>(bool(fit), "replace_norms: ", type, " cannot stand at ", path, " in place of ", old.type_name(), ": ", why);
    made.push_back(carried_over(std::move(fit), old, place.old, options));
  }
  for (size_t i = 0; i < made.size(); i++) replace(model, boxes.found[i].first, made[i]);
  return int64_t(made.size());
}

}  // namespace tare::nn
