#include "core/elements.h"

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "core/pack.h"

namespace tare {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and so is every machine tare is built for");

constexpr size_t kPiece = 1 << 16;  // bytes; a multiple of every width

void reverse_bytes(uint8_t* data, size_t size, size_t width) {
  for (size_t i = 0; i < size; i += width)
    for (size_t a = 0, b = width - 1; a < b; a++, b--) std::swap(data[i + a], data[i + b]);
}

template <class From, class To, class Convert>
void convert(const uint8_t* from, size_t count, To* to, Convert f) {
  for (size_t i = 0; i < count; i++) {
    From v;
    std::memcpy(&v, from + i * sizeof(From), sizeof v);
    to[i] = f(v);
  }
}

void convert_piece(const Input& in, Element e, const uint8_t* from, size_t count, void* to, int64_t at) {
  auto* integers = static_cast<int64_t*>(to) + at;
  auto* floats = static_cast<float*>(to) + at;
  auto widen = [](auto v) { return static_cast<int64_t>(v); };
  switch (e) {
    case Element::i8: return convert<int8_t>(from, count, integers, widen);
    case Element::u16: return convert<uint16_t>(from, count, integers, widen);
    case Element::i16: return convert<int16_t>(from, count, integers, widen);
    case Element::u32: return convert<uint32_t>(from, count, integers, widen);
    case Element::i32: return convert<int32_t>(from, count, integers, widen);
    case Element::u64:
      return convert<uint64_t>(from, count, integers, [&](uint64_t v) {
        check<FileError>(v <= uint64_t(std::numeric_limits<int64_t>::max()), in.name(), ": the unsigned number ", v, " does not fit int64");
        return static_cast<int64_t>(v);
      });
    case Element::f16: return convert<uint16_t>(from, count, floats, half_to_float);
    case Element::bf16: return convert<uint16_t>(from, count, floats, bfloat_to_float);
    default: std::memcpy(static_cast<uint8_t*>(to) + at * element_width(e), from, count * size_t(element_width(e)));
  }
}

}  // namespace

DType element_dtype(Element e) {
  switch (e) {
    case Element::boolean: return DType::boolean;
    case Element::u8: return DType::uint8;
    case Element::f16:
    case Element::bf16:
    case Element::f32: return DType::float32;
    case Element::f64: return DType::float64;
    default: return DType::int64;
  }
}

Element element_of(DType t) {
  constexpr Element elements[] = {Element::boolean, Element::u8, Element::i64, Element::f32, Element::f64};
  return elements[static_cast<int>(t)];
}

// Sign, 5 bits of exponent (bias 15), 10 of mantissa. Denormals are mantissa * 2^-24.
float half_to_float(uint16_t bits) {
  uint32_t sign = uint32_t(bits >> 15) << 31, exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 0) {
    float v = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -v : v;
  }
  uint32_t wide = exponent == 31 ? 255 : exponent + 112;  // 127 - 15
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

float bfloat_to_float(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

void read_elements(Input& in, Element e, bool swapped, const Tensor& out) {
  size_t width = size_t(element_width(e)), count = size_t(out.numel());
  bool as_it_is = element_of(out.dtype()) == e;
  if (as_it_is) {
    in.read(out.mutable_raw(), byte_size(out));
    if (swapped) reverse_bytes(static_cast<uint8_t*>(out.mutable_raw()), byte_size(out), width);
  } else {
    std::vector<uint8_t> piece(kPiece);
    for (size_t at = 0; at < count;) {
      size_t n = std::min(kPiece / width, count - at);
      in.read(piece.data(), n * width);
      if (swapped) reverse_bytes(piece.data(), n * width, width);
      convert_piece(in, e, piece.data(), n, out.mutable_raw(), int64_t(at));
      at += n;
    }
  }
  if (e == Element::boolean) {
    const auto* bytes = static_cast<const uint8_t*>(out.raw());
    for (size_t i = 0; i < count; i++) check<FileError>(bytes[i] <= 1, in.name(), ": the byte ", int(bytes[i]), " of a bool tensor is neither 0 nor 1");
  }
}

Tensor allocate_from_file(const std::string& what, const Shape& shape, Element e, uint64_t available) {
  int64_t bytes = 8;  // the widest dtype: the tensor must be addressable, too
  for (int64_t n : shape) check<FileError>(n >= 0, what, ": a tensor cannot have the negative size ", n);
  for (int64_t n : shape)
    check<FileError>(!__builtin_mul_overflow(bytes, n, &bytes), what, ": a tensor of shape ", shape, " is too large to address");
  uint64_t needed = uint64_t(bytes / 8) * uint64_t(element_width(e));
  check<FileError>(needed <= available, what, ": a tensor of shape ", shape, " needs ", needed, " bytes but only ", available, " are there; is the file cut off?");
  return empty(shape, element_dtype(e));
}

}  // namespace tare
