// The element types that files of other programs have, and how they become tare's five.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/input.h"
#include "core/tensor.h"

namespace tare {

enum class Element : uint8_t { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64 };

constexpr int64_t element_width(Element e) {
  constexpr int64_t widths[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
  return widths[static_cast<int>(e)];
}
/// The dtype that holds every value: other integers become int64, half floats float32.
DType element_dtype(Element e);
/// What a dtype is written as.
Element element_of(DType t);

/// Fills the contiguous tensor `out` (of element_dtype(e)) from `in`, in pieces; `swapped`: the bytes are big-endian.
/// Throws FileError for a cut file, a bool that is neither 0 nor 1, and an unsigned number beyond int64.
void read_elements(Input& in, Element e, bool swapped, const Tensor& out);

/// IEEE half precision and the upper half of a float32, as float32.
float half_to_float(uint16_t bits);
float bfloat_to_float(uint16_t bits);

/// A tensor of `shape` whose elements `available` bytes of file can hold; throws FileError naming `what` before allocating when they cannot.
Tensor allocate_from_file(const std::string& what, const Shape& shape, Element e, uint64_t available);

}  // namespace tare
