#include "core/data/idx.h"

#include <algorithm>

#include "core/atomic_file.h"
#include "core/elements.h"
#include "core/pack.h"

namespace tare::data {
namespace {

constexpr uint64_t kBestCompression = 1032;  // deflate cannot shrink more than this

struct IdxElement {
  uint8_t code;
  Element element;
};
constexpr IdxElement kIdxElements[] = {{0x08, Element::u8},  {0x09, Element::i8},  {0x0b, Element::i16},
                                       {0x0c, Element::i32}, {0x0d, Element::f32}, {0x0e, Element::f64}};

// Bytes the file can hold after decompression.
uint64_t capacity(const std::string& path) {
  FileInput file(path);
  uint8_t magic[2] = {};
  if (file.size() >= 2) file.read(magic, 2);
  return magic[0] == 0x1f && magic[1] == 0x8b ? file.size() * kBestCompression : file.size();
}

}  // namespace

Tensor read_idx(const std::string& path) {
  uint64_t available = capacity(path);
  GzipInput in(path);
  uint8_t magic[4];
  in.read(magic, 4);
  const IdxElement* type = nullptr;
  for (const IdxElement& e : kIdxElements)
    if (e.code == magic[2]) type = &e;
  check<FileError>(magic[0] == 0 && magic[1] == 0 && type && magic[3] <= Shape::max_rank, path, ": not an IDX file: it begins with the bytes ", int(magic[0]), " ",
                   int(magic[1]), " ", int(magic[2]), " ", int(magic[3]), "; expected 0 0, an element type (8 for uint8) and the number of axes (1 to 8)");
  Shape shape;
  for (int i = 0; i < magic[3]; i++) {
    uint8_t b[4];
    in.read(b, 4);
    shape.push_back(int64_t(b[0]) << 24 | int64_t(b[1]) << 16 | int64_t(b[2]) << 8 | int64_t(b[3]));
  }
  Tensor t = allocate_from_file(path, shape, type->element, available - std::min(available, in.position()));
  read_elements(in, type->element, true, t);
  char more;
  check<FileError>(in.read_some(&more, 1) == 0, path, ": bytes follow the ", t.numel(), " elements that its header announces");
  return t;
}

void write_idx(const std::string& path, const Tensor& t) {
  const IdxElement* type = nullptr;
  for (const IdxElement& e : kIdxElements)
    if (e.element == element_of(t.dtype())) type = &e;
  check<DTypeError>(type, "write_idx: expected uint8, float32 or float64 but the tensor is ", t.dtype());
  std::string bytes = {0, 0, char(type->code), char(t.dim())};
  for (int64_t n : t.shape()) {
    check<ValueError>(n <= int64_t(UINT32_MAX), "write_idx: the size ", n, " does not fit the format's 32 bits");
    for (int shift : {24, 16, 8, 0}) bytes += char(n >> shift & 255);
  }
  Tensor whole = packed(t);
  const char* data = static_cast<const char*>(whole.raw());
  size_t width = size_t(item_size(t.dtype()));
  for (size_t i = 0; i < byte_size(whole); i += width)
    for (size_t b = width; b-- > 0;) bytes += data[i + b];
  write_file_atomically(path, bytes);
}

}  // namespace tare::data
