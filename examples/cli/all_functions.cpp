#include "examples/cli/all_functions.h"

#include "nn/functions.h"
#include "optim/functions.h"

namespace tare::cli {

const std::vector<Function>& all_functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> out = tare::functions();
    for (auto more : {nn::functions(), optim::functions()}) out.insert(out.end(), more.begin(), more.end());
    return out;
  }();
  return all;
}

const Function& find_function(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Function& f : all_functions()) {
    if (f.name == name) return f;
    names.push_back(f.name);
  }
  std::string near = nearest(name, names.data(), names.size());
  throw ConfigError(text("unknown function \"", name, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

}  // namespace tare::cli
