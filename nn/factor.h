// Factor: an option that is a number or a word ("1/sqrt(n)").
#pragma once

#include <string>

#include "core/json.h"
#include "core/visitor.h"

namespace tare::nn {

class Factor : public Box {
 public:
  Factor(double v) : value(v) {}
  Factor(const char* w) : word(w) {}

  bool empty() const override { return false; }
  Json to_json() const override { return word.empty() ? Json(value) : Json(word); }
  void from_json(const Json& json, const std::string& path) override {
    word = json.is_string() ? json.as_string() : std::string();
    if (!json.is_string()) value = json.as_double(path);
  }

  double value = 1;
  std::string word{};
};

}  // namespace tare::nn
