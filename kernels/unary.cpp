// Functions of one floating number. The common ones go through simd_math by rows, the others call the C library.
#include <cmath>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/promote.h"
#include "kernels/simd_math.h"
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

// A row function of simd_math over contiguous memory.
template <class F>
Tensor map_rows(const Tensor& x, const F& row) {
  Tensor in = contiguous(is_floating(x.dtype()) ? x : to(x, default_dtype())), out = empty(x.shape(), in.dtype());
  count_work(in.numel(), bytes_of(in, out));
  auto run = [&]<class T>() {
    const T* p = in.data<T>();
    T* y = out.mutable_data<T>();
    parallel_for(in.numel(), kCostlyGrain, [=](int64_t begin, int64_t end) { row(p + begin, y + begin, end - begin); });
  };
  if (in.dtype() == DType::float32) run.template operator()<float>();
  else run.template operator()<double>();
  return out;
}

}  // namespace

Tensor exp(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vexp(p, y, n); });
}
Tensor exp2(const Tensor& x) { return map_floating(x, [](auto v) { return std::exp2(v); }); }
Tensor expm1(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vexpm1(p, y, n); });
}
Tensor log(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vlog(p, y, n); });
}
Tensor log2(const Tensor& x) { return map_floating(x, [](auto v) { return std::log2(v); }); }
Tensor log10(const Tensor& x) { return map_floating(x, [](auto v) { return std::log10(v); }); }
Tensor log1p(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vlog1p(p, y, n); });
}
Tensor sqrt(const Tensor& x) { return map_floating(x, [](auto v) { return std::sqrt(v); }, kCheapGrain); }
Tensor rsqrt(const Tensor& x) { return map_floating(x, [](auto v) { return decltype(v)(1) / std::sqrt(v); }, kCheapGrain); }
Tensor reciprocal(const Tensor& x) { return map_floating(x, [](auto v) { return decltype(v)(1) / v; }, kCheapGrain); }
Tensor sin(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vsin(p, y, n); });
}
Tensor cos(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vcos(p, y, n); });
}
Tensor tan(const Tensor& x) { return map_floating(x, [](auto v) { return std::tan(v); }); }
Tensor asin(const Tensor& x) { return map_floating(x, [](auto v) { return std::asin(v); }); }
Tensor acos(const Tensor& x) { return map_floating(x, [](auto v) { return std::acos(v); }); }
Tensor atan(const Tensor& x) { return map_floating(x, [](auto v) { return std::atan(v); }); }
Tensor sinh(const Tensor& x) { return map_floating(x, [](auto v) { return std::sinh(v); }); }
Tensor cosh(const Tensor& x) { return map_floating(x, [](auto v) { return std::cosh(v); }); }
Tensor tanh(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vtanh(p, y, n); });
}
Tensor asinh(const Tensor& x) { return map_floating(x, [](auto v) { return std::asinh(v); }); }
Tensor acosh(const Tensor& x) { return map_floating(x, [](auto v) { return std::acosh(v); }); }
Tensor atanh(const Tensor& x) { return map_floating(x, [](auto v) { return std::atanh(v); }); }
Tensor erf(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { verf(p, y, n); });
}
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
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vsigmoid(p, y, n); });
}
Tensor logsigmoid(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vlogsigmoid(p, y, n); });
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
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vsilu(p, y, n); });
}

Tensor gelu(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vgelu(p, y, n); });
}
Tensor gelu_tanh(const Tensor& x) {
  return map_rows(x, [](const auto* p, auto* y, int64_t n) { vgelu_tanh(p, y, n); });
}

}  // namespace tare::kernels
