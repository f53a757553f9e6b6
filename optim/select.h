// Parameters chosen by patterns of their names, for methods that treat some of them differently.
#pragma once

#include <string>
#include <vector>

#include "autograd/parameter_list.h"
#include "core/visitor.h"

namespace tare::optim {

/// By parameter: whether any pattern ("blocks.*.weight") matches its name. Throws ConfigError for a pattern that matches none, naming `who` and the
/// option it stands in.
std::vector<bool> selected(std::string_view who, std::string_view option, const ParameterList& params, const std::vector<std::string>& patterns);

/// The index of the parameter of this name; throws the same.
size_t index_of(std::string_view who, std::string_view option, const ParameterList& params, const std::string& name);

/// An option that lists pairs of names: [["norm.weight", "norm.bias"], ...].
struct NamePairs : Box {
  std::vector<std::pair<std::string, std::string>> pairs;
  NamePairs() = default;
  NamePairs(std::initializer_list<std::pair<std::string, std::string>> p) : pairs(p) {}
  bool empty() const override { return false; }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;
};

}  // namespace tare::optim
