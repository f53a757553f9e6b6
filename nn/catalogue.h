// The catalogue: every module and reparameterization there is, by name.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/json.h"
#include "nn/layer.h"

namespace tare::nn {

/// What a row is: it decides under which word `tare list` prints it.
enum class Kind { layer, norm, activation, loss, container, attention, recurrent, flow, saliency, analysis, reparam, regularizer, other };

struct Row {
  std::string_view name;
  Kind kind;
  std::unique_ptr<Module> (*create)(const Json& json, const std::string& path);
  std::string_view description;  ///< one sentence
  std::string_view paper;        ///< slug of its paper; "" when it has none
};

/// All rows, sorted by name within their kind, the library's first and then the registered ones.
std::vector<Row> catalogue();
/// The row of this name; throws ConfigError with the nearest name. `path` is the place in the document.
const Row& find_row(std::string_view name, const std::string& path);

namespace detail {
void add_registered(const void* type_key, std::string name, std::unique_ptr<Module> (*create)(const Json&, const std::string&));
}

/// Makes a user's module known under `name`: JSON can then name it.
template <class M>
void register_module(std::string name) {
  detail::add_registered(&detail::type_key<M>, std::move(name), &M::create);
}

}  // namespace tare::nn
