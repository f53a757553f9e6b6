// Json: a document in memory, with tensors as values.
//
// A file is parsed by nlohmann-json's streaming reader; what looks like a tensor ({"shape", "dtype", "data"}) goes straight into a
// Tensor as its pieces arrive, so that a 100 MB checkpoint costs about its size in memory. No JSON library shows in this header.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace tare {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // in order of appearance; keys are unique

  // Defined in json.cpp: inlined into every caller, a variant's moves cost compile time and draw false warnings from GCC 12.
  Json() noexcept;  // null
  Json(std::nullptr_t) noexcept;
  Json(bool v);
  Json(int v);
  Json(int64_t v);
  Json(uint64_t v);  // 64-bit patterns keep their bits
  Json(double v);
  Json(const char* v);
  Json(std::string_view v);
  Json(std::string v);
  Json(Array v);
  Json(Object v);
  Json(const Tensor& v);
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();
  static Json object();
  static Json array();

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_tensor() const { return std::holds_alternative<Tensor>(value_); }
  /// "null", "a boolean", "an integer", "a number", "a string", "a list", "an object", "a tensor".
  std::string_view kind() const;

  // Typed access; throws ConfigError("<path>: expected a number but found a string") where the type is another.
  bool as_bool(std::string_view path = "") const;
  int64_t as_int(std::string_view path = "") const;      ///< an integer, or a number without a fraction
  double as_double(std::string_view path = "") const;    ///< a number, or "inf", "-inf", "nan"
  const std::string& as_string(std::string_view path = "") const;
  const Array& as_array(std::string_view path = "") const;
  const Object& as_object(std::string_view path = "") const;
  Array& as_array(std::string_view path = "");
  Object& as_object(std::string_view path = "");
  const Tensor& as_tensor(std::string_view path = "") const;

  /// Member `key`, or null when this is not an object or has no such key.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// Member `key`; throws ConfigError naming `path` and the key when it is missing.
  const Json& at(std::string_view key, std::string_view path = "") const;
  /// Member `key`, added (null) when missing; a null becomes an object.
  Json& operator[](std::string_view key);
  void set(std::string_view key, Json value) { (*this)[key] = std::move(value); }
  bool erase(std::string_view key);
  void push_back(Json value);
  size_t size() const;
  /// Sets the value at a dotted path ("optimizer.base.lr", "model.layers.3.eps"); missing objects are made. Throws ConfigError.
  void set_path(std::string_view path, Json value);

  bool operator==(const Json& other) const;

  /// Parses a document. `source` names it in messages; errors give line and column. A tensor that does not state its dtype is of
  /// `unstated`. An object of the keys "shape", "dtype", "data" and "crc32" alone is a tensor: "data" lists numbers in row-major order, or
  /// base64 strings of little-endian bytes; "crc32" is checked. So is a last key "crc32" of the document, which is then left out.
  /// Throws FileError.
  static Json parse(std::string_view document, std::string_view source = "JSON", DType unstated = DType::float64);
  static Json read_file(const std::string& path, DType unstated = DType::float64);
  /// indent < 0: one line. Doubles in their shortest form that reads back exactly; non-finite ones as "inf", "-inf", "nan". Tensors of up
  /// to 64 finite numbers as readable lists, others as base64.
  std::string dump(int indent = 2) const;
  /// Atomic: temporary file, fsync, rename, fsync of the folder. With `checksum`, a last key "crc32" covers all before it.
  void write_file(const std::string& path, bool checksum = false, int indent = 1) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object, Tensor> value_;
};

}  // namespace tare
