// A .npy file: "\x93NUMPY", version, length of the header, the header, the elements. The header is a Python dictionary, such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
#include "core/npy.h"

#include <algorithm>
#include <charconv>

#include "core/atomic_file.h"
#include "core/elements.h"
#include "core/npy_format.h"
#include "core/pack.h"

namespace tare {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kLongestNpyHeader = 1 << 20;

struct NpyHeader {
  std::string descr;
  bool fortran = false;
  Shape shape;
};

// As much of Python's syntax as the header uses.
class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view s, const std::string& file) : s_(s), file_(file) {}

  NpyHeader parse() {
    NpyHeader h;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      std::string key = string();
      expect(':');
      if (key == "descr" && !descr) h.descr = string(), descr = true;
      else if (key == "fortran_order" && !order) h.fortran = boolean(), order = true;
      else if (key == "shape" && !shape) h.shape = tuple(), shape = true;
      else fail(text("unexpected key '", key.substr(0, 40), "'"));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    space();
    if (at_ != s_.size()) fail("text follows the dictionary");
    if (!descr || !order || !shape) fail("'descr', 'fortran_order' and 'shape' must be there");
    return h;
  }

 private:
  [[noreturn]] void fail(std::string_view what) { throw FileError(text(file_, ": the header of the .npy data is wrong at its byte ", at_, ": ", what)); }
  void space() {
    while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n')) at_++;
  }
  bool take(char c) {
    space();
    if (at_ >= s_.size() || s_[at_] != c) return false;
    at_++;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(text("expected '", c, "'"));
  }
  std::string string() {
    space();
    if (at_ < s_.size() && (s_[at_] == '[' || s_[at_] == '(')) fail("arrays of records are not supported; save each field as an array of its own");
    char quote = at_ < s_.size() ? s_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("expected a string");
    size_t begin = ++at_, end = s_.find(quote, begin);
    if (end == s_.npos) fail("a string does not end");
    at_ = end + 1;
    return std::string(s_.substr(begin, end - begin));
  }
  bool boolean() {
    space();
    for (std::string_view word : {"True", "False"}) {
      if (s_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    fail("expected True or False");
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!take(')')) {
      space();
      int64_t n = 0;
      auto [end, error] = std::from_chars(s_.data() + at_, s_.data() + s_.size(), n);
      if (error != std::errc() || n < 0) fail("expected a size");
      at_ = size_t(end - s_.data());
      if (shape.size() == Shape::max_rank) fail("at most 8 dimensions are supported");
      shape.push_back(n);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view s_;
  const std::string& file_;
  size_t at_ = 0;
};

struct NpyElement {
  std::string_view code;
  Element element;
};
constexpr NpyElement kNpyElements[] = {
    {"b1", Element::boolean}, {"u1", Element::u8},  {"i1", Element::i8},  {"u2", Element::u16}, {"i2", Element::i16}, {"u4", Element::u32},
    {"i4", Element::i32},     {"u8", Element::u64}, {"i8", Element::i64}, {"f2", Element::f16}, {"f4", Element::f32}, {"f8", Element::f64},
};

Element npy_element(const std::string& descr, const std::string& file) {
  constexpr std::string_view orders = "<>=|";
  if (descr.size() == 3 && orders.find(descr[0]) != orders.npos)
    for (const NpyElement& e : kNpyElements)
      if (descr.substr(1) == e.code) return e.element;
  throw FileError(text(file, ": arrays of NumPy's dtype '", descr.substr(0, 40), "' are not supported (bool, integers and floats of 1 to 8 bytes are)"));
}

}  // namespace

Tensor read_npy_stream(Input& in, uint64_t available) {
  auto take = [&](void* to, size_t size) {
    in.read(to, size);
    available -= std::min<uint64_t>(available, size);
  };
  char magic[8];
  take(magic, 8);
  check<FileError>(std::string_view(magic, 6) == kMagic, in.name(), ": not NumPy's .npy format: it does not begin with \\x93NUMPY");
  int version = magic[6];
  check<FileError>(version >= 1 && version <= 3, in.name(), ": version ", version, " of the .npy format is not supported (1 to 3 are)");
  uint8_t bytes[4] = {};
  take(bytes, version == 1 ? 2 : 4);
  size_t length = size_t(bytes[0]) | size_t(bytes[1]) << 8 | size_t(bytes[2]) << 16 | size_t(bytes[3]) << 24;
  check<FileError>(length <= kLongestNpyHeader && length <= available, in.name(), ": the .npy header would be ", length, " bytes long but only ", available,
                   " follow; is the file cut off?");
  std::string content(length, '\0');
  take(content.data(), length);
  NpyHeader header = NpyHeaderParser(content, in.name()).parse();
  Element element = npy_element(header.descr, in.name());

  // Fortran order is C order of the reversed axes.
  Shape stored = header.shape;
  if (header.fortran) std::reverse(stored.begin(), stored.end());
  Tensor t = allocate_from_file(in.name(), stored, element, available);
  read_elements(in, element, header.descr[0] == '>', t);
  if (!header.fortran) return t;
  Shape strides = t.strides();
  std::reverse(strides.begin(), strides.end());
  return packed(view_of(t, header.shape, strides, 0));
}

std::string npy_header(const Tensor& t) {
  std::string_view code;
  for (const NpyElement& e : kNpyElements)
    if (e.element == element_of(t.dtype())) code = e.code;
  std::string dictionary = text("{'descr': '", item_size(t.dtype()) == 1 ? '|' : '<', code, "', 'fortran_order': False, 'shape': (");
  for (int64_t n : t.shape()) dictionary += text(n, ", ");  // a trailing comma makes a tuple of one size a tuple
  if (t.dim() > 1) dictionary.resize(dictionary.size() - 2);
  dictionary += "), }";
  size_t total = (10 + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.append(total - 10 - dictionary.size() - 1, ' ');
  dictionary += '\n';
  std::string out(kMagic);
  out += '\x01';
  out += '\0';
  out += static_cast<char>(dictionary.size() & 255);
  out += static_cast<char>(dictionary.size() >> 8);
  return out + dictionary;
}

Tensor read_npy(const std::string& path) {
  FileInput file(path);
  Tensor t = read_npy_stream(file, file.size());
  check<FileError>(file.position() == file.size(), path, ": ", file.size() - file.position(), " bytes follow the array");
  return t;
}

void write_npy(const std::string& path, const Tensor& t) {
  check<ValueError>(t.defined(), "write_npy: the tensor is undefined");
  Tensor whole = packed(t);
  AtomicFile file(path);
  file.write(npy_header(whole));
  file.write(whole.raw(), byte_size(whole));
  file.commit();
}

}  // namespace tare
