// Conversions between element types, and filling.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"

namespace tare::kernels {
namespace {

template <class From, class To>
struct Convert {
  To operator()(From v) const {
    if constexpr (std::is_same_v<To, bool>) {
      return v != From(0);
    } else if constexpr (std::is_same_v<To, uint8_t> && std::is_floating_point_v<From>) {
      return static_cast<uint8_t>(to_int64(v));  // wraps around as an integer would
    } else if constexpr (std::is_same_v<To, int64_t> && std::is_floating_point_v<From>) {
      return to_int64(v);
    } else {
      return static_cast<To>(v);
    }
  }
  // A float outside int64 has no defined conversion in C++: it becomes the smallest int64, as x86 hardware does.
  static int64_t to_int64(From v) {
    constexpr From limit = From(9223372036854775808.0);
    return v >= -limit && v < limit ? static_cast<int64_t>(v) : std::numeric_limits<int64_t>::min();
  }
};

template <class From>
RowLoop convert_loop(DType to) {
  RowLoop loop = nullptr;
  dispatch(to, [&]<class To>() { loop = unary_row<From, To, Convert<From, To>>; });
  return loop;
}

RowLoop convert_loop(DType from, DType to) {
  RowLoop loop = nullptr;
  dispatch(from, [&]<class From>() { loop = convert_loop<From>(to); });
  return loop;
}

constexpr Convert<float, float> kNoContext{};  // every Convert is empty: any one serves as the context

}  // namespace

Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return copy(x);
  Tensor out = empty(x.shape(), dtype);
  Operand in[] = {x};
  run_rows(out, in, 1, convert_loop(x.dtype(), dtype), &kNoContext, kCheapGrain);
  return out;
}

void copy_into(const Tensor& dst, const Tensor& src) {
  check<ShapeError>(broadcast_shapes("copy_into", dst.shape(), src.shape()) == dst.shape(), "copy_into: a source of shape ", src.shape(),
                    " does not broadcast to the destination's shape ", dst.shape());
  Operand in[] = {src};
  run_rows(dst, in, 1, convert_loop(src.dtype(), dst.dtype()), &kNoContext, kCheapGrain);
}

void fill(const Tensor& dst, const Scalar& value) {
  Operand in[] = {Operand(value, dst.dtype())};
  run_rows(dst, in, 1, convert_loop(dst.dtype(), dst.dtype()), &kNoContext, kCheapGrain);
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  int shift = shape.size() - x.dim();
  bool fits = shift >= 0;
  Shape strides(shape.size(), 0);
  for (int d = 0; fits && d < x.dim(); d++) {
    if (x.shape()[d] == shape[d + shift]) strides[d + shift] = x.strides()[d];
    else fits = x.shape()[d] == 1;
  }
  check<ShapeError>(fits, "broadcast_to: a tensor of shape ", x.shape(), " does not broadcast to ", shape);
  return view_of(x, shape, strides, x.impl().offset);
}

}  // namespace tare::kernels
