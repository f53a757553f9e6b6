// Functions of one number that keep its element type: signs, rounding, clamping; and the tests that give bools.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/promote.h"

namespace tare::kernels {
namespace {

template <class F>
Tensor map_same(const Tensor& x, const F& f) {
  Tensor out;
  dispatch(x.dtype(), [&]<class T>() { out = map_as<T, T>(x, f, kCheapGrain); });
  return out;
}
template <class F>
Tensor map_bool(const Tensor& x, const F& f) {
  Tensor out;
  dispatch(x.dtype(), [&]<class T>() { out = map_as<T, bool>(x, f, kCheapGrain); });
  return out;
}
// f over floats; integers stay as they are.
template <class F>
Tensor map_rounding(const Tensor& x, const F& f) {
  if (x.dtype() == DType::float32) return map_as<float, float>(x, f, kCheapGrain);
  if (x.dtype() == DType::float64) return map_as<double, double>(x, f, kCheapGrain);
  return copy(x);
}
void refuse_bool(const char* what, const Tensor& x) {
  check<DTypeError>(x.dtype() != DType::boolean, what, ": bool tensors have no sign; use logical_not, or convert with to(x, DType::int64)");
}

}  // namespace

Tensor neg(const Tensor& x) {
  refuse_bool("neg", x);
  return map_same(x, [](auto v) { return decltype(v)(-v); });
}
Tensor abs(const Tensor& x) {
  return map_same(x, [](auto v) {
    using T = decltype(v);
    if constexpr (std::is_floating_point_v<T>) return std::abs(v);
    else if constexpr (std::is_same_v<T, int64_t>) return v < 0 ? -v : v;
    else return v;
  });
}
Tensor square(const Tensor& x) {
  if (x.dtype() == DType::boolean) return square(to(x, DType::int64));
  return map_same(x, [](auto v) { return decltype(v)(v * v); });
}
Tensor sign(const Tensor& x) {
  return map_same(x, [](auto v) {
    using T = decltype(v);
    if constexpr (std::is_floating_point_v<T>) return v != v ? v : T(v > 0) - T(v < 0);
    else return T(int(v > 0) - int(v < T(0)));
  });
}
Tensor floor(const Tensor& x) { return map_rounding(x, [](auto v) { return std::floor(v); }); }
Tensor ceil(const Tensor& x) { return map_rounding(x, [](auto v) { return std::ceil(v); }); }
Tensor trunc(const Tensor& x) { return map_rounding(x, [](auto v) { return std::trunc(v); }); }
Tensor frac(const Tensor& x) { return map_rounding(x, [](auto v) { return v - std::trunc(v); }); }
Tensor round(const Tensor& x, int64_t decimals) {
  if (decimals == 0) return map_rounding(x, [](auto v) { return std::nearbyint(v); });
  double ten = std::pow(10.0, double(decimals < 0 ? -decimals : decimals));
  bool up = decimals > 0;
  return map_rounding(x, [ten, up](auto v) {
    using T = decltype(v);
    return up ? std::nearbyint(v * T(ten)) / T(ten) : std::nearbyint(v / T(ten)) * T(ten);
  });
}

Tensor relu(const Tensor& x) {
  refuse_bool("relu", x);
  return map_same(x, [](auto v) { return v < decltype(v)(0) ? decltype(v)(0) : v; });
}
Tensor leaky_relu(const Tensor& x, double slope) {
  if (!is_floating(x.dtype())) return leaky_relu(to(x, default_dtype()), slope);
  return map_rounding(x, [slope](auto v) { return v > 0 ? v : v * decltype(v)(slope); });
}
Tensor elu(const Tensor& x, double alpha, double scale) {
  if (!is_floating(x.dtype())) return elu(to(x, default_dtype()), alpha, scale);
  return map_rounding(x, [alpha, scale](auto v) {
    using T = decltype(v);
    return v > 0 ? v : T(alpha) * std::expm1(v * T(scale));
  });
}

namespace {
template <class T>
struct Clamp {
  T lo, hi;
  T operator()(T v) const {
    // Written so that NaN falls through both comparisons, and so that hi wins where lo > hi.
    T w = v < lo ? lo : v;
    return w > hi ? hi : w;
  }
};
template <class T>
constexpr T lowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
template <class T>
constexpr T highest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
}  // namespace

Tensor clamp(const Tensor& x, std::optional<Scalar> lo, std::optional<Scalar> hi) {
  check<ValueError>(lo || hi, "clamp: expected a lower or an upper bound");
  DType type = x.dtype();
  if (lo) type = result_type(type, *lo);
  if (hi) type = result_type(type, *hi);
  Tensor in = type == x.dtype() ? x : to(x, type), out;
  dispatch(type, [&]<class T>() { out = map_as<T, T>(in, Clamp<T>{lo ? lo->as<T>() : lowest<T>, hi ? hi->as<T>() : highest<T>}, kCheapGrain); });
  return out;
}

Tensor isnan(const Tensor& x) { return map_bool(x, [](auto v) { return v != v; }); }
Tensor isinf(const Tensor& x) {
  return map_bool(x, [](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return std::isinf(v);
    else return false;
  });
}
Tensor isfinite(const Tensor& x) {
  return map_bool(x, [](auto v) {
    if constexpr (std::is_floating_point_v<decltype(v)>) return std::isfinite(v);
    else return true;
  });
}
Tensor logical_not(const Tensor& x) { return map_bool(x, [](auto v) { return v == decltype(v)(0); }); }

}  // namespace tare::kernels
