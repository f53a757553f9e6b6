#include "nn/save.h"

#include "core/options.h"
#include "nn/catalogue.h"
#include "nn/edit.h"
#include "nn/reparam/reparameterization.h"

namespace tare::nn {
namespace {
constexpr std::string_view kFormat = "tare/1";

void visit_module_options(void* m, Visitor& v) { static_cast<Module*>(m)->visit_options(v); }

void check_format(const Json& json, const std::string& where) {
  const Json* format = json.find("format");
  if (!format) return;
  check<ConfigError>(format->is_string() && format->as_string() == kFormat, where, ": expected format \"", kFormat, "\" but found ", format->dump(-1));
}

std::vector<std::pair<std::string, Tensor>> state_of(const Json& json, const std::string& path) {
  std::vector<std::pair<std::string, Tensor>> out;
  for (auto& [key, value] : json.as_object(path)) out.emplace_back(key, value.as_tensor(path + "." + key));
  return out;
}
}  // namespace

Json describe_module(Module& m) {
  Json json = Json::object();
  json.set("type", m.type_name());
  Json options = options_to_json(&visit_module_options, &m);
  for (auto& [key, value] : options.as_object()) json.set(key, value);
  edits_to_json(m, json);
  return json;
}

Json module_to_json(Module& m) {
  Json json = Json::object();
  json.set("format", kFormat);
  Json described = describe_module(m);
  for (auto& [key, value] : described.as_object()) json.set(key, value);
  Json state = Json::object();
  for (auto& [path, t] : m.state()) state.as_object().emplace_back(path, t);
  json.set("state", state);
  return json;
}

std::unique_ptr<Module> build_module(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_object(), path, ": expected an object with a \"type\" but found ", json.kind());
  check_format(json, path);
  const std::string& type = json.at("type", path).as_string(path + ".type");
  const Row& row = find_row(type, path + ".type");
  const Json* state = json.find("state");
  std::unique_ptr<Module> m;
  {
    ContextScope scope;
    // Every number will be overwritten: constructors leave them unfilled, reparameterizations set shapes, no generator is touched.
    if (state) context().no_init = true;
    m = row.create(json, path);
    apply_edits(*m, json, path);
  }
  if (state) m->load_state(state_of(*state, path + ".state"));
  return m;
}

std::unique_ptr<Reparameterization> build_reparam(const Json& json, const std::string& path) {
  std::unique_ptr<Module> m = build_module(json, path);
  auto* r = dynamic_cast<Reparameterization*>(m.get());
  check<ConfigError>(r != nullptr, path, ": ", m->type_name(), " is not a reparameterization");
  m.release();
  return std::unique_ptr<Reparameterization>(r);
}

AnyModule load(const std::string& file) {
  Json json = Json::read_file(file);
  try {
    return AnyModule(build_module(json, "model"));
  } catch (const ConfigError& e) {
    throw ConfigError(text(file, ": ", e.what()));
  }
}

void load_into(Module& m, const std::string& file) {
  Json json = Json::read_file(file);
  check_format(json, file);
  m.load_state(state_of(json.at("state", file), file + ": state"));
}

}  // namespace tare::nn

namespace tare {
void save(nn::Module& m, const std::string& file) { nn::module_to_json(m).write_file(file, true); }
}  // namespace tare
