// The pixels of eight neighbouring channels are first transposed into a small block [row][column][8] (13 KB for eight tiles
// of F(4x4, 3x3)), where a vector holds one pixel of eight channels. All transforms are then the textbook's formulas on
// vectors, whatever the tile geometry, and what they write is contiguous along the channels, as the products want it.
#include "kernels/winograd_transforms.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/winograd_transforms.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <utility>

#include "kernels/partial_vector-inl.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 8>;
using V = hn::Vec<D>;
constexpr int kBlock = 8;                                   // channels transposed together
constexpr int kLanes = int(hn::MaxLanes(D()));              // 8, or fewer on old machines, which take kBlock / kLanes turns
constexpr int kTilesAtOnce = 8, kPixels = 4 * kTilesAtOnce + 16;  // columns of the block: the patches and what a last turn writes beyond them
#define WINOGRAD_UNROLL _Pragma("GCC unroll 8")

// F(2x2, 3x3): Y = A^T [(G g G^T) . (B^T d B)] A, one dimension at a time.
struct F2 {
  static constexpr int kOut = 2, kIn = 4;
  HWY_ATTR static HWY_INLINE void input(const V* d, V* t) {  // B^T
    t[0] = hn::Sub(d[0], d[2]);
    t[1] = hn::Add(d[1], d[2]);
    t[2] = hn::Sub(d[2], d[1]);
    t[3] = hn::Sub(d[1], d[3]);
  }
  HWY_ATTR static HWY_INLINE void output(const V* m, V* y) {  // A^T
    y[0] = hn::Add(hn::Add(m[0], m[1]), m[2]);
    y[1] = hn::Sub(hn::Sub(m[1], m[2]), m[3]);
  }
  HWY_ATTR static HWY_INLINE void gradient(const V* g, V* m) {  // A
    m[0] = g[0];
    m[1] = hn::Add(g[0], g[1]);
    m[2] = hn::Sub(g[0], g[1]);
    m[3] = hn::Neg(g[1]);
  }
  HWY_ATTR static HWY_INLINE void filter(const V* g, V* u) {  // G
    const D tag;
    V half = hn::Set(tag, 0.5f), outer = hn::Mul(half, hn::Add(g[0], g[2])), inner = hn::Mul(half, g[1]);
    u[0] = g[0];
    u[1] = hn::Add(outer, inner);
    u[2] = hn::Sub(outer, inner);
    u[3] = g[2];
  }
  HWY_ATTR static HWY_INLINE void filter_gradient(const V* u, V* g) {  // G^T
    const D tag;
    V half = hn::Set(tag, 0.5f), outer = hn::Mul(half, hn::Add(u[1], u[2]));
    g[0] = hn::Add(u[0], outer);
    g[1] = hn::Mul(half, hn::Sub(u[1], u[2]));
    g[2] = hn::Add(outer, u[3]);
  }
};

// F(4x4, 3x3), from the points 0, 1, -1, 2, -2 and infinity.
struct F4 {
  static constexpr int kOut = 4, kIn = 6;
  HWY_ATTR static HWY_INLINE void input(const V* d, V* t) {
    const D tag;
    V two = hn::Set(tag, 2.0f), four = hn::Set(tag, 4.0f), five = hn::Set(tag, 5.0f);
    V even = hn::NegMulAdd(four, d[2], d[4]), odd = hn::NegMulAdd(four, d[1], d[3]);
    V even2 = hn::Sub(d[4], d[2]), odd2 = hn::Mul(two, hn::Sub(d[3], d[1]));
    t[0] = hn::MulAdd(four, d[0], hn::NegMulAdd(five, d[2], d[4]));
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    t[3] = hn::Add(even2, odd2);
    t[4] = hn::Sub(even2, odd2);
    t[5] = hn::MulAdd(four, d[1], hn::NegMulAdd(five, d[3], d[5]));
  }
  HWY_ATTR static HWY_INLINE void output(const V* m, V* y) {
    const D tag;
    V sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]), sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(hn::Add(m[0], sum1), sum2);
    y[1] = hn::MulAdd(hn::Set(tag, 2.0f), difference2, difference1);
    y[2] = hn::MulAdd(hn::Set(tag, 4.0f), sum2, sum1);
    y[3] = hn::Add(hn::MulAdd(hn::Set(tag, 8.0f), difference2, difference1), m[5]);
  }
  HWY_ATTR static HWY_INLINE void gradient(const V* g, V* m) {
    const D tag;
    V two = hn::Set(tag, 2.0f), four = hn::Set(tag, 4.0f);
    V even = hn::Add(g[0], g[2]), odd = hn::Add(g[1], g[3]);
    V even2 = hn::MulAdd(four, g[2], g[0]), odd2 = hn::Mul(two, hn::MulAdd(four, g[3], g[1]));
    m[0] = g[0];
    m[1] = hn::Add(even, odd);
    m[2] = hn::Sub(even, odd);
    m[3] = hn::Add(even2, odd2);
    m[4] = hn::Sub(even2, odd2);
    m[5] = g[3];
  }
  HWY_ATTR static HWY_INLINE void filter(const V* g, V* u) {
    const D tag;
    V sixth = hn::Set(tag, 1 / 6.0f), outer = hn::Neg(hn::Mul(sixth, hn::Add(g[0], g[2]))), inner = hn::Mul(sixth, g[1]);
    V outer2 = hn::MulAdd(sixth, g[2], hn::Mul(hn::Set(tag, 1 / 24.0f), g[0])), inner2 = hn::Mul(hn::Set(tag, 1 / 12.0f), g[1]);
    u[0] = hn::Mul(hn::Set(tag, 0.25f), g[0]);
    u[1] = hn::Sub(outer, inner);
    u[2] = hn::Add(outer, inner);
    u[3] = hn::Add(outer2, inner2);
    u[4] = hn::Sub(outer2, inner2);
    u[5] = g[2];
  }
  HWY_ATTR static HWY_INLINE void filter_gradient(const V* u, V* g) {
    const D tag;
    V sixth = hn::Set(tag, 1 / 6.0f), sum1 = hn::Add(u[1], u[2]), sum2 = hn::Add(u[3], u[4]);
    g[0] = hn::MulAdd(hn::Set(tag, 0.25f), u[0], hn::NegMulAdd(sixth, sum1, hn::Mul(hn::Set(tag, 1 / 24.0f), sum2)));
    g[1] = hn::MulAdd(sixth, hn::Sub(u[2], u[1]), hn::Mul(hn::Set(tag, 1 / 12.0f), hn::Sub(u[3], u[4])));
    g[2] = hn::MulAdd(sixth, hn::Sub(sum2, sum1), u[5]);
  }
};

// One row of pixels: block[j][0..8) = channel c, column x + j of the image, for j = 0 .. columns-1; zeros outside.
HWY_ATTR void read_row(const WinogradImage<const float>& image, int64_t channel, int64_t y, int64_t x, int64_t columns, float* block) {
  int64_t begin = x < 0 ? -x : 0, end = image.width - x < columns ? image.width - x : columns;
  if (y < 0 || y >= image.height || end < begin) begin = end = columns;
  for (int64_t i = 0; i < begin * kBlock; i++) block[i] = 0;
  const float* row = image.data + (channel * image.height + y) * image.width + x;
  int64_t plane = image.height * image.width, channels = image.channels - channel < kBlock ? image.channels - channel : kBlock;
  for (int64_t j = begin; j < end; j += kBlock) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
    const D d;
    V r[kBlock];
    if (channels == kBlock && end - j >= kBlock) {
      WINOGRAD_UNROLL for (int c = 0; c < kBlock; c++) r[c] = hn::LoadU(d, row + c * plane + j);
    } else {
      for (int c = 0; c < kBlock; c++) r[c] = c < channels ? load_first(d, row + c * plane + j, end - j) : hn::Zero(d);
    }
    transpose_lanes(d, r);
    WINOGRAD_UNROLL for (int i = 0; i < kBlock; i++) hn::Store(r[i], d, block + (j + i) * kBlock);
#else
    for (int64_t i = j; i < j + kBlock; i++)
      for (int64_t c = 0; c < kBlock; c++) block[i * kBlock + c] = c < channels && i < end ? row[c * plane + i] : 0.0f;
#endif
  }
  // The last step may have written zeros beyond `end`; the rest follows.
  for (int64_t i = end * kBlock; i < columns * kBlock; i++) block[i] = 0;
}

// The inverse: writes the pixels that lie inside the image.
HWY_ATTR void write_row(const float* block, int64_t columns, const WinogradImage<float>& image, int64_t channel, int64_t y, int64_t x) {
  int64_t begin = x < 0 ? -x : 0, end = image.width - x < columns ? image.width - x : columns;
  if (y < 0 || y >= image.height) return;
  float* row = image.data + (channel * image.height + y) * image.width + x;
  int64_t plane = image.height * image.width, channels = image.channels - channel < kBlock ? image.channels - channel : kBlock;
  for (int64_t j = begin; j < end; j += kBlock) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
    const D d;
    V r[kBlock];
    if (end - j < kBlock && end - begin >= kBlock) j = end - kBlock;  // the last step overlaps the one before
    WINOGRAD_UNROLL for (int i = 0; i < kBlock; i++) r[i] = hn::Load(d, block + (j + i) * kBlock);
    transpose_lanes(d, r);
    if (channels == kBlock && end - j >= kBlock) {
      WINOGRAD_UNROLL for (int c = 0; c < kBlock; c++) hn::StoreU(r[c], d, row + c * plane + j);
    } else {
      for (int64_t c = 0; c < channels; c++) store_first(d, r[c], row + c * plane + j, end - j);
    }
#else
    for (int64_t c = 0; c < channels; c++)
      for (int64_t i = j; i < j + kBlock && i < end; i++) row[c * plane + i] = block[i * kBlock + c];
#endif
  }
}

// A one-dimensional transform of kFrom to kTo numbers, applied to the columns and then to the rows of a patch.
// in(i, j) reads, out(i, j, v) writes.
template <int kFrom, int kTo, class In, class Transform, class Out>
HWY_ATTR HWY_INLINE void both_ways(In in, Transform transform, Out out) {
  V half[kTo][kFrom];
  WINOGRAD_UNROLL for (int j = 0; j < kFrom; j++) {
    V d[kFrom], t[kTo];
    WINOGRAD_UNROLL for (int i = 0; i < kFrom; i++) d[i] = in(i, j);
    transform(d, t);
    WINOGRAD_UNROLL for (int i = 0; i < kTo; i++) half[i][j] = t[i];
  }
  WINOGRAD_UNROLL for (int i = 0; i < kTo; i++) {
    V t[kTo];
    transform(half[i], t);
    WINOGRAD_UNROLL for (int j = 0; j < kTo; j++) out(i, j, t[j]);
  }
}

// kGradient: patches of kOut x kOut pixels through A; otherwise patches of kIn x kIn pixels through B^T.
template <class F, bool kGradient>
HWY_ATTR void forward_row(const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to) {
  constexpr int kFrom = kGradient ? F::kOut : F::kIn;
  HWY_ALIGN float block[kFrom * kPixels * kBlock];
  const D d;
  for (int64_t channel = 0; channel < to.tile_stride; channel += kBlock)
    for (int64_t first = 0; first < count; first += kTilesAtOnce) {
      int64_t tiles = count - first < kTilesAtOnce ? count - first : kTilesAtOnce;
      for (int i = 0; i < kFrom; i++) read_row(image, channel, y + i, x + first * F::kOut, (tiles - 1) * F::kOut + kFrom, block + i * kPixels * kBlock);
      for (int64_t t = 0; t < tiles; t++)
        for (int lane = 0; lane < kBlock; lane += kLanes) {
          const float* from = block + t * F::kOut * kBlock + lane;
          float* out = to.data + (first + t) * to.tile_stride + channel + lane;
          both_ways<kFrom, F::kIn>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, from + (i * kPixels + j) * kBlock); },
                                   [](const V* in, V* result) HWY_ATTR { kGradient ? F::gradient(in, result) : F::input(in, result); },
                                   [&](int i, int j, V v) HWY_ATTR { hn::StoreU(v, d, out + (i * F::kIn + j) * to.plane_stride); });
        }
    }
}

template <class F>
HWY_ATTR void output_row(const WinogradTiles<const float>& from, int64_t count, const WinogradImage<float>& image, int64_t y, int64_t x,
                         const float* bias, Activation act) {
  HWY_ALIGN float block[F::kOut * kPixels * kBlock];
  const D d;
  for (int64_t channel = 0; channel < image.channels; channel += kBlock) {
    HWY_ALIGN float shift[kBlock] = {};
    for (int64_t c = 0; bias && c < kBlock && channel + c < image.channels; c++) shift[c] = bias[channel + c];
    for (int64_t first = 0; first < count; first += kTilesAtOnce) {
      int64_t tiles = count - first < kTilesAtOnce ? count - first : kTilesAtOnce;
      for (int64_t t = 0; t < tiles; t++)
        for (int lane = 0; lane < kBlock; lane += kLanes) {
          const float* in = from.data + (first + t) * from.tile_stride + channel + lane;
          float* out = block + t * F::kOut * kBlock + lane;
          V add = hn::LoadU(d, shift + lane);
          both_ways<F::kIn, F::kOut>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, in + (i * F::kIn + j) * from.plane_stride); },
                                     [](const V* m, V* result) HWY_ATTR { F::output(m, result); },
                                     [&](int i, int j, V v) HWY_ATTR {
                                       v = hn::Add(v, add);
                                       if (act == Activation::relu) v = hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Zero(d), v);
                                       hn::StoreU(v, d, out + (i * kPixels + j) * kBlock);
                                     });
        }
      for (int i = 0; i < F::kOut; i++) write_row(block + i * kPixels * kBlock, tiles * F::kOut, image, channel, y + i, x + first * F::kOut);
    }
  }
}

// g[q] = tap q of the filters of (up to) 8 or kLanes neighbouring channels, `step` numbers apart.
HWY_ATTR HWY_INLINE void read_taps(const float* w, int64_t step, int64_t channels, V* g) {
  const D d;
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  for (int64_t c = 0; c < kBlock; c++) g[c] = c < channels ? hn::LoadU(d, w + c * step) : hn::Zero(d);
  transpose_lanes(d, g);
  int first = 8;
#else
  int first = 0;
#endif
  for (int q = first; q < 9; q++) {
    HWY_ALIGN float tap[kBlock] = {};
    for (int64_t c = 0; c < kLanes && c < channels; c++) tap[c] = w[c * step + q];
    g[q] = hn::Load(d, tap);
  }
}

template <class F>
HWY_ATTR void transform_filters(const WinogradFilters& f, int64_t begin, int64_t end, float* u, int64_t plane_stride) {
  const D d;
  for (int64_t unit = begin; unit < end; unit++)
    for (int64_t lane = 0; lane < 16; lane += kLanes) {
      int64_t output = unit / f.inputs * 16 + lane, input = unit % f.inputs;
      V g[9];
      read_taps(f.w + output * f.out_step + input * f.in_step, f.out_step, f.outputs - output, g);
      if (f.turned)
        for (int q = 0; q < 4; q++) std::swap(g[q], g[8 - q]);
      both_ways<3, F::kIn>([&](int i, int j) HWY_ATTR { return g[3 * i + j]; }, [](const V* in, V* result) HWY_ATTR { F::filter(in, result); },
                           [&](int i, int j, V v) HWY_ATTR { hn::StoreU(v, d, u + (i * F::kIn + j) * plane_stride + unit * 16 + lane); });
    }
}

template <class F>
HWY_ATTR void gradient_of_filters(const float* du, int64_t plane_stride, int64_t row, int64_t inputs, int64_t begin, int64_t end, float* dw) {
  const D d;
  for (int64_t output = begin; output < end; output++)
    for (int64_t input = 0; input < inputs; input += kLanes) {
      V g[9];
      both_ways<F::kIn, 3>([&](int i, int j) HWY_ATTR { return hn::LoadU(d, du + (i * F::kIn + j) * plane_stride + output * row + input); },
                           [](const V* in, V* result) HWY_ATTR { F::filter_gradient(in, result); },
                           [&](int i, int j, V v) HWY_ATTR { g[3 * i + j] = v; });
      float* to = dw + (output * inputs + input) * 9;
      HWY_ALIGN float taps[9][kBlock];
      for (int q = 0; q < 9; q++) hn::Store(g[q], d, taps[q]);
      for (int64_t c = 0; c < kLanes && c < inputs - input; c++)
        for (int q = 0; q < 9; q++) to[c * 9 + q] = taps[q][c];
    }
}

void filters(int m, const WinogradFilters& f, int64_t begin, int64_t end, float* u, int64_t plane_stride) {
  m == 2 ? transform_filters<F2>(f, begin, end, u, plane_stride) : transform_filters<F4>(f, begin, end, u, plane_stride);
}
void filter_gradient(int m, const float* du, int64_t plane_stride, int64_t row, int64_t inputs, int64_t begin, int64_t end, float* dw) {
  m == 2 ? gradient_of_filters<F2>(du, plane_stride, row, inputs, begin, end, dw) : gradient_of_filters<F4>(du, plane_stride, row, inputs, begin, end, dw);
}
void input(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to) {
  m == 2 ? forward_row<F2, false>(image, y, x, count, to) : forward_row<F4, false>(image, y, x, count, to);
}
void gradient(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to) {
  m == 2 ? forward_row<F2, true>(image, y, x, count, to) : forward_row<F4, true>(image, y, x, count, to);
}
void output(int m, const WinogradTiles<const float>& from, int64_t count, const WinogradImage<float>& image, int64_t y, int64_t x, const float* bias,
            Activation act) {
  m == 2 ? output_row<F2>(from, count, image, y, x, bias, act) : output_row<F4>(from, count, image, y, x, bias, act);
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(input);
HWY_EXPORT(gradient);
HWY_EXPORT(output);
HWY_EXPORT(filters);
HWY_EXPORT(filter_gradient);

void winograd_filters(int m, const WinogradFilters& f, int64_t begin, int64_t end, float* u, int64_t plane_stride) {
  HWY_DYNAMIC_DISPATCH(filters)(m, f, begin, end, u, plane_stride);
}
void winograd_filter_gradient(int m, const float* du, int64_t plane_stride, int64_t row, int64_t inputs, int64_t begin, int64_t end, float* dw) {
  HWY_DYNAMIC_DISPATCH(filter_gradient)(m, du, plane_stride, row, inputs, begin, end, dw);
}
void winograd_input(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to) {
  HWY_DYNAMIC_DISPATCH(input)(m, image, y, x, count, to);
}
void winograd_gradient(int m, const WinogradImage<const float>& image, int64_t y, int64_t x, int64_t count, const WinogradTiles<float>& to) {
  HWY_DYNAMIC_DISPATCH(gradient)(m, image, y, x, count, to);
}
void winograd_output(int m, const WinogradTiles<const float>& from, int64_t count, const WinogradImage<float>& image, int64_t y, int64_t x,
                     const float* bias, Activation act) {
  HWY_DYNAMIC_DISPATCH(output)(m, from, count, image, y, x, bias, act);
}

}  // namespace tare::kernels
#endif
