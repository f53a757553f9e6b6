#include "optim/select.h"

#include "core/glob.h"
#include "core/json.h"

namespace tare::optim {

std::vector<bool> selected(std::string_view who, std::string_view option, const ParameterList& params, const std::vector<std::string>& patterns) {
  std::vector<bool> out(params.size());
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (size_t i = 0; i < params.size(); i++)
      if (glob_match(pattern, params[i].name)) out[i] = found = true;
    check<ConfigError>(found, who, ": ", option, ": no parameter matches \"", pattern, "\"");
  }
  return out;
}

size_t index_of(std::string_view who, std::string_view option, const ParameterList& params, const std::string& name) {
  for (size_t i = 0; i < params.size(); i++)
    if (params[i].name == name) return i;
  throw ConfigError(text(who, ": ", option, ": there is no parameter \"", name, "\""));
}

Json NamePairs::to_json() const {
  Json::Array list;
  for (auto& [a, b] : pairs) list.push_back(Json::Array{a, b});
  return list;
}

void NamePairs::from_json(const Json& json, const std::string& path) {
  pairs.clear();
  for (const Json& pair : json.as_array(path)) {
    auto& names = pair.as_array(path);
    check<ConfigError>(names.size() == 2, path, ": expected pairs of names but found a list of ", names.size());
    pairs.emplace_back(names[0].as_string(path), names[1].as_string(path));
  }
}

}  // namespace tare::optim
