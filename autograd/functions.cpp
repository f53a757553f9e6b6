#include "autograd/functions.h"

#include <cmath>

namespace tare {

const Json* Keywords::find(std::string_view key) {
  read_.emplace_back(key);
  const Json* j = options_.find(key);
  return j && !j->is_null() ? j : nullptr;
}
std::string Keywords::at(std::string_view key) const { return text(function_, ".", key); }

bool Keywords::has(std::string_view key) { return find(key) != nullptr; }

bool Keywords::is_null(std::string_view key) {
  find(key);
  const Json* j = options_.find(key);
  return j && j->is_null();
}

bool Keywords::flag(std::string_view key, bool fallback) {
  const Json* j = find(key);
  return j ? j->as_bool(at(key)) : fallback;
}
int64_t Keywords::integer(std::string_view key, int64_t fallback) {
  const Json* j = find(key);
  return j ? j->as_int(at(key)) : fallback;
}
int64_t Keywords::integer(std::string_view key) {
  const Json* j = find(key);
  check<ConfigError>(j != nullptr, function_, ": the option \"", key, "\" is missing");
  return j->as_int(at(key));
}
std::optional<int64_t> Keywords::maybe_integer(std::string_view key) {
  const Json* j = find(key);
  if (!j) return std::nullopt;
  return j->as_int(at(key));
}
double Keywords::real(std::string_view key, double fallback) {
  const Json* j = find(key);
  return j ? j->as_double(at(key)) : fallback;
}
double Keywords::real(std::string_view key) {
  const Json* j = find(key);
  check<ConfigError>(j != nullptr, function_, ": the option \"", key, "\" is missing");
  return j->as_double(at(key));
}
std::optional<double> Keywords::maybe_real(std::string_view key) {
  const Json* j = find(key);
  if (!j) return std::nullopt;
  return j->as_double(at(key));
}
std::string Keywords::word(std::string_view key, std::string_view fallback) {
  const Json* j = find(key);
  return j ? j->as_string(at(key)) : std::string(fallback);
}
std::string Keywords::word(std::string_view key) {
  const Json* j = find(key);
  check<ConfigError>(j != nullptr, function_, ": the option \"", key, "\" is missing");
  return j->as_string(at(key));
}
Shape Keywords::shape(std::string_view key, const Shape& fallback) {
  const Json* j = find(key);
  if (!j) return fallback;
  if (j->is_number()) return {j->as_int(at(key))};
  Shape out;
  for (const Json& v : j->as_array(at(key))) out.push_back(v.as_int(at(key)));
  return out;
}
Shape Keywords::shape(std::string_view key) {
  check<ConfigError>(options_.find(key) != nullptr, function_, ": the option \"", key, "\" is missing");
  return shape(key, {});
}
std::vector<double> Keywords::reals(std::string_view key) {
  const Json* j = find(key);
  std::vector<double> out;
  if (!j) return out;
  if (j->is_number()) return {j->as_double(at(key))};
  if (j->is_tensor()) return j->as_tensor().to_vector<double>();
  for (const Json& v : j->as_array(at(key))) out.push_back(v.as_double(at(key)));
  return out;
}
Scalar Keywords::scalar(std::string_view key) {
  const Json* j = find(key);
  check<ConfigError>(j != nullptr, function_, ": the option \"", key, "\" is missing");
  if (j->is_bool()) return j->as_bool();
  if (j->is_int()) return j->as_int();
  return j->as_double(at(key));
}
Tensor Keywords::tensor(std::string_view key) {
  const Json* j = find(key);
  return j ? j->as_tensor(at(key)) : Tensor();
}
const Json& Keywords::json(std::string_view key) {
  static const Json null;
  const Json* j = find(key);
  return j ? *j : null;
}

void Keywords::finish() const {
  if (!options_.is_object()) return;
  for (auto& [key, value] : options_.as_object()) {
    bool known = false;
    for (auto& r : read_) known = known || r == key;
    if (known) continue;
    std::vector<std::string_view> names(read_.begin(), read_.end());
    std::string near = nearest(key, names.data(), names.size());
    throw ConfigError(text(function_, ".", key, ": unknown option", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
  }
}

namespace {

struct ReadKeywords : Visitor {
  Keywords& k;
  explicit ReadKeywords(Keywords& keywords) : k(keywords) {}
  void option(std::string_view name, bool& v) override { v = k.flag(name, v); }
  void option(std::string_view name, int64_t& v) override { v = k.integer(name, v); }
  void option(std::string_view name, double& v) override { v = k.real(name, v); }
  void option(std::string_view name, Shape& v) override { v = k.shape(name, v); }
  void option(std::string_view name, Tensor& v) override {
    if (k.has(name)) v = k.tensor(name);
  }
  /// A number in a word's place is taken as its text ("shift": "mean" or 0.5).
  void option(std::string_view name, std::string& v) override {
    if (!k.has(name)) return;
    const Json& j = k.json(name);
    v = j.is_string() ? j.as_string() : j.dump(-1);
  }
  void option(std::string_view name, std::optional<int64_t>& v) override {
    if (k.has(name)) v = k.maybe_integer(name);
  }
  void option(std::string_view name, std::optional<double>& v) override {
    if (k.has(name)) v = k.maybe_real(name);
  }
  void enumerated(std::string_view name, int& value, EnumNames names) override {
    std::string word = k.word(name, names.names[value]);
    for (size_t i = 0; i < names.count; i++)
      if (names.names[i] == word) return void(value = int(i));
    throw ConfigError(text(name, ": \"", word, "\" is not one of the values it takes, such as \"", names.names[0], "\""));
  }
};

}  // namespace

void read_options(VisitFunction visit, void* options, Keywords& keywords) {
  ReadKeywords read(keywords);
  visit(options, read);
}

Tensors call_function(const Function& f, const Tensors& inputs, const Json& options) {
  Keywords keywords(f.name, options);
  Tensors outputs = f.call(Inputs(f.name, inputs), keywords);
  keywords.finish();
  return outputs;
}

}  // namespace tare
