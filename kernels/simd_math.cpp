// The float vector functions: one loop for each, compiled for every target and chosen at run time.
//
// About 15 to 40 instructions a vector against 8 bytes of memory traffic a number: from L2 these loops are bound by
// arithmetic, from DRAM by memory. The last partial vector goes through a buffer, so that a number's result does not
// depend on where in the row it stands.
#include "kernels/simd_math.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_math.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

template <class F>
HWY_INLINE void MapRow(const float* x, float* y, int64_t n, F f) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float buffer[hn::MaxLanes(d)] = {};
  std::copy(x + i, x + n, buffer);
  hn::Store(f(d, hn::Load(d, buffer)), d, buffer);
  std::copy(buffer, buffer + (n - i), y + i);
}

template <class F>
HWY_INLINE void SlopeRow(const float* x, const float* grad, float* dx, int64_t n, F slope) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, grad + i), slope(d, hn::LoadU(d, x + i))), d, dx + i);
  if (i == n) return;
  HWY_ALIGN float buffer[hn::MaxLanes(d)] = {};
  std::copy(x + i, x + n, buffer);
  hn::Store(slope(d, hn::Load(d, buffer)), d, buffer);
  for (int64_t j = i; j < n; j++) dx[j] = grad[j] * buffer[j - i];
}

#define TARE_MAP(Name, Function)                                                          \
  void Name(const float* x, float* y, int64_t n) {                                        \
    MapRow(x, y, n, [](auto d, auto v) HWY_ATTR { return Function(d, v); });              \
  }
TARE_MAP(MapExp, Exp)
TARE_MAP(MapExpm1, Expm1)
TARE_MAP(MapLog, Log)
TARE_MAP(MapLog1p, Log1p)
TARE_MAP(MapTanh, Tanh)
TARE_MAP(MapSigmoid, Sigmoid)
TARE_MAP(MapLogSigmoid, LogSigmoid)
TARE_MAP(MapSoftplus, Softplus)
TARE_MAP(MapErf, Erf)
TARE_MAP(MapGelu, Gelu)
TARE_MAP(MapGeluTanh, GeluTanh)
TARE_MAP(MapSilu, Silu)
#undef TARE_MAP

#define TARE_SLOPE(Name, Function)                                                        \
  void Name(const float* x, const float* grad, float* dx, int64_t n) {                    \
    SlopeRow(x, grad, dx, n, [](auto d, auto v) HWY_ATTR { return Function(d, v); });     \
  }
TARE_SLOPE(GeluBackward, GeluSlope)
TARE_SLOPE(GeluTanhBackward, GeluTanhSlope)
TARE_SLOPE(SiluBackward, SiluSlope)
#undef TARE_SLOPE

// Numbers beyond the range of the fast reduction (and NaN) go through the C library.
template <int turns>
HWY_INLINE void SinOrCosRow(const float* x, float* y, int64_t n) {
  const auto library = [](float v) { return static_cast<float>(turns ? std::cos(static_cast<double>(v)) : std::sin(static_cast<double>(v))); };
#if HWY_NATIVE_FMA
  const auto fast = [](auto d, auto v) HWY_ATTR { return SinOrCos(d, v, turns); };
  constexpr int64_t block = 256;
  for (int64_t i = 0; i < n; i += block) {
    const int64_t end = std::min(n, i + block);
    if (std::all_of(x + i, x + end, [](float v) { return std::abs(v) <= kSinLimit; })) {
      MapRow(x + i, y + i, end - i, fast);
      continue;
    }
    for (int64_t j = i; j < end; j++) {
      if (std::abs(x[j]) <= kSinLimit) MapRow(x + j, y + j, 1, fast);
      else y[j] = library(x[j]);
    }
  }
#else
  std::transform(x, x + n, y, library);
#endif
}
void MapSin(const float* x, float* y, int64_t n) { SinOrCosRow<0>(x, y, n); }
void MapCos(const float* x, float* y, int64_t n) { SinOrCosRow<1>(x, y, n); }

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

#define TARE_DISPATCH_MAP(name, Name) \
  HWY_EXPORT(Name);                   \
  void name(const float* x, float* y, int64_t n) { HWY_DYNAMIC_DISPATCH(Name)(x, y, n); }
TARE_DISPATCH_MAP(vexp, MapExp)
TARE_DISPATCH_MAP(vexpm1, MapExpm1)
TARE_DISPATCH_MAP(vlog, MapLog)
TARE_DISPATCH_MAP(vlog1p, MapLog1p)
TARE_DISPATCH_MAP(vtanh, MapTanh)
TARE_DISPATCH_MAP(vsigmoid, MapSigmoid)
TARE_DISPATCH_MAP(vlogsigmoid, MapLogSigmoid)
TARE_DISPATCH_MAP(vsoftplus, MapSoftplus)
TARE_DISPATCH_MAP(verf, MapErf)
TARE_DISPATCH_MAP(vgelu, MapGelu)
TARE_DISPATCH_MAP(vgelu_tanh, MapGeluTanh)
TARE_DISPATCH_MAP(vsilu, MapSilu)
TARE_DISPATCH_MAP(vsin, MapSin)
TARE_DISPATCH_MAP(vcos, MapCos)
#undef TARE_DISPATCH_MAP

#define TARE_DISPATCH_SLOPE(name, Name) \
  HWY_EXPORT(Name);                     \
  void name(const float* x, const float* grad, float* dx, int64_t n) { HWY_DYNAMIC_DISPATCH(Name)(x, grad, dx, n); }
TARE_DISPATCH_SLOPE(vgelu_backward, GeluBackward)
TARE_DISPATCH_SLOPE(vgelu_tanh_backward, GeluTanhBackward)
TARE_DISPATCH_SLOPE(vsilu_backward, SiluBackward)
#undef TARE_DISPATCH_SLOPE

}  // namespace tare::kernels
#endif  // HWY_ONCE
