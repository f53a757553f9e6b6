// Max pooling. Every input is read once and compared a few times: the limit is memory, about 1/4 flop a byte for 2x2.
//
// A row of outputs is made tap by tap: the running maxima and their positions stay in cache (and in vectors, for strides 1
// and 2), and the input is read along its rows. Windows of 2x2 without overlap, by far the most common, keep them in registers.
#include "kernels/pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/max_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/pool_geometry.h"
#include "kernels/window_span.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Merges the inputs row[0], row[step], ... at positions at, at + step, ... into n running maxima and their positions, which
// are -1 before the first.
template <class T, int kStep>
HWY_ATTR HWY_INLINE void merge_taps(const T* HWY_RESTRICT row, int64_t step, int32_t at, int64_t n, T* HWY_RESTRICT best,
                                    int32_t* HWY_RESTRICT where) {
  if (kStep) step = kStep;
  for (int64_t p = 0; p < n; p++) {
    T v = row[p * step];
    bool take = (v > best[p]) | (v != v) | (where[p] < 0);
    best[p] = take ? v : best[p];
    where[p] = take ? at + int32_t(p * step) : where[p];
  }
}

template <class T>
HWY_ATTR HWY_INLINE void max_plane(const PoolGeometry& g, const T* x, T* values, int64_t* indices) {
  constexpr int64_t kColumns = 128;  // outputs made together
  T best[kColumns];
  int32_t where[kColumns];
  for (int64_t z = 0; z < g.out[0]; z++)
    for (int64_t y = 0; y < g.out[1]; y++)
      for (int64_t first = 0; first < g.out[2]; first += kColumns) {
        int64_t n = std::min(kColumns, g.out[2] - first);
        std::fill(best, best + n, -std::numeric_limits<T>::infinity());
        std::fill(where, where + n, -1);
        for (int64_t a = 0; a < g.kernel[0]; a++)
          for (int64_t b = 0; b < g.kernel[1]; b++) {
            int64_t iz = z * g.stride[0] - g.padding[0] + a * g.dilation[0], iy = y * g.stride[1] - g.padding[1] + b * g.dilation[1];
            if (iz < 0 || iz >= g.in[0] || iy < 0 || iy >= g.in[1]) continue;
            int64_t row = (iz * g.in[1] + iy) * g.in[2];
            for (int64_t c = 0; c < g.kernel[2]; c++) {
              int64_t shift = first * g.stride[2] - g.padding[2] + c * g.dilation[2], step = g.stride[2];
              WindowSpan span = window_span(n, step, shift, g.in[2]);
              int64_t at = row + span.begin * step + shift, count = span.end - span.begin;
              if (count == 0) continue;
              if (step == 1) merge_taps<T, 1>(x + at, 1, int32_t(at), count, best + span.begin, where + span.begin);
              else if (step == 2) merge_taps<T, 2>(x + at, 2, int32_t(at), count, best + span.begin, where + span.begin);
              else merge_taps<T, 0>(x + at, step, int32_t(at), count, best + span.begin, where + span.begin);
            }
          }
        // A window of ceil_mode that holds padding alone keeps minus infinity and points to the first input.
        for (int64_t p = 0; p < n; p++) values[p] = best[p];
        for (int64_t p = 0; p < n; p++) indices[p] = where[p] < 0 ? 0 : where[p];
        values += n;
        indices += n;
      }
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
// True for windows of 2x2, two apart, and rows of at least a vector of outputs.
template <class T>
HWY_ATTR HWY_INLINE bool square_pairs(const PoolGeometry& g) {
  bool ok = g.kernel[0] == 1 && g.stride[0] == 1 && g.padding[0] == 0 && g.out[2] >= int64_t(32 / sizeof(T));
  for (int i = 1; i < 3; i++) ok = ok && g.kernel[i] == 2 && g.stride[i] == 2 && g.padding[i] == 0 && g.dilation[i] == 1 && 2 * g.out[i] <= g.in[i];
  return ok;
}

template <class T>
HWY_ATTR HWY_INLINE void max_pairs(const PoolGeometry& g, const T* x, T* values, int64_t* indices) {
  const hn::CappedTag<T, 32 / sizeof(T)> d;
  const hn::RebindToSigned<decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  using I = hn::Vec<decltype(di)>;
  using Lane = hn::TFromD<decltype(di)>;
  const int64_t lanes = int64_t(hn::Lanes(d)), width = g.in[2];
  const I even = hn::Add(hn::Iota(di, 0), hn::Iota(di, 0));
  for (int64_t z = 0; z < g.out[0]; z++)
    for (int64_t y = 0; y < g.out[1]; y++) {
      int64_t row = (z * g.in[1] + 2 * y) * width;
      for (int64_t p = 0; p < g.out[2]; p += lanes) {
        int64_t at = std::min(p, g.out[2] - lanes), from = row + 2 * at;  // the last vector overlaps the one before
        V best, other;
        hn::LoadInterleaved2(d, x + from, best, other);
        I where = hn::Add(even, hn::Set(di, Lane(from)));
        auto take = [&](V v, int64_t offset) HWY_ATTR {
          auto wins = hn::Or(hn::Gt(v, best), hn::IsNaN(v));
          best = hn::IfThenElse(wins, v, best);
          where = hn::IfThenElse(hn::RebindMask(di, wins), hn::Add(even, hn::Set(di, Lane(from + offset))), where);
        };
        take(other, 1);
        V below, beside;
        hn::LoadInterleaved2(d, x + from + width, below, beside);
        take(below, width);
        take(beside, width + 1);
        hn::StoreU(best, d, values + at);
        if constexpr (sizeof(T) == 4) {
          const hn::Repartition<int64_t, decltype(di)> wide;
          hn::StoreU(hn::PromoteTo(wide, hn::LowerHalf(where)), wide, indices + at);
          hn::StoreU(hn::PromoteTo(wide, hn::UpperHalf(hn::Half<decltype(di)>(), where)), wide, indices + at + lanes / 2);
        } else {
          hn::StoreU(where, di, indices + at);
        }
      }
      values += g.out[2];
      indices += g.out[2];
    }
}
#else
template <class T>
bool square_pairs(const PoolGeometry&) {
  return false;
}
template <class T>
void max_pairs(const PoolGeometry&, const T*, T*, int64_t*) {}
#endif

void max_plane_float(const PoolGeometry& g, const float* x, float* values, int64_t* indices) {
  square_pairs<float>(g) ? max_pairs(g, x, values, indices) : max_plane(g, x, values, indices);
}
void max_plane_double(const PoolGeometry& g, const double* x, double* values, int64_t* indices) {
  square_pairs<double>(g) ? max_pairs(g, x, values, indices) : max_plane(g, x, values, indices);
}

}  // namespace HWY_NAMESPACE
}  // namespace tare::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

HWY_EXPORT(max_plane_float);
HWY_EXPORT(max_plane_double);

namespace {

void max_plane(const PoolGeometry& g, const float* x, float* values, int64_t* indices) {
  HWY_DYNAMIC_DISPATCH(max_plane_float)(g, x, values, indices);
}
void max_plane(const PoolGeometry& g, const double* x, double* values, int64_t* indices) {
  HWY_DYNAMIC_DISPATCH(max_plane_double)(g, x, values, indices);
}

template <class T>
void adaptive_max_plane(const PoolGeometry& g, const T* x, T* values, int64_t* indices) {
  for (int64_t z = 0; z < g.out[0]; z++)
    for (int64_t y = 0; y < g.out[1]; y++)
      for (int64_t w = 0; w < g.out[2]; w++) {
        AdaptiveWindow a = adaptive_window(z, g.in[0], g.out[0]), b = adaptive_window(y, g.in[1], g.out[1]), c = adaptive_window(w, g.in[2], g.out[2]);
        int64_t at = (a.begin * g.in[1] + b.begin) * g.in[2] + c.begin;
        for (int64_t i = a.begin; i < a.end; i++)
          for (int64_t j = b.begin; j < b.end; j++)
            for (int64_t k = c.begin; k < c.end; k++) {
              int64_t here = (i * g.in[1] + j) * g.in[2] + k;
              if (x[here] > x[at] || x[here] != x[here]) at = here;
            }
        *values++ = x[at];
        *indices++ = at;
      }
}

// About this many input elements make a piece worth handing out.
constexpr int64_t kPoolGrain = 32768;

int64_t planes_a_piece(int64_t plane) { return kPoolGrain / std::max<int64_t>(plane, 1) + 1; }

// run(plane of x, plane of values, plane of indices) for every plane.
template <class F>
MaxPooled each_plane(std::string_view what, const Tensor& x, const PoolGeometry& g, int axes, F run) {
  Shape shape = pool_result_shape(g, x.shape(), axes);
  check<ShapeError>(g.in_plane() < (int64_t{1} << 31), what, ": expected fewer than 2^31 elements in the pooled axes but the input is ", x.shape());
  MaxPooled out{empty(shape, x.dtype()), empty(shape, DType::int64)};
  if (out.values.numel() == 0) return out;
  Tensor xs = contiguous(x);
  dispatch_floating(what, x.dtype(), [&]<class T>() {
    const T* from = xs.data<T>();
    T* values = out.values.mutable_data<T>();
    int64_t* indices = out.indices.mutable_data<int64_t>();
    parallel_for(g.planes, planes_a_piece(g.in_plane()), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) run(from + i * g.in_plane(), values + i * g.out_plane(), indices + i * g.out_plane());
    });
  });
  return out;
}

}  // namespace

MaxPooled max_pool(const Tensor& x, const PoolParams& p) {
  PoolGeometry g = pool_geometry("max_pool", x.shape(), p);
  return each_plane("max_pool", x, g, p.kernel.size(), [&](const auto* from, auto* values, int64_t* indices) { max_plane(g, from, values, indices); });
}

MaxPooled adaptive_max_pool(const Tensor& x, const Shape& output_size) {
  PoolGeometry g = adaptive_geometry("adaptive_max_pool", x.shape(), output_size);
  return each_plane("adaptive_max_pool", x, g, output_size.size(),
                    [&](const auto* from, auto* values, int64_t* indices) { adaptive_max_plane(g, from, values, indices); });
}

Tensor max_pool_backward(const Tensor& grad, const Tensor& indices, const Shape& input_shape, int pooled_axes) {
  check<ShapeError>(grad.shape() == indices.shape() && grad.dim() == input_shape.size(),
                    "max_pool_backward: expected a gradient and indices of one shape, with as many axes as the input, but they are ", grad.shape(), ", ",
                    indices.shape(), " and ", input_shape);
  int lead = input_shape.size() - pooled_axes;
  int64_t planes = input_shape.slice(0, lead).numel(), in_plane = input_shape.slice(lead).numel(), out_plane = grad.shape().slice(lead).numel();
  check<ShapeError>(grad.shape().slice(0, lead) == input_shape.slice(0, lead), "max_pool_backward: the leading axes of the gradient ", grad.shape(),
                    " and of the input ", input_shape, " differ");
  Tensor dx = empty(input_shape, grad.dtype()), gs = contiguous(grad), at = contiguous(indices);
  dispatch_floating("max_pool_backward", grad.dtype(), [&]<class T>() {
    const T* from = gs.data<T>();
    const int64_t* index = at.data<int64_t>();
    T* to = dx.mutable_data<T>();
    parallel_for(planes, planes_a_piece(in_plane), [&](int64_t begin, int64_t end) {
      std::fill(to + begin * in_plane, to + end * in_plane, T(0));
      for (int64_t plane = begin; plane < end; plane++)
        for (int64_t i = plane * out_plane; i < (plane + 1) * out_plane; i++) {
          check<IndexError>(index[i] >= 0 && index[i] < in_plane, "max_pool_backward: index ", index[i], " lies outside the ", in_plane,
                            " positions of the input ", input_shape);
          to[plane * in_plane + index[i]] += from[i];
        }
    });
  });
  return dx;
}

}  // namespace tare::kernels
#endif
