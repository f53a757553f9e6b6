// The five element types and how they promote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace tare {

/// Ordered so that promotion of two array types is their maximum.
enum class DType : uint8_t { boolean, uint8, int64, float32, float64 };

constexpr int64_t item_size(DType t) {
  constexpr int64_t sizes[] = {1, 1, 8, 4, 8};
  return sizes[static_cast<int>(t)];
}
constexpr bool is_floating(DType t) { return t >= DType::float32; }
constexpr DType promote(DType a, DType b) { return a < b ? b : a; }

/// "bool", "uint8", "int64", "float32", "float64".
std::string_view dtype_name(DType t);
/// Inverse of dtype_name; throws DTypeError for any other name.
DType dtype_from_name(std::string_view name);
inline void append(std::string& out, DType t) { out += dtype_name(t); }

template <class T> struct dtype_of;
template <> struct dtype_of<bool> { static constexpr DType value = DType::boolean; };
template <> struct dtype_of<uint8_t> { static constexpr DType value = DType::uint8; };
template <> struct dtype_of<int64_t> { static constexpr DType value = DType::int64; };
template <> struct dtype_of<float> { static constexpr DType value = DType::float32; };
template <> struct dtype_of<double> { static constexpr DType value = DType::float64; };

/// Calls f.template operator()<T>() with the C++ type of `t`: `dispatch(t, [&]<class T>() { ... })`.
template <class F>
decltype(auto) dispatch(DType t, F&& f) {
  switch (t) {
    case DType::boolean: return f.template operator()<bool>();
    case DType::uint8: return f.template operator()<uint8_t>();
    case DType::int64: return f.template operator()<int64_t>();
    case DType::float32: return f.template operator()<float>();
    default: return f.template operator()<double>();
  }
}

/// The same over float32 and float64 only; throws DTypeError naming `what` for the others.
template <class F>
decltype(auto) dispatch_floating(std::string_view what, DType t, F&& f) {
  check<DTypeError>(is_floating(t), what, ": expected float32 or float64 but the input is ", t, "; convert it with to(x, DType::float32)");
  if (t == DType::float32) return f.template operator()<float>();
  return f.template operator()<double>();
}

}  // namespace tare
