// Sizes: an option that is one whole number, one for each axis, or a word.
#pragma once

#include <initializer_list>
#include <string>

#include "core/json.h"
#include "core/visitor.h"

namespace tare::nn {

/// .padding = 1, .padding = {1, 2}, .padding = "same". In JSON the same; null entries of a list are -1 ("as the input").
class Sizes : public Box {
 public:
  Sizes() = default;  // not given: null in JSON
  Sizes(int64_t v) : values{v} {}
  Sizes(int v) : values{v} {}
  Sizes(std::initializer_list<int64_t> v) : values(v) {}
  Sizes(const Shape& v) : values(v) {}
  Sizes(const char* w) : word(w) {}

  bool empty() const override { return values.empty() && word.empty(); }
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;

  /// The numbers, one of them standing for all: throws ConfigError naming `what` and the option unless there are 1 or `axes` of them, each at
  /// least `least`.
  Shape for_axes(std::string_view what, std::string_view option, int axes, int64_t least) const;

  Shape values{};
  std::string word{};
};

}  // namespace tare::nn
