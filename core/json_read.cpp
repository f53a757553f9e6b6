// Reading JSON: nlohmann-json splits the document into events, this file builds a Json from them.
//
// Payload never stands in memory twice: the numbers and base64 strings of a tensor go into it as they arrive. What bounds a hostile document:
// depth, the number of values outside tensors, and for each tensor the bytes that remain.
#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/byte_source.h"
#include "core/crc32.h"
#include "core/json.h"
#include "core/json_tensor.h"

namespace tare {
namespace {

constexpr size_t kMaxDepth = 200;
constexpr size_t kMaxValues = 4'000'000;  // outside of tensors: some 200 MB
constexpr std::string_view kChecksumKey = "\"crc32\"";

// What nlohmann-json reads from: a single-pass iterator over a ByteSource.
struct ByteIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;
  ByteSource* source;
  char operator*() const { return source->peek(); }
  ByteIterator& operator++() {
    source->skip();
    return *this;
  }
  ByteIterator operator++(int) = delete;
  bool operator!=(const ByteIterator&) const { return !source->ended(); }
  bool operator==(const ByteIterator&) const { return source->ended(); }
};

bool is_tensor_key(std::string_view key) { return key == "shape" || key == "dtype" || key == "data" || key == "crc32"; }

bool has_only_tensor_keys(const Json& object) {
  for (const Json::Member& member : object.as_object())
    if (!is_tensor_key(member.first)) return false;
  return true;
}

Shape shape_of(const Json& list) {
  std::vector<int64_t> sizes;
  for (const Json& size : list.as_array()) {
    check<FileError>(size.is_int(), "a tensor's shape is a list of integers, not of ", size.kind());
    sizes.push_back(size.as_int());
  }
  return checked_shape(sizes);
}

std::optional<DType> dtype_in(const Json& object) {
  const Json* name = object.find("dtype");
  if (!name) return std::nullopt;
  check<FileError>(name->is_string(), "a tensor's dtype is a string, not ", name->kind());
  return checked_dtype(name->as_string());
}

void check_unique_keys(const Json::Object& members) {
  std::vector<std::string_view> keys;
  for (const Json::Member& member : members) keys.push_back(member.first);
  std::sort(keys.begin(), keys.end());
  auto twice = std::adjacent_find(keys.begin(), keys.end());
  check<FileError>(twice == keys.end(), "the key \"", twice == keys.end() ? std::string_view() : twice->substr(0, 80), "\" stands twice in this object");
}

class Reader {
 public:
  Reader(ByteSource& source, DType unstated) : source_(source), unstated_(unstated) {}
  Json document;

  // ---- the events, by the names nlohmann-json calls
  bool null() { return value(Json()); }
  bool boolean(bool v) { return in_data() ? element(v) : value(v); }
  bool number_integer(int64_t v) { return in_data() ? element(v) : value(v); }
  bool number_unsigned(uint64_t v) {
    if (v > uint64_t(INT64_MAX)) return number_float(double(v), {});
    return number_integer(int64_t(v));
  }
  bool number_float(double v, const std::string& token) {
    if (!in_data()) return value(v);
    top().tensor->add(v, token);
    return true;
  }
  bool string(std::string& v) {
    if (in_data()) return element(std::string_view(v));
    return value(Json(std::move(v)));
  }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) {
    if (starts_tensor_data()) {
      Frame& f = top();
      f.tensor = std::make_unique<TensorBuilder>(shape_of(*f.value.find("shape")), dtype_in(f.value), source_.remaining());
      f.in_data = true;
      return true;
    }
    return open(Json::array());
  }
  bool key(std::string& k) {
    Frame& f = top();
    check<FileError>(!f.checksummed, "the key \"crc32\" must be the last of the document");
    check<FileError>(!f.tensor || is_tensor_key(k), "an object of \"shape\" and \"data\" is a tensor, which has no key \"", k.substr(0, 80), "\"");
    check<FileError>(!f.tensor || k != "data", "the key \"data\" stands twice in this object");
    if (frames_.size() == 1 && k == "crc32" && !(f.value.size() > 0 && has_only_tensor_keys(f.value))) {
      f.checksummed = true;
      checksum_ = crc32_text(source_.crc_before(kChecksumKey.size()));
    }
    f.key = std::move(k);
    return true;
  }
  bool end_array() {
    if (in_data()) {
      top().in_data = false;
      return true;
    }
    return close(std::move(top().value));
  }
  bool end_object() {
    Frame& f = top();
    check_unique_keys(f.value.as_object());
    if (f.checksummed) {
      std::string wanted = f.value.find("crc32")->as_string();
      check<FileError>(wanted == checksum_, "the document is damaged: its crc32 is ", checksum_, " but ", wanted.substr(0, 20), " was written");
      f.value.erase("crc32");
    } else if (f.tensor) {
      return close(finish(f));
    } else if (listed_data_first(f.value)) {
      return close(from_lists(f.value));
    }
    return close(std::move(f.value));
  }
  bool parse_error(size_t, const std::string& last_token, const nlohmann::detail::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing ...; last read: ...": the place is ours.
    std::string_view what = e.what();
    if (size_t at = what.find("column "); at != what.npos) what.remove_prefix(std::min(what.size(), what.find(": ", at) + 2));
    else if (size_t end = what.find("] "); end != what.npos) what.remove_prefix(end + 2);
    (void)last_token;
    throw FileError(std::string(what.substr(0, 400)));
  }

 private:
  struct Frame {
    Json value;                             // the object or list under construction
    std::string key;                        // of the member whose value comes next
    std::unique_ptr<TensorBuilder> tensor;  // once the data of a tensor began
    bool in_data = false;                   // inside the list of the data
    bool checksummed = false;               // the key of the document's crc32 was met: nothing may follow its value
  };

  Frame& top() { return frames_.back(); }
  bool in_data() { return !frames_.empty() && top().in_data; }

  // A tensor that tells its shape first is filled as its data arrive.
  bool starts_tensor_data() {
    if (frames_.empty() || top().in_data || !top().value.is_object() || top().key != "data") return false;
    const Json* shape = top().value.find("shape");
    return shape && shape->is_array() && has_only_tensor_keys(top().value);
  }

  template <class V>
  bool element(V v) {
    top().tensor->add(v);
    return true;
  }

  bool open(Json empty) {
    check<FileError>(!in_data(), "a tensor's data are a flat list of numbers (row-major) or of base64 strings, without lists or objects inside");
    check<FileError>(frames_.size() < kMaxDepth, "lists and objects are nested more than ", kMaxDepth, " deep");
    frames_.push_back(Frame{std::move(empty), {}, nullptr});
    return true;
  }
  bool close(Json finished) {
    frames_.pop_back();
    return value(std::move(finished));
  }
  bool value(Json v) {
    check<FileError>(!in_data(), "a tensor's data are a list of numbers or of base64 strings; found ", v.kind());
    check<FileError>(++values_ <= kMaxValues, "more than ", kMaxValues, " values outside of tensors; write long lists of numbers as tensors");
    if (frames_.size() == 1 && !v.is_string()) top().checksummed = false;  // a member that happens to have that name
    if (frames_.empty()) document = std::move(v);
    else if (top().value.is_array()) top().value.as_array().push_back(std::move(v));
    else top().value.as_object().emplace_back(std::move(top().key), std::move(v));
    return true;
  }

  Tensor finish(Frame& f) {
    const Json* crc = f.value.find("crc32");
    check<FileError>(!crc || crc->is_string(), "a tensor's crc32 is a string of eight hexadecimal digits, not ", crc ? crc->kind() : "");
    return f.tensor->finish(dtype_in(f.value).value_or(unstated_), crc ? &crc->as_string() : nullptr);
  }

  static bool listed_data_first(const Json& object) {
    const Json *shape = object.find("shape"), *data = object.find("data");
    return shape && shape->is_array() && data && data->is_array() && has_only_tensor_keys(object);
  }
  Tensor from_lists(const Json& object) {
    Frame f{object, {}, nullptr};
    const Json::Array& items = object.find("data")->as_array();
    f.tensor = std::make_unique<TensorBuilder>(shape_of(*object.find("shape")), std::nullopt, SIZE_MAX / 2);
    for (const Json& item : items) {
      if (item.is_int()) f.tensor->add(item.as_int());
      else if (item.is_bool()) f.tensor->add(item.as_bool());
      else if (item.is_number()) f.tensor->add(item.as_double());
      else if (item.is_string()) f.tensor->add(std::string_view(item.as_string()));
      else throw FileError(text("a tensor's data are a list of numbers or of base64 strings; found ", item.kind()));
    }
    return finish(f);
  }

  ByteSource& source_;
  DType unstated_;
  std::vector<Frame> frames_;
  size_t values_ = 0;
  std::string checksum_;
};

}  // namespace

namespace {
Json parse_json(ByteSource& source, DType unstated) {
  Reader reader(source, unstated);
  try {
    nlohmann::json::sax_parse(ByteIterator{&source}, ByteIterator{&source}, &reader);
  } catch (const Error& e) {
    throw FileError(text(source.place(), ": ", e.what()));
  }
  return std::move(reader.document);
}
}  // namespace

Json Json::parse(std::string_view document, std::string_view source_name, DType unstated) {
  ByteSource source(document, std::string(source_name));
  return parse_json(source, unstated);
}

Json Json::read_file(const std::string& path, DType unstated) {
  ByteSource source(path);
  return parse_json(source, unstated);
}

}  // namespace tare
