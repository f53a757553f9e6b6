// Options to JSON and back, derived from their visit().
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/visitor.h"

namespace tare {

using VisitFunction = void (*)(void* object, Visitor& v);

/// Writes every option that `visit` names into an object.
Json options_to_json(VisitFunction visit, void* options);
/// Reads them. Keys absent from `json` keep their defaults; an unknown key is a ConfigError naming the nearest known one and the path;
/// keys in `ignore` (such as "type", "state") are skipped.
void options_from_json(VisitFunction visit, void* options, const Json& json, const std::string& path, std::initializer_list<std::string_view> ignore = {});

template <class O>
Json options_to_json(const O& options) {
  return options_to_json([](void* o, Visitor& v) { static_cast<O*>(o)->visit(v); }, const_cast<O*>(&options));
}
template <class O>
void options_from_json(O& options, const Json& json, const std::string& path, std::initializer_list<std::string_view> ignore = {}) {
  options_from_json([](void* o, Visitor& v) { static_cast<O*>(o)->visit(v); }, &options, json, path, ignore);
}

/// Throws ConfigError for `key` at `path`: "model.layers.3.epss: unknown option; did you mean "eps"?" with the list of known ones.
[[noreturn]] void unknown_key(const std::string& path, std::string_view key, const std::vector<std::string>& known);

/// One line for printing: "eps=1e-05, affine=true".
std::string options_to_string(VisitFunction visit, void* options);

}  // namespace tare
