// Powers, remainders, whole division and the other costlier functions of two numbers.
#include <cmath>
#include <limits>

#include "kernels/binary_driver.h"

namespace tare::kernels {
namespace {

struct Power {
  template <class T> T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::pow(a, b);
    } else if constexpr (std::is_same_v<T, bool>) {
      return a || !b;
    } else {
      // Whole powers by squaring, wrapping around; a negative exponent gives the whole part of 1 / a^-b.
      if constexpr (std::is_signed_v<T>)
        if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
      uint64_t result = 1, base = static_cast<uint64_t>(a);
      for (auto e = static_cast<uint64_t>(b); e; e >>= 1, base *= base)
        if (e & 1) result *= base;
      return static_cast<T>(result);
    }
  }
};

// Exponents that need no logarithm; `Power` for the rest.
template <class T>
Tensor power_of(const Tensor& a, double exponent) {
  if (exponent == 2) return map_as<T, T>(a, [](T v) { return T(v * v); }, kCheapGrain);
  if (exponent == 3) return map_as<T, T>(a, [](T v) { return T(v * v * v); }, kCheapGrain);
  if (exponent == -1) return map_as<T, T>(a, [](T v) { return T(1) / v; }, kCheapGrain);
  if (exponent == 0.5) return map_as<T, T>(a, [](T v) { return std::sqrt(v); }, kCheapGrain);
  if (exponent == -2) return map_as<T, T>(a, [](T v) { return T(1) / (v * v); }, kCheapGrain);
  T e = T(exponent);
  return map_as<T, T>(a, [e](T v) { return std::pow(v, e); }, kCostlyGrain);
}

struct Fmod {
  template <class T> T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) return std::fmod(a, b);
    else if constexpr (std::is_signed_v<T>) return b == -1 ? T(0) : T(a % b);  // the smallest int64 % -1 traps
    else return T(a % b);
  }
};
struct Remainder {
  template <class T> T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      T r = std::fmod(a, b);
      return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    } else if constexpr (std::is_signed_v<T>) {
      if (b == -1) return 0;
      T r = a % b;
      return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    } else {
      return T(a % b);
    }
  }
};
struct FloorDivide {
  template <class T> T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      // Python's definition: exact where floor(a / b) would suffer from the rounding of the quotient.
      if (b == 0) return a / b;
      T r = std::fmod(a, b), q = (a - r) / b;
      if (r != 0 && (b < 0) != (r < 0)) q -= 1;
      if (q == 0) return std::copysign(T(0), a / b);
      T whole = std::floor(q);
      return q - whole > T(0.5) ? whole + 1 : whole;
    } else if constexpr (std::is_signed_v<T>) {
      if (b == -1) return static_cast<T>(-static_cast<uint64_t>(a));
      T q = a / b;
      return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
    } else {
      return T(a / b);
    }
  }
};
struct TruncDivide {
  template <class T> T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) return std::trunc(a / b);
    else if constexpr (std::is_signed_v<T>) return b == -1 ? static_cast<T>(-static_cast<uint64_t>(a)) : a / b;
    else return T(a / b);
  }
};
struct Atan2 {
  template <class T> T operator()(T a, T b) const { return std::atan2(a, b); }
};
struct Hypot {
  template <class T> T operator()(T a, T b) const { return std::hypot(a, b); }
};
struct LogAddExp {
  template <class T> T operator()(T a, T b) const {
    if (a == b && std::isinf(a)) return a;  // inf - inf would be NaN
    T larger = a > b ? a : b;
    return larger + std::log1p(std::exp(-std::abs(a - b)));
  }
};
struct XLogY {
  template <class T> T operator()(T a, T b) const { return b != b ? b : a == 0 ? T(0) : a * std::log(b); }
};

template <class A, class B, class F>
Tensor divide_whole(const char* what, const A& a, const B& b, const F& f) {
  DType type = result_type(a, b);
  if (is_floating(type)) return binary_floating(what, a, b, f);
  if (type == DType::boolean) type = DType::uint8;
  Pair pair(what, a, b, type);
  check<ValueError>(!pair.divides_by_zero(), what, ": whole numbers cannot be divided by 0; convert to a floating type for infinities");
  return type == DType::uint8 ? pair.map<uint8_t, uint8_t>(f, kCostlyGrain) : pair.map<int64_t, int64_t>(f, kCostlyGrain);
}

}  // namespace

Tensor pow(const Tensor& a, const Tensor& b) { return binary_same("pow", a, b, Power{}, kCostlyGrain); }
Tensor pow(const Tensor& a, const Scalar& b) {
  DType type = result_type(a, b);
  if (is_floating(type)) {
    Tensor x = a.dtype() == type ? a : to(a, type);
    return type == DType::float32 ? power_of<float>(x, b.real()) : power_of<double>(x, b.real());
  }
  check<ValueError>(b.real() >= 0, "pow: whole numbers have no negative whole power ", b.real(), "; convert the base to a floating type");
  return binary_same("pow", a, b, Power{}, kCostlyGrain);
}
Tensor pow(const Scalar& a, const Tensor& b) { return binary_same("pow", a, b, Power{}, kCostlyGrain); }

Tensor atan2(const Tensor& a, const Tensor& b) { return binary_floating("atan2", a, b, Atan2{}); }
Tensor hypot(const Tensor& a, const Tensor& b) { return binary_floating("hypot", a, b, Hypot{}); }
Tensor logaddexp(const Tensor& a, const Tensor& b) { return binary_floating("logaddexp", a, b, LogAddExp{}); }
Tensor xlogy(const Tensor& a, const Tensor& b) { return binary_floating("xlogy", a, b, XLogY{}); }
Tensor xlogy(const Tensor& a, const Scalar& b) { return binary_floating("xlogy", a, b, XLogY{}); }
Tensor xlogy(const Scalar& a, const Tensor& b) { return binary_floating("xlogy", a, b, XLogY{}); }
Tensor fmod(const Tensor& a, const Tensor& b) { return divide_whole("fmod", a, b, Fmod{}); }
Tensor fmod(const Tensor& a, const Scalar& b) { return divide_whole("fmod", a, b, Fmod{}); }
Tensor remainder(const Tensor& a, const Tensor& b) { return divide_whole("remainder", a, b, Remainder{}); }
Tensor remainder(const Tensor& a, const Scalar& b) { return divide_whole("remainder", a, b, Remainder{}); }
Tensor remainder(const Scalar& a, const Tensor& b) { return divide_whole("remainder", a, b, Remainder{}); }
Tensor floor_divide(const Tensor& a, const Tensor& b) { return divide_whole("floor_divide", a, b, FloorDivide{}); }
Tensor floor_divide(const Tensor& a, const Scalar& b) { return divide_whole("floor_divide", a, b, FloorDivide{}); }
Tensor floor_divide(const Scalar& a, const Tensor& b) { return divide_whole("floor_divide", a, b, FloorDivide{}); }
Tensor trunc_divide(const Tensor& a, const Tensor& b) { return divide_whole("trunc_divide", a, b, TruncDivide{}); }
Tensor trunc_divide(const Tensor& a, const Scalar& b) { return divide_whole("trunc_divide", a, b, TruncDivide{}); }

}  // namespace tare::kernels
