// How a tensor stands in JSON, without the JSON: built piece by piece as its numbers or base64 strings arrive.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace tare {

/// Collects the "data" of one tensor. With the dtype known beforehand its pieces go straight into the tensor. Errors are FileErrors
/// without a place: the reader adds it.
class TensorBuilder {
 public:
  /// `remaining_bytes` of the document bound what can follow, so that a wrong shape allocates nothing.
  TensorBuilder(const Shape& shape, std::optional<DType> dtype, size_t remaining_bytes);
  void add(int64_t v);
  void add(bool v);
  /// `token`, when given, is the number as written: float32 is read from it, because rounding twice can differ from rounding once.
  void add(double v, std::string_view token = {});
  /// A piece of base64, or "inf", "-inf", "nan".
  void add(std::string_view s);
  /// The tensor. `dtype` and `crc32` may come after the data. Throws FileError when elements are missing or the checksum differs.
  Tensor finish(DType dtype, const std::string* crc32);

 private:
  void claim_list();
  void allocate(DType dtype);
  template <class V>
  void store(V v);
  void store_at(int64_t at, double v, std::string_view token);
  void store_at(int64_t at, int64_t v);

  enum class Form { none, list, base64 };
  Shape shape_;
  int64_t count_ = 0, filled_ = 0;  // elements of the shape; elements or (base64) bytes so far
  size_t remaining_;
  Form form_ = Form::none;
  Tensor tensor_;                 // defined once the dtype is known
  std::vector<uint8_t> bytes_;    // base64 before the dtype is known
  struct Number {
    double real;
    int64_t integer;
    bool is_integer;
  };
  std::vector<Number> numbers_;   // a list before the dtype is known
};

/// The shape that `sizes` stand for; throws FileError for more than eight, negative or overflowing sizes.
Shape checked_shape(const std::vector<int64_t>& sizes);
/// The dtype of this name; throws FileError listing those there are.
DType checked_dtype(std::string_view name);

}  // namespace tare
