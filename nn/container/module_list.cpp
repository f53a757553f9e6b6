#include "nn/container/module_list.h"

#include <algorithm>

namespace tare::nn {

void ModuleListOptions::visit(Visitor& v) { v.option("modules", modules); }

Tensor ModuleList::forward(const Tensor&) { throw StateError("ModuleList: it is not called; call its modules, or use Sequential"); }
void ModuleList::visit(Visitor& v) { options.modules.visit(v); }
void ModuleList::append(AnyModule m) {
  check<ConfigError>(bool(m), "ModuleList: an empty box was appended");
  options.modules.items.push_back(std::move(m));
}
AnyModule& ModuleList::operator[](size_t i) {
  check<IndexError>(i < size(), "ModuleList: there is no module ", i, "; it holds ", size());
  return options.modules[i];
}

void ModuleDictOptions::visit(Visitor& v) {
  v.option("keys", keys);
  v.option("modules", modules);
}

ModuleDict::ModuleDict(Options o) : options(std::move(o)) {
  check<ConfigError>(options.keys.size() == options.modules.size(), "ModuleDict: ", options.keys.size(), " keys for ", options.modules.size(), " modules");
  for (size_t i = 0; i < options.keys.size(); i++) {
    const std::string& key = options.keys[i];
    check<ConfigError>(!key.empty() && key.find('.') == std::string::npos, "ModuleDict: a key must be a word without dots, not \"", key, "\"");
    check<ConfigError>(std::count(options.keys.begin(), options.keys.end(), key) == 1, "ModuleDict: the key \"", key, "\" stands twice");
    check<ConfigError>(bool(options.modules[i]), "ModuleDict: the module \"", key, "\" is missing");
  }
}

Tensor ModuleDict::forward(const Tensor&) { throw StateError("ModuleDict: it is not called; call its modules"); }
void ModuleDict::visit(Visitor& v) {
  for (size_t i = 0; i < size(); i++) v.exchangeable(options.keys[i], options.modules[i]);
}

bool ModuleDict::contains(std::string_view key) const { return std::find(options.keys.begin(), options.keys.end(), key) != options.keys.end(); }

void ModuleDict::set(std::string key, AnyModule m) {
  if (contains(key)) {
    (*this)[key] = std::move(m);
    return;
  }
  Options changed = options;
  changed.keys.push_back(std::move(key));
  changed.modules.items.push_back(std::move(m));
  ModuleDict checked(std::move(changed));  // refuses what does not fit, before anything changes
  options.keys = std::move(checked.options.keys);
  options.modules.items.push_back(std::move(checked.options.modules.items.back()));
}

AnyModule& ModuleDict::operator[](std::string_view key) {
  for (size_t i = 0; i < size(); i++)
    if (options.keys[i] == key) return options.modules[i];
  std::vector<std::string_view> names(options.keys.begin(), options.keys.end());
  std::string near = nearest(key, names.data(), names.size());
  throw ConfigError(text("ModuleDict: there is no \"", key, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

template class Layer<ModuleList>;
template class Layer<ModuleDict>;

}  // namespace tare::nn
