#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/pack.h"

namespace tare {
namespace {

std::string place(std::string_view path) { return path.empty() ? std::string() : text(path, ": "); }

[[noreturn]] void wrong_kind(std::string_view path, std::string_view expected, const Json& found) {
  std::string shown;
  if (found.is_string() || found.is_number() || found.is_bool()) shown = text(" (", found.dump(-1).substr(0, 60), ")");
  throw ConfigError(text(place(path), "expected ", expected, " but found ", found.kind(), shown));
}

bool same_tensor(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  Tensor x = packed(a), y = packed(b);
  return byte_size(x) == 0 || std::memcmp(x.raw(), y.raw(), byte_size(x)) == 0;
}

}  // namespace

Json::Json() noexcept = default;
Json::Json(std::nullptr_t) noexcept {}
Json::Json(bool v) : value_(v) {}
Json::Json(int v) : value_(int64_t(v)) {}
Json::Json(int64_t v) : value_(v) {}
Json::Json(uint64_t v) : value_(int64_t(v)) {}
Json::Json(double v) : value_(v) {}
Json::Json(const char* v) : value_(std::string(v)) {}
Json::Json(std::string_view v) : value_(std::string(v)) {}
Json::Json(std::string v) : value_(std::move(v)) {}
Json::Json(Array v) : value_(std::move(v)) {}
Json::Json(Object v) : value_(std::move(v)) {}
Json::Json(const Tensor& v) : value_(v) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;
Json Json::object() { return Json(Object{}); }
Json Json::array() { return Json(Array{}); }

std::string_view Json::kind() const {
  constexpr std::string_view kinds[] = {"null", "a boolean", "an integer", "a number", "a string", "a list", "an object", "a tensor"};
  return kinds[value_.index()];
}

bool Json::as_bool(std::string_view path) const {
  if (!is_bool()) wrong_kind(path, "a boolean", *this);
  return std::get<bool>(value_);
}

int64_t Json::as_int(std::string_view path) const {
  if (is_int()) return std::get<int64_t>(value_);
  if (!is_number()) wrong_kind(path, "an integer", *this);
  double v = std::get<double>(value_);
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (!(std::trunc(v) == v && v >= -limit && v < limit)) wrong_kind(path, "an integer", *this);
  return static_cast<int64_t>(v);
}

double Json::as_double(std::string_view path) const {
  if (is_int()) return static_cast<double>(std::get<int64_t>(value_));
  if (is_number()) return std::get<double>(value_);
  if (is_string()) {
    const std::string& s = std::get<std::string>(value_);
    if (s == "inf") return std::numeric_limits<double>::infinity();
    if (s == "-inf") return -std::numeric_limits<double>::infinity();
    if (s == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  wrong_kind(path, "a number", *this);
}

const std::string& Json::as_string(std::string_view path) const {
  if (!is_string()) wrong_kind(path, "a string", *this);
  return std::get<std::string>(value_);
}
const Json::Array& Json::as_array(std::string_view path) const {
  if (!is_array()) wrong_kind(path, "a list", *this);
  return std::get<Array>(value_);
}
const Json::Object& Json::as_object(std::string_view path) const {
  if (!is_object()) wrong_kind(path, "an object", *this);
  return std::get<Object>(value_);
}
Json::Array& Json::as_array(std::string_view path) { return const_cast<Array&>(std::as_const(*this).as_array(path)); }
Json::Object& Json::as_object(std::string_view path) { return const_cast<Object&>(std::as_const(*this).as_object(path)); }
const Tensor& Json::as_tensor(std::string_view path) const {
  if (!is_tensor()) wrong_kind(path, "a tensor", *this);
  return std::get<Tensor>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : std::get<Object>(value_))
    if (member.first == key) return &member.second;
  return nullptr;
}
Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json& Json::at(std::string_view key, std::string_view path) const {
  const Object& members = as_object(path);
  if (const Json* found = find(key)) return *found;
  std::vector<std::string_view> names;
  for (const Member& member : members) names.push_back(member.first);
  std::string near = nearest(key, names.data(), names.size());
  throw ConfigError(text(place(path), "the key \"", key, "\" is missing", near.empty() ? "" : text("; is \"", near, "\" meant to be it?")));
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  if (Json* found = find(key)) return *found;
  Object& members = as_object();
  members.emplace_back(std::string(key), Json());
  return members.back().second;
}

bool Json::erase(std::string_view key) {
  if (!is_object()) return false;
  return std::erase_if(std::get<Object>(value_), [&](const Member& member) { return member.first == key; }) > 0;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  as_array().push_back(std::move(value));
}

size_t Json::size() const {
  if (is_array()) return std::get<Array>(value_).size();
  if (is_object()) return std::get<Object>(value_).size();
  return 0;
}

void Json::set_path(std::string_view path, Json value) {
  check<ConfigError>(!path.empty(), "a path of keys must not be empty");
  Json* at = this;
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('.', begin), path.size());
    std::string_view key = path.substr(begin, end - begin), upto = path.substr(0, end);
    check<ConfigError>(!key.empty(), "\"", path, "\": a path of keys must not have an empty key");
    if (at->is_array()) {
      Array& items = at->as_array();
      size_t index = 0;
      for (char c : key) {
        check<ConfigError>(c >= '0' && c <= '9', upto, ": expected the index of an item of a list but found \"", key, "\"");
        index = std::min(index * 10 + size_t(c - '0'), items.size());
      }
      check<ConfigError>(index < items.size(), upto, ": the list has only ", items.size(), " items");
      at = &items[index];
    } else {
      check<ConfigError>(at->is_object() || at->is_null(), upto, ": cannot be set because what it is a part of is ", at->kind());
      at = &(*at)[key];
    }
    begin = end + 1;
  }
  *at = std::move(value);
}

bool Json::operator==(const Json& other) const {
  if (value_.index() != other.value_.index()) return false;
  if (is_tensor()) return same_tensor(as_tensor(), other.as_tensor());
  if (is_array()) return as_array() == other.as_array();
  if (is_object()) {  // the order of keys means nothing
    const Object &a = as_object(), &b = other.as_object();
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i++) {
      const Json* v = b[i].first == a[i].first ? &b[i].second : other.find(a[i].first);
      if (!v || !(a[i].second == *v)) return false;
    }
    return true;
  }
  if (is_string()) return as_string() == other.as_string();
  if (is_bool()) return as_bool() == other.as_bool();
  if (is_int()) return as_int() == other.as_int();
  if (is_number()) return as_double() == other.as_double() || (std::isnan(as_double()) && std::isnan(other.as_double()));
  return true;
}

}  // namespace tare
