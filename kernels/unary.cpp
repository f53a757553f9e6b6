// Functions of one floating number. Accuracy is that of the C library, save float32 rows of the common ones, which go
// through simd_math.
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/promote.h"
#include "kernels/special_functions.h"

namespace tare::kernels {
namespace {

// f over float32 or float64; integers and bools are converted to the default floating type first.
template <class F>
Tensor map_floating(const Tensor& x, const F& f, int64_t grain = kCostlyGrain) {
  if (x.dtype() == DType::float32) return map_as<float, float>(x, f, grain);
  if (x.dtype() == DType::float64) return map_as<double, double>(x, f, grain);
  return map_floating(to(x, default_dtype()), f, grain);
}

}  // namespace

Tensor exp(const Tensor& x) { return map_floating(x, [](auto v) { return std::exp(v); }); }
Tensor exp2(const Tensor& x) { return map_floating(x, [](auto v) { return std::exp2(v); }); }
Tensor expm1(const Tensor& x) { return map_floating(x, [](auto v) { return std::expm1(v); }); }
Tensor log(const Tensor& x) { return map_floating(x, [](auto v) { return std::log(v); }); }
Tensor log2(const Tensor& x) { return map_floating(x, [](auto v) { return std::log2(v); }); }
Tensor log10(const Tensor& x) { return map_floating(x, [](auto v) { return std::log10(v); }); }
Tensor log1p(const Tensor& x) { return map_floating(x, [](auto v) { return std::log1p(v); }); }
Tensor sqrt(const Tensor& x) { return map_floating(x, [](auto v) { return std::sqrt(v); }, kCheapGrain); }
Tensor rsqrt(const Tensor& x) { return map_floating(x, [](auto v) { return decltype(v)(1) / std::sqrt(v); }, kCheapGrain); }
Tensor reciprocal(const Tensor& x) { return map_floating(x, [](auto v) { return decltype(v)(1) / v; }, kCheapGrain); }
Tensor sin(const Tensor& x) { return map_floating(x, [](auto v) { return std::sin(v); }); }
Tensor cos(const Tensor& x) { return map_floating(x, [](auto v) { return std::cos(v); }); }
Tensor tan(const Tensor& x) { return map_floating(x, [](auto v) { return std::tan(v); }); }
Tensor asin(const Tensor& x) { return map_floating(x, [](auto v) { return std::asin(v); }); }
Tensor acos(const Tensor& x) { return map_floating(x, [](auto v) { return std::acos(v); }); }
Tensor atan(const Tensor& x) { return map_floating(x, [](auto v) { return std::atan(v); }); }
Tensor sinh(const Tensor& x) { return map_floating(x, [](auto v) { return std::sinh(v); }); }
Tensor cosh(const Tensor& x) { return map_floating(x, [](auto v) { return std::cosh(v); }); }
Tensor tanh(const Tensor& x) { return map_floating(x, [](auto v) { return std::tanh(v); }); }
Tensor asinh(const Tensor& x) { return map_floating(x, [](auto v) { return std::asinh(v); }); }
Tensor acosh(const Tensor& x) { return map_floating(x, [](auto v) { return std::acosh(v); }); }
Tensor atanh(const Tensor& x) { return map_floating(x, [](auto v) { return std::atanh(v); }); }
Tensor erf(const Tensor& x) { return map_floating(x, [](auto v) { return std::erf(v); }); }
Tensor erfc(const Tensor& x) { return map_floating(x, [](auto v) { return std::erfc(v); }); }

// The special functions are evaluated in double precision for both types.
Tensor erfinv(const Tensor& x) { return map_floating(x, [](auto v) { return special::erfinv(double(v)); }); }
Tensor lgamma(const Tensor& x) { return map_floating(x, [](auto v) { return special::lgamma(double(v)); }); }
Tensor digamma(const Tensor& x) { return map_floating(x, [](auto v) { return special::digamma(double(v)); }); }
Tensor polygamma(int64_t n, const Tensor& x) {
  check<ValueError>(n >= 0, "polygamma: expected n >= 0, not ", n);
  if (n == 0) return digamma(x);
  return map_floating(x, [n](auto v) { return special::polygamma(n, double(v)); });
}

Tensor sigmoid(const Tensor& x) {
  return map_floating(x, [](auto v) { return decltype(v)(1) / (decltype(v)(1) + std::exp(-v)); });
}

// log(1 / (1 + e^-x)) = min(x, 0) - log1p(e^-|x|): the exponential never overflows.
Tensor logsigmoid(const Tensor& x) {
  return map_floating(x, [](auto v) { return (v < 0 ? v : decltype(v)(0)) - std::log1p(std::exp(-std::abs(v))); });
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  check<ValueError>(beta != 0, "softplus: expected beta other than 0");
  return map_floating(x, [beta, threshold](auto v) {
    using T = decltype(v);
    T b = T(beta), t = v * b;
    return t > T(threshold) ? v : (t > 0 ? t + std::log1p(std::exp(-t)) : std::log1p(std::exp(t))) / b;
  });
}

Tensor silu(const Tensor& x) {
  return map_floating(x, [](auto v) { return v / (decltype(v)(1) + std::exp(-v)); });
}

namespace {
constexpr double kSqrtHalf = 0.70710678118654752440, kInvSqrtTwoPi = 0.39894228040143267794;
constexpr double kGeluC = 0.79788456080286535588;  // sqrt(2 / pi)
constexpr double kGeluA = 0.044715;
}  // namespace

Tensor gelu(const Tensor& x) {
  return map_floating(x, [](auto v) {
    using T = decltype(v);
    return v * T(0.5) * std::erfc(-v * T(kSqrtHalf));
  });
}
Tensor gelu_tanh(const Tensor& x) {
  return map_floating(x, [](auto v) {
    using T = decltype(v);
    return T(0.5) * v * (T(1) + std::tanh(T(kGeluC) * (v + T(kGeluA) * v * v * v)));
  });
}
// d/dx x Phi(x) = Phi(x) + x phi(x).
Tensor gelu_derivative(const Tensor& x) {
  return map_floating(x, [](auto v) {
    using T = decltype(v);
    return T(0.5) * std::erfc(-v * T(kSqrtHalf)) + v * T(kInvSqrtTwoPi) * std::exp(T(-0.5) * v * v);
  });
}
Tensor gelu_tanh_derivative(const Tensor& x) {
  return map_floating(x, [](auto v) {
    using T = decltype(v);
    T t = std::tanh(T(kGeluC) * (v + T(kGeluA) * v * v * v));
    return T(0.5) * (T(1) + t) + T(0.5) * v * (T(1) - t * t) * T(kGeluC) * (T(1) + T(3 * kGeluA) * v * v);
  });
}

}  // namespace tare::kernels
