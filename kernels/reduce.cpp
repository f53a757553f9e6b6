// Sums, products, extremes and counts along any axes.
#include "kernels/reduce.h"

#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/promote.h"
#include "kernels/reduce_driver.h"

namespace tare::kernels {
namespace {

// Wide enough for exact sums of integers, and for sums of runs of floats.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;
template <class T>
using SumResult = std::conditional_t<std::is_floating_point_v<T>, T, int64_t>;

template <class T>
struct SumOp {
  using In = T;
  using Lane = SumResult<T>;
  using Acc = Wide<T>;
  using Out = SumResult<T>;
  static constexpr Acc kAcc = 0;
  bool divide = false;
  Lane lane(In v) const { return static_cast<Lane>(v); }
  Lane join(Lane a, Lane b) const { return a + b; }
  Acc merge(Acc a, Acc b) const { return a + b; }
  Out finish(Acc a, int64_t n) const {
    if constexpr (std::is_floating_point_v<T>)
      if (divide) return static_cast<Out>(a / double(n));
    return static_cast<Out>(a);
  }
};

template <class T>
struct ProdOp {
  using In = T;
  using Lane = Wide<T>;
  using Acc = Wide<T>;
  using Out = SumResult<T>;
  static constexpr Acc kAcc = 1;
  Lane lane(In v) const { return static_cast<Lane>(v); }
  Lane join(Lane a, Lane b) const { return a * b; }
  Acc merge(Acc a, Acc b) const { return a * b; }
  Out finish(Acc a, int64_t) const { return static_cast<Out>(a); }
};

template <class T>
constexpr T kLowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
template <class T>
constexpr T kHighest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();

template <class T, bool larger>
struct ExtremeOp {
  using In = T;
  using Lane = T;
  using Acc = T;
  using Out = T;
  static constexpr Acc kAcc = larger ? kLowest<T> : kHighest<T>;
  Lane lane(In v) const { return v; }
  Lane join(Lane a, Lane b) const { return (larger ? a > b : a < b) || a != a ? a : b; }  // a NaN on either side comes through
  Acc merge(Acc a, Acc b) const { return join(a, b); }
  Out finish(Acc a, int64_t) const { return a; }
};

template <bool every>
struct TruthOp {
  using In = uint8_t;
  using Lane = uint8_t;
  using Acc = uint8_t;
  using Out = bool;
  static constexpr Acc kAcc = every;
  Lane lane(In v) const { return v; }
  Lane join(Lane a, Lane b) const { return every ? a & b : a | b; }
  Acc merge(Acc a, Acc b) const { return join(a, b); }
  Out finish(Acc a, int64_t) const { return a; }
};

// A bool tensor's bytes, 0 and 1, as numbers (and back): one set of loops serves both types.
Tensor retyped(const Tensor& x, DType type) {
  Tensor y = alias(x);
  y.impl().dtype = type;
  return y;
}
Tensor numbers(const Tensor& x) { return x.dtype() == DType::boolean ? retyped(x, DType::uint8) : x; }
Tensor truth(const Tensor& x) { return retyped(x.dtype() == DType::boolean ? x : ne(x, 0), DType::uint8); }

// dispatch without bool.
template <class F>
void dispatch_numbers(DType type, F&& f) {
  switch (type) {
    case DType::uint8: return f.template operator()<uint8_t>();
    case DType::int64: return f.template operator()<int64_t>();
    case DType::float32: return f.template operator()<float>();
    default: return f.template operator()<double>();
  }
}

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, default_dtype()); }

int64_t reduced_count(std::string_view what, const Tensor& x, const Shape& axes) {
  int64_t n = 1;
  for (int64_t d : normalize_axes(what, axes, x.dim())) n *= x.shape()[static_cast<int>(d)];
  return n;
}

template <bool larger>
Tensor extreme(const char* what, const Tensor& x, const Shape& axes, bool keepdim) {
  check<ValueError>(reduced_count(what, x, axes) > 0, what, ": a tensor of shape ", x.shape(), " has no element to choose along axes ",
                    normalize_axes(what, axes, x.dim()));
  Tensor in = numbers(x), out;
  dispatch_numbers(in.dtype(), [&]<class T>() { out = fold(what, in, axes, keepdim, ExtremeOp<T, larger>{}); });
  return x.dtype() == DType::boolean ? retyped(out, DType::boolean) : out;
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& axes, bool keepdim) {
  Tensor in = numbers(x), out;
  dispatch_numbers(in.dtype(), [&]<class T>() { out = fold("sum", in, axes, keepdim, SumOp<T>{}); });
  return out;
}

Tensor mean(const Tensor& x, const Shape& axes, bool keepdim) {
  Tensor in = floating(x);
  if (in.dtype() == DType::float32) return fold("mean", in, axes, keepdim, SumOp<float>{.divide = true});
  return fold("mean", in, axes, keepdim, SumOp<double>{.divide = true});
}

Tensor prod(const Tensor& x, const Shape& axes, bool keepdim) {
  Tensor in = numbers(x), out;
  dispatch_numbers(in.dtype(), [&]<class T>() { out = fold("prod", in, axes, keepdim, ProdOp<T>{}); });
  return out;
}

Tensor amax(const Tensor& x, const Shape& axes, bool keepdim) { return extreme<true>("amax", x, axes, keepdim); }
Tensor amin(const Tensor& x, const Shape& axes, bool keepdim) { return extreme<false>("amin", x, axes, keepdim); }

Tensor any(const Tensor& x, const Shape& axes, bool keepdim) { return fold("any", truth(x), axes, keepdim, TruthOp<false>{}); }
Tensor all(const Tensor& x, const Shape& axes, bool keepdim) { return fold("all", truth(x), axes, keepdim, TruthOp<true>{}); }
Tensor count_nonzero(const Tensor& x, const Shape& axes, bool keepdim) {
  return fold("count_nonzero", truth(x), axes, keepdim, SumOp<uint8_t>{});
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  int shift = x.dim() - shape.size();
  check<ShapeError>(shift >= 0, "sum_to: a tensor of shape ", x.shape(), " was not broadcast from ", shape);
  Shape axes;
  for (int d = 0; d < x.dim(); d++) {
    bool broadcast = d < shift || (shape[d - shift] == 1 && x.shape()[d] != 1);
    check<ShapeError>(broadcast || shape[d - shift] == x.shape()[d], "sum_to: a tensor of shape ", x.shape(), " was not broadcast from ", shape);
    if (broadcast) axes.push_back(d);
  }
  Tensor out = axes.empty() ? contiguous(x) : sum(x, axes, true);
  if (out.dtype() != x.dtype()) out = to(out, x.dtype());
  return view_of(out, shape, contiguous_strides(shape), out.impl().offset);
}

}  // namespace tare::kernels
