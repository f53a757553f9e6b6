// Max pooling. Every input is read once and compared a few times: the limit is memory, about 1/4 flop a byte for 2x2.
//
// A row of outputs is made tap by tap: the running maxima and their positions stay in cache, and the input is read along its
// rows. Windows of 2x2 without overlap, by far the most common, keep them in registers.
#include "kernels/counters.h"
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
#include "kernels/strided_lines-inl.h"
#include "kernels/window_span.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using PoolTag = hn::CappedTag<T, 32 / sizeof(T)>;
template <class T>
using Position = hn::TFromD<hn::RebindToSigned<PoolTag<T>>>;

// The position of the first input of window (z, y, w).
HWY_ATTR HWY_INLINE int64_t first_position(const PoolGeometry& g, int64_t z, int64_t y, int64_t w) {
  int64_t at = 0, output[3] = {z, y, w};
  for (int i = 0; i < 3; i++) {
    int64_t from = output[i] * g.stride[i] - g.padding[i];
    if (from < 0) from += (-from + g.dilation[i] - 1) / g.dilation[i] * g.dilation[i];
    at = at * g.in[i] + (from < g.in[i] ? from : g.in[i] - 1);
  }
  return at;
}

template <class T>
HWY_ATTR HWY_INLINE void max_plane(const PoolGeometry& g, const T* x, T* values, int64_t* indices) {
  const PoolTag<T> d;
  const hn::RebindToSigned<PoolTag<T>> di;
  using I = Position<T>;
  const int64_t lanes = int64_t(hn::Lanes(d)), step = g.stride[2];
  constexpr int64_t kColumns = 128;  // outputs made together
  const T lowest = -std::numeric_limits<T>::infinity();
  HWY_ALIGN T best[kColumns], line[kColumns];
  HWY_ALIGN I where[kColumns];
  for (int64_t first = 0; first < g.out[2]; first += kColumns) {
    int64_t n = std::min(kColumns, g.out[2] - first), whole = (n + lanes - 1) / lanes * lanes;
    constexpr int64_t kSpans = 16;
    WindowSpan spans[kSpans];  // of the first taps of a row: divisions, the same for all rows
    auto span_of = [&](int64_t c) HWY_ATTR { return window_span(n, step, first * step - g.padding[2] + c * g.dilation[2], g.in[2]); };
    for (int64_t c = 0; c < std::min(kSpans, g.kernel[2]); c++) spans[c] = span_of(c);
    for (int64_t z = 0; z < g.out[0]; z++)
      for (int64_t y = 0; y < g.out[1]; y++) {
        std::fill(best, best + whole, lowest);
        std::fill(where, where + whole, I(-1));
        for (int64_t a = 0; a < g.kernel[0]; a++)
          for (int64_t b = 0; b < g.kernel[1]; b++) {
            int64_t iz = z * g.stride[0] - g.padding[0] + a * g.dilation[0], iy = y * g.stride[1] - g.padding[1] + b * g.dilation[1];
            if (iz < 0 || iz >= g.in[0] || iy < 0 || iy >= g.in[1]) continue;
            for (int64_t c = 0; c < g.kernel[2]; c++) {
              // One tap of all n windows: the inputs side by side, minus infinity where the tap is outside.
              WindowSpan span = c < kSpans ? spans[c] : span_of(c);
              if (span.begin == span.end) continue;
              int64_t row = (iz * g.in[1] + iy) * g.in[2] + first * step - g.padding[2] + c * g.dilation[2];
              for (int64_t p = 0; p < span.begin; p++) line[p] = lowest;
              copy_lines<T, 32>({1, span.end - span.begin, step, 0, 0}, x + row + span.begin * step, line + span.begin);
              for (int64_t p = span.end; p < whole; p++) line[p] = lowest;
              auto at = hn::Add(hn::Set(di, I(row)), hn::Mul(hn::Iota(di, 0), hn::Set(di, I(step))));
              for (int64_t p = 0; p < n; p += lanes) {
                auto v = hn::Load(d, line + p), most = hn::Load(d, best + p);
                auto wins = hn::Or(hn::Gt(v, most), hn::IsNaN(v));
                hn::Store(hn::IfThenElse(wins, v, most), d, best + p);
                hn::Store(hn::IfThenElse(hn::RebindMask(di, wins), at, hn::Load(di, where + p)), di, where + p);
                at = hn::Add(at, hn::Set(di, I(step * lanes)));
              }
            }
          }
        int64_t place = (z * g.out[1] + y) * g.out[2] + first;
        for (int64_t p = 0; p < n; p++) values[place + p] = best[p];
        // A window of nothing but minus infinity, or of padding alone as ceil_mode makes them, points to its first input.
        for (int64_t p = 0; p < n; p++) indices[place + p] = where[p] >= 0 ? int64_t(where[p]) : first_position(g, z, y, first + p);
      }
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
  count_work(x.numel(), bytes_of(x, out.values, out.indices));
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
  count_work(grad.numel(), bytes_of(grad, indices, dx));
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
