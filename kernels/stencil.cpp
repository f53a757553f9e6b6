// Sums and products of shifted rows. With steps of 1 along the last axis a shifted row is an unaligned load; four vectors of
// outputs share each broadcast weight, so that nearly every load feeds a multiply-add. Other steps take plain loops.
#include "kernels/stencil.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/stencil.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/partial_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Wide = hn::CappedTag<T, 32 / sizeof(T)>;

// kVectors vectors of outputs of one row, one after the other but for the last, which starts at `last`. Only the first `n`
// numbers of a single vector count.
template <class T, int kVectors>
HWY_ATTR HWY_INLINE void sum_vectors(const Stencil& s, const T* HWY_RESTRICT from, const T* HWY_RESTRICT w, T bias, Activation act, T* HWY_RESTRICT y,
                                     int64_t last, int64_t n) {
  const Wide<T> d;
  constexpr int kLanes = int(hn::MaxLanes(Wide<T>()));
  hn::Vec<Wide<T>> sum[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; v++) sum[v] = hn::Set(d, bias);
  for (int64_t q = 0; q < s.taps; q++) {
    const T* shifted = from + s.offsets[q];
    auto weight = hn::Set(d, w[q]);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sum[v] = hn::MulAdd(weight, hn::LoadU(d, shifted + (v == kVectors - 1 ? last : v * kLanes)), sum[v]);
  }
  if (act == Activation::relu)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sum[v] = hn::IfThenElse(hn::Lt(sum[v], hn::Zero(d)), hn::Zero(d), sum[v]);
#pragma GCC unroll 4
  for (int v = 0; v < kVectors - 1; v++) hn::StoreU(sum[v], d, y + v * kLanes);
  if (kVectors == 1) store_first(d, sum[0], y, n);
  else hn::StoreU(sum[kVectors - 1], d, y + last);
}

template <class T>
HWY_ATTR HWY_INLINE void sum_plane(const Stencil& s, const T* padded, const T* w, T bias, Activation act, T* y) {
  constexpr int64_t kLanes = int64_t(hn::MaxLanes(Wide<T>()));
  for (int64_t i = 0; i < s.out[0]; i++)
    for (int64_t j = 0; j < s.out[1]; j++, y += s.out[2]) {
      const T* from = padded + i * s.step[0] + j * s.step[1];
      if (s.step[2] != 1) {
        for (int64_t k = 0; k < s.out[2]; k++) {
          T sum = bias;
          for (int64_t q = 0; q < s.taps; q++) sum += w[q] * from[k * s.step[2] + s.offsets[q]];
          y[k] = act == Activation::relu && sum < T(0) ? T(0) : sum;
        }
        continue;
      }
      for (int64_t k = 0; k < s.out[2]; k += 4 * kLanes) {
        int64_t left = std::min(s.out[2] - k, 4 * kLanes), last = left - kLanes;
        if (left > 3 * kLanes) sum_vectors<T, 4>(s, from + k, w, bias, act, y + k, last, kLanes);
        else if (left > 2 * kLanes) sum_vectors<T, 3>(s, from + k, w, bias, act, y + k, last, kLanes);
        else if (left > kLanes) sum_vectors<T, 2>(s, from + k, w, bias, act, y + k, last, kLanes);
        else sum_vectors<T, 1>(s, from + k, w, bias, act, y + k, 0, left);
      }
    }
}

// The products of taps [first, first + kTaps) over the whole plane.
template <class T, int kTaps>
HWY_ATTR HWY_INLINE void products_of(const Stencil& s, const T* HWY_RESTRICT padded, const T* HWY_RESTRICT grad, int64_t first, T* HWY_RESTRICT dw) {
  const Wide<T> d;
  constexpr int64_t kLanes = int64_t(hn::MaxLanes(Wide<T>()));
  hn::Vec<Wide<T>> sum[kTaps];
#pragma GCC unroll 16
  for (int q = 0; q < kTaps; q++) sum[q] = hn::Zero(d);
  const int64_t* offsets = s.offsets + first;
  for (int64_t i = 0; i < s.out[0]; i++)
    for (int64_t j = 0; j < s.out[1]; j++, grad += s.out[2]) {
      const T* from = padded + i * s.step[0] + j * s.step[1];
      for (int64_t k = 0; k < s.out[2]; k += kLanes) {
        auto here = load_first(d, grad + k, s.out[2] - k);
#pragma GCC unroll 16
        for (int q = 0; q < kTaps; q++) sum[q] = hn::MulAdd(here, hn::LoadU(d, from + k + offsets[q]), sum[q]);
      }
    }
#pragma GCC unroll 16
  for (int q = 0; q < kTaps; q++) dw[first + q] = hn::GetLane(hn::SumOfLanes(d, sum[q]));
}

template <class T>
HWY_ATTR HWY_INLINE void products_plane(const Stencil& s, const T* padded, const T* grad, T* dw) {
  if (s.step[2] != 1) {
    for (int64_t q = 0; q < s.taps; q++) {
      T sum = 0;
      const T* g = grad;
      for (int64_t i = 0; i < s.out[0]; i++)
        for (int64_t j = 0; j < s.out[1]; j++, g += s.out[2]) {
          const T* from = padded + i * s.step[0] + j * s.step[1] + s.offsets[q];
          for (int64_t k = 0; k < s.out[2]; k++) sum += g[k] * from[k * s.step[2]];
        }
      dw[q] = sum;
    }
    return;
  }
  int64_t q = 0;
  for (; q + 9 <= s.taps; q += 9) products_of<T, 9>(s, padded, grad, q, dw);
  for (; q + 4 <= s.taps; q += 4) products_of<T, 4>(s, padded, grad, q, dw);
  for (; q < s.taps; q++) products_of<T, 1>(s, padded, grad, q, dw);
}

void sum_float(const Stencil& s, const float* padded, const float* w, float bias, Activation act, float* y) { sum_plane(s, padded, w, bias, act, y); }
void sum_double(const Stencil& s, const double* padded, const double* w, double bias, Activation act, double* y) {
  sum_plane(s, padded, w, bias, act, y);
}
void products_float(const Stencil& s, const float* padded, const float* grad, float* dw) { products_plane(s, padded, grad, dw); }
void products_double(const Stencil& s, const double* padded, const double* grad, double* dw) { products_plane(s, padded, grad, dw); }

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(sum_float);
HWY_EXPORT(sum_double);
HWY_EXPORT(products_float);
HWY_EXPORT(products_double);

void stencil_sum(const Stencil& s, const float* padded, const float* w, float bias, Activation act, float* y) {
  HWY_DYNAMIC_DISPATCH(sum_float)(s, padded, w, bias, act, y);
}
void stencil_sum(const Stencil& s, const double* padded, const double* w, double bias, Activation act, double* y) {
  HWY_DYNAMIC_DISPATCH(sum_double)(s, padded, w, bias, act, y);
}
void stencil_products(const Stencil& s, const float* padded, const float* grad, float* dw) {
  HWY_DYNAMIC_DISPATCH(products_float)(s, padded, grad, dw);
}
void stencil_products(const Stencil& s, const double* padded, const double* grad, double* dw) {
  HWY_DYNAMIC_DISPATCH(products_double)(s, padded, grad, dw);
}

}  // namespace tare::kernels
#endif
