#include "core/shape.h"

#include "core/dtype.h"

namespace tare {

void append(std::string& out, const Shape& s) {
  out += '[';
  for (int i = 0; i < s.size(); i++) {
    if (i) out += ", ";
    detail::append(out, s[i]);
  }
  out += ']';
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides = shape;
  int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] > 0 ? shape[i] : 1;
  }
  return strides;
}

int normalize_axis(std::string_view what, int64_t axis, int rank) {
  int64_t limit = rank > 0 ? rank : 1;
  check<IndexError>(axis >= -limit && axis < limit, what, ": axis ", axis, " is out of range for a tensor of ", rank, " dimensions (expected ", -limit,
                    " to ", limit - 1, ")");
  return static_cast<int>(axis < 0 ? axis + limit : axis);
}

Shape normalize_axes(std::string_view what, const Shape& axes, int rank) {
  Shape out;
  if (axes.empty()) {
    for (int i = 0; i < rank; i++) out.push_back(i);
    return out;
  }
  for (int64_t a : axes) {
    int axis = normalize_axis(what, a, rank);
    for (int64_t seen : out) check<IndexError>(seen != axis, what, ": axis ", a, " appears twice in ", axes);
    out.push_back(axis);
  }
  if (rank == 0) return {};
  return out;
}

Shape broadcast_shapes(std::string_view what, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape out = longer;
  int shift = longer.size() - shorter.size();
  for (int i = 0; i < shorter.size(); i++) {
    int64_t& x = out[i + shift];
    int64_t y = shorter[i];
    if (x == y || y == 1) continue;
    check<ShapeError>(x == 1, what, ": shapes ", a, " and ", b, " do not broadcast: sizes ", x, " and ", y, " meet at axis ", i + shift - longer.size());
    x = y;
  }
  return out;
}

std::string_view dtype_name(DType t) {
  constexpr std::string_view names[] = {"bool", "uint8", "int64", "float32", "float64"};
  return names[static_cast<int>(t)];
}

DType dtype_from_name(std::string_view name) {
  for (int i = 0; i < 5; i++)
    if (dtype_name(static_cast<DType>(i)) == name) return static_cast<DType>(i);
  throw DTypeError(text("unknown dtype \"", name, "\"; expected bool, uint8, int64, float32 or float64"));
}

}  // namespace tare
