// Writing JSON: straight to the file, so that a large checkpoint is never a string in memory.
#include <charconv>
#include <cmath>

#include "core/atomic_file.h"
#include "core/base64.h"
#include "core/crc32.h"
#include "core/json.h"
#include "core/pack.h"

namespace tare {
namespace {

constexpr int64_t kReadable = 64;        // elements of a tensor that is written as a list
constexpr size_t kBase64Piece = 49152;   // bytes whose base64 is one string of 64 KiB
constexpr size_t kFlush = 1 << 16;
constexpr int64_t kShortList = 100;      // characters of a list of plain values that stays on one line

void put_string(std::string& out, std::string_view s) {
  out += '"';
  for (char c : s) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr char hex[] = "0123456789abcdef";
          out += "\\u00";
          out += hex[c >> 4];
          out += hex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

template <class T>
void put_real(std::string& out, T v, bool marked) {
  if (std::isnan(v)) return put_string(out, "nan");
  if (std::isinf(v)) return put_string(out, v > 0 ? "inf" : "-inf");
  char buffer[40];
  char* end = std::to_chars(buffer, buffer + sizeof buffer, v).ptr;
  std::string_view digits(buffer, size_t(end - buffer));
  out += digits;
  // "3" would read back as an integer, and "-0" as 0.
  if (digits.find_first_of(".e") == digits.npos && (marked || digits == "-0")) out += ".0";
}

bool readable(const Tensor& t) {
  if (t.numel() > kReadable) return false;
  return dispatch(t.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < t.numel(); i++)
      if (!std::isfinite(double(t.data<T>()[i]))) return false;
    return true;
  });
}

class JsonWriter {
 public:
  JsonWriter(int indent, AtomicFile* file) : indent_(indent), file_(file) {}

  void value(const Json& v, int depth) {
    if (v.is_null()) out_ += "null";
    else if (v.is_bool()) out_ += v.as_bool() ? "true" : "false";
    else if (v.is_int()) detail::append(out_, v.as_int());
    else if (v.is_number()) put_real(out_, v.as_double(), true);
    else if (v.is_string()) put_string(out_, v.as_string());
    else if (v.is_array()) array(v.as_array(), depth);
    else if (v.is_object()) object(v.as_object(), depth, false);
    else tensor(v.as_tensor(), depth);
    flush(kFlush);
  }

  // `checksum`: a last key with the crc32 of everything up to its own opening quote.
  void object(const Json::Object& members, int depth, bool checksum) {
    if (members.empty() && !checksum) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    bool first = true;
    for (const Json::Member& member : members) {
      separate(first, depth + 1);
      put_string(out_, member.first);
      out_ += indent_ < 0 ? ":" : ": ";
      value(member.second, depth + 1);
    }
    if (checksum) {
      separate(first, depth + 1);
      std::string crc = crc32_text(crc32(crc_, out_.data(), out_.size()));
      out_ += text("\"crc32\": \"", crc, '"');
    }
    new_line(depth);
    out_ += '}';
  }

  void flush(size_t over) {
    if (!file_ || out_.size() <= over) return;
    crc_ = crc32(crc_, out_.data(), out_.size());
    file_->write(out_);
    out_.clear();
  }

  std::string take() { return std::move(out_); }

 private:
  void new_line(int depth) {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(size_t(depth) * size_t(indent_), ' ');
  }
  void separate(bool& first, int depth) {
    if (!first) out_ += ',';
    first = false;
    new_line(depth);
  }

  // A short list of plain values stays on one line.
  bool one_line(const Json::Array& items) {
    if (indent_ < 0) return true;
    int64_t length = 0;
    for (const Json& item : items) {
      if (item.is_object() || item.is_tensor() || (item.is_array() && item.size() > 0)) return false;
      length += item.is_string() ? int64_t(item.as_string().size()) + 4 : 8;
      if (length > kShortList) return false;
    }
    return true;
  }

  void array(const Json::Array& items, int depth) {
    bool flat = one_line(items);
    out_ += '[';
    bool first = true;
    for (const Json& item : items) {
      if (flat) {
        if (!first) out_ += indent_ < 0 ? "," : ", ";
        first = false;
      } else {
        separate(first, depth + 1);
      }
      value(item, depth + 1);
    }
    if (!flat) new_line(depth);
    out_ += ']';
  }

  void tensor(const Tensor& source, int depth) {
    if (!source.defined()) {
      out_ += "null";
      return;
    }
    Tensor t = packed(source);
    std::string_view comma = indent_ < 0 ? "," : ", ", colon = indent_ < 0 ? ":" : ": ";
    out_ += text("{\"shape\"", colon, '[');
    for (int i = 0; i < t.dim(); i++) out_ += text(i ? comma : "", t.shape()[i]);
    out_ += text(']', comma, "\"dtype\"", colon, '"', t.dtype(), '"', comma, "\"data\"", colon, '[');
    if (readable(t)) list(t, comma);
    else base64(t, depth);
    out_ += text(']', comma, "\"crc32\"", colon, '"', crc32_text(crc32(0, t.raw(), byte_size(t))), "\"}");
  }

  void list(const Tensor& t, std::string_view comma) {
    dispatch(t.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < t.numel(); i++) {
        if (i) out_ += comma;
        T v = t.data<T>()[i];
        if constexpr (std::is_floating_point_v<T>) put_real(out_, v, false);
        else detail::append(out_, int64_t(v));
      }
    });
  }

  void base64(const Tensor& t, int depth) {
    const char* data = static_cast<const char*>(t.raw());
    size_t size = byte_size(t);
    for (size_t at = 0; at < size; at += kBase64Piece) {
      if (at > 0) out_ += ',';
      if (size > kBase64Piece) new_line(depth + 1);
      out_ += '"';
      base64_encode(out_, data + at, std::min(kBase64Piece, size - at));
      out_ += '"';
      flush(kFlush);
    }
  }

  int indent_;
  AtomicFile* file_;
  std::string out_;
  uint32_t crc_ = 0;  // of what was flushed
};

}  // namespace

std::string Json::dump(int indent) const {
  JsonWriter writer(indent, nullptr);
  writer.value(*this, 0);
  return writer.take();
}

void Json::write_file(const std::string& path, bool checksum, int indent) const {
  AtomicFile file(path);
  JsonWriter writer(indent, &file);
  if (checksum) writer.object(as_object(), 0, true);
  else writer.value(*this, 0);
  writer.flush(0);
  file.write("\n");
  file.commit();
}

}  // namespace tare
