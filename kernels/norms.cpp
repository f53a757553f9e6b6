// Vector norms of any order along any axes.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"
#include "kernels/reduce_driver.h"

namespace tare::kernels {
namespace {

// |x|^p summed; the lanes are double, so that squares of float32 numbers neither overflow nor vanish.
enum class Power { zero, one, two, other };
template <class T, Power kind>
struct PowerOp {
  using In = T;
  using Lane = double;
  using Acc = double;
  using Out = T;
  static constexpr Acc kAcc = 0;
  double p;
  Lane lane(In v) const {
    if constexpr (kind == Power::zero) return v != 0 ? 1.0 : 0.0;
    if constexpr (kind == Power::one) return std::abs(double(v));
    if constexpr (kind == Power::two) return double(v) * double(v);
    return std::pow(std::abs(double(v)), p);
  }
  Lane join(Lane a, Lane b) const { return a + b; }
  Acc merge(Acc a, Acc b) const { return a + b; }
  Out finish(Acc a, int64_t) const {
    if constexpr (kind == Power::zero || kind == Power::one) return static_cast<Out>(a);
    if constexpr (kind == Power::two) return static_cast<Out>(std::sqrt(a));
    return static_cast<Out>(std::pow(a, 1 / p));
  }
};

template <class T, bool larger>
struct AbsExtremeOp {
  using In = T;
  using Lane = T;
  using Acc = T;
  using Out = T;
  static constexpr Acc kAcc = larger ? T(0) : std::numeric_limits<T>::infinity();
  Lane lane(In v) const { return std::abs(v); }
  Lane join(Lane a, Lane b) const { return (larger ? a > b : a < b) || a != a ? a : b; }
  Acc merge(Acc a, Acc b) const { return join(a, b); }
  Out finish(Acc a, int64_t) const { return a; }
};

template <class T>
Tensor norm_of(const Tensor& x, double p, const Shape& axes, bool keepdim) {
  if (p == 0) return fold("norm", x, axes, keepdim, PowerOp<T, Power::zero>{p});
  if (p == 1) return fold("norm", x, axes, keepdim, PowerOp<T, Power::one>{p});
  if (p == 2) return fold("norm", x, axes, keepdim, PowerOp<T, Power::two>{p});
  if (!std::isinf(p)) return fold("norm", x, axes, keepdim, PowerOp<T, Power::other>{p});
  if (p > 0) return fold("norm", x, axes, keepdim, AbsExtremeOp<T, true>{});
  return fold("norm", x, axes, keepdim, AbsExtremeOp<T, false>{});
}

}  // namespace

Tensor norm(const Tensor& x, double p, const Shape& axes, bool keepdim) {
  check<ValueError>(!std::isnan(p), "norm: the order is not a number");
  Tensor in = is_floating(x.dtype()) ? x : to(x, default_dtype());
  check<ValueError>(!(std::isinf(p) && p < 0) || x.numel() > 0 || reduced_shape(x.shape(), normalize_axes("norm", axes, x.dim()), false).numel() == 0, "norm: the smallest absolute value of nothing, for a tensor of shape ",
                    x.shape(), ", has no meaning");
  return in.dtype() == DType::float32 ? norm_of<float>(in, p, axes, keepdim) : norm_of<double>(in, p, axes, keepdim);
}

}  // namespace tare::kernels
