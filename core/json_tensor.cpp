#include "core/json_tensor.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base64.h"
#include "core/crc32.h"
#include "core/pack.h"

namespace tare {
namespace {

template <class T>
T converted(double v, std::string_view token) {
  if constexpr (std::is_same_v<T, double>) {
    return v;
  } else if constexpr (std::is_same_v<T, float>) {
    float f = static_cast<float>(v);
    if (!token.empty()) std::from_chars(token.data(), token.data() + token.size(), f);
    check<FileError>(std::isfinite(f) || !std::isfinite(v), "the number ", v, " is out of float32's range");
    return f;
  } else {
    constexpr double low = std::is_same_v<T, int64_t> ? -9223372036854775808.0 : 0;
    constexpr double end = std::is_same_v<T, int64_t> ? 9223372036854775808.0 : std::is_same_v<T, uint8_t> ? 256 : 2;
    check<FileError>(v >= low && v < end && std::trunc(v) == v, "the number ", v, " does not fit ", dtype_of<T>::value);
    return static_cast<T>(v);
  }
}

template <class T>
T converted(int64_t v) {
  if constexpr (std::is_same_v<T, uint8_t>) check<FileError>(v >= 0 && v < 256, "the number ", v, " does not fit uint8");
  if constexpr (std::is_same_v<T, bool>) check<FileError>(v == 0 || v == 1, "the number ", v, " is not a bool: expected 0, 1, false or true");
  return static_cast<T>(v);
}

}  // namespace

Shape checked_shape(const std::vector<int64_t>& sizes) {
  check<FileError>(sizes.size() <= size_t(Shape::max_rank), "a tensor has at most 8 dimensions, not ", sizes.size());
  int64_t bytes = 8;
  for (int64_t n : sizes) {
    check<FileError>(n >= 0, "a tensor cannot have the negative size ", n);
    check<FileError>(!__builtin_mul_overflow(bytes, n, &bytes), "a tensor of shape ", Shape(std::span(sizes)), " is too large to address");
  }
  return Shape(std::span(sizes));
}

DType checked_dtype(std::string_view name) {
  for (DType t : {DType::boolean, DType::uint8, DType::int64, DType::float32, DType::float64})
    if (name == dtype_name(t)) return t;
  throw FileError(text("unknown dtype \"", name.substr(0, 40), "\": expected bool, uint8, int64, float32 or float64"));
}

TensorBuilder::TensorBuilder(const Shape& shape, std::optional<DType> dtype, size_t remaining_bytes)
    : shape_(shape), count_(shape.numel()), remaining_(remaining_bytes) {
  // The shortest element is three quarters of a byte (base64 of a uint8): a count beyond that cannot be in the file.
  check<FileError>(size_t(count_) <= remaining_bytes, "a tensor of shape ", shape, " has more elements than the file has bytes left (", remaining_bytes, ")");
  if (dtype) {
    // A list takes at least two bytes a number; base64 four for three bytes. Beyond both bounds the file is wrong, and nothing is allocated.
    size_t bytes = size_t(count_ * item_size(*dtype));
    check<FileError>(size_t(count_) <= remaining_bytes / 2 + 1 || bytes <= remaining_bytes / 4 * 3 + 3, "a tensor of shape ", shape, " and dtype ", *dtype,
                     " does not fit into what is left of the file (", remaining_bytes, " bytes)");
    allocate(*dtype);
  }
}

void TensorBuilder::allocate(DType dtype) { tensor_ = empty(shape_, dtype); }

void TensorBuilder::claim_list() {
  check<FileError>(form_ != Form::base64, "a tensor's data are either numbers or base64 strings, not both");
  form_ = Form::list;
  check<FileError>(filled_ < count_, "a tensor of shape ", shape_, " has more than its ", count_, " elements");
}

void TensorBuilder::store_at(int64_t at, double v, std::string_view token) {
  dispatch(tensor_.dtype(), [&]<class T>() { tensor_.mutable_data<T>()[at] = converted<T>(v, token); });
}
void TensorBuilder::store_at(int64_t at, int64_t v) {
  dispatch(tensor_.dtype(), [&]<class T>() { tensor_.mutable_data<T>()[at] = converted<T>(v); });
}

void TensorBuilder::add(int64_t v) {
  claim_list();
  if (tensor_.defined()) store_at(filled_, v);
  else numbers_.push_back({double(v), v, true});
  filled_++;
}

void TensorBuilder::add(bool v) { add(int64_t(v)); }

void TensorBuilder::add(double v, std::string_view token) {
  claim_list();
  if (tensor_.defined()) store_at(filled_, v, token);
  else numbers_.push_back({v, 0, false});
  filled_++;
}

void TensorBuilder::add(std::string_view s) {
  if (s == "inf") return add(std::numeric_limits<double>::infinity());
  if (s == "-inf") return add(-std::numeric_limits<double>::infinity());
  if (s == "nan") return add(std::numeric_limits<double>::quiet_NaN());
  check<FileError>(form_ != Form::list, "a tensor's data are either numbers or base64 strings, not both");
  form_ = Form::base64;
  int64_t size = base64_decoded_size(s);
  check<FileError>(size >= 0, "a string of a tensor's data is not base64: its length of ", s.size(), " is not a multiple of four");
  int64_t most = count_ * (tensor_.defined() ? item_size(tensor_.dtype()) : 8);
  check<FileError>(size <= most - filled_, "a tensor of shape ", shape_, " has more data than its ", count_, " elements take");
  uint8_t* to;
  if (tensor_.defined()) {
    to = static_cast<uint8_t*>(tensor_.mutable_raw());
  } else {
    bytes_.resize(size_t(filled_ + size));
    to = bytes_.data();
  }
  check<FileError>(base64_decode(s, to + filled_), "a string of a tensor's data is not base64");
  filled_ += size;
}

Tensor TensorBuilder::finish(DType dtype, const std::string* crc32_wanted) {
  int64_t width = form_ == Form::base64 ? item_size(dtype) : 1;
  check<FileError>(filled_ == count_ * width, "a tensor of shape ", shape_, " and dtype ", dtype, " needs ", count_ * width,
                   form_ == Form::base64 ? " bytes" : " numbers", " but its data have ", filled_);
  if (!tensor_.defined()) {
    allocate(dtype);
    if (form_ == Form::base64) std::memcpy(tensor_.mutable_raw(), bytes_.data(), bytes_.size());
    for (size_t i = 0; i < numbers_.size(); i++) {
      const Number& n = numbers_[i];
      if (n.is_integer) store_at(int64_t(i), n.integer);
      else store_at(int64_t(i), n.real, {});
    }
  }
  if (dtype == DType::boolean) {
    const auto* bytes = static_cast<const uint8_t*>(tensor_.raw());
    for (int64_t i = 0; i < count_; i++) check<FileError>(bytes[i] <= 1, "the byte ", int(bytes[i]), " of a bool tensor is neither 0 nor 1");
  }
  if (crc32_wanted) {
    std::string found = crc32_text(crc32(0, tensor_.raw(), byte_size(tensor_)));
    check<FileError>(*crc32_wanted == found, "a tensor of shape ", shape_, " is damaged: its crc32 is ", found, " but ", *crc32_wanted, " was written");
  }
  return tensor_;
}

}  // namespace tare
