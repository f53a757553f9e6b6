// Average pooling and its adjoint: each window adds up its inputs, or hands its gradient's share to them. Bound by memory: one
// addition a number read.
#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "kernels/pool.h"
#include "kernels/pool_geometry.h"

namespace tare::kernels {
namespace {

constexpr int64_t kAverageGrain = 32768;

// One window along one axis: the inputs it covers, and its factor of the divisor.
struct Extent {
  int64_t begin, end;
  double size;
};
struct Windows {
  std::vector<Extent> axis[3];
};

Windows average_windows(const PoolGeometry& g, bool count_include_pad, int64_t divisor_override) {
  Windows out;
  for (int axis = 0; axis < 3; axis++)
    for (int64_t i = 0; i < g.out[axis]; i++) {
      int64_t from = i * g.stride[axis] - g.padding[axis], to = std::min(from + g.kernel[axis], g.in[axis] + g.padding[axis]);
      int64_t begin = std::max<int64_t>(from, 0), end = std::max(std::min(to, g.in[axis]), begin);
      double size = double(count_include_pad ? to - from : end - begin);
      if (divisor_override) size = axis == 0 ? double(divisor_override) : 1;
      if (begin == end) size = 1;  // a window of ceil_mode that holds padding alone gives 0
      out.axis[axis].push_back({begin, end, size});
    }
  return out;
}

Windows adaptive_windows(const PoolGeometry& g) {
  Windows out;
  for (int axis = 0; axis < 3; axis++)
    for (int64_t i = 0; i < g.out[axis]; i++) {
      AdaptiveWindow w = adaptive_window(i, g.in[axis], g.out[axis]);
      out.axis[axis].push_back({w.begin, w.end, double(w.end - w.begin)});
    }
  return out;
}

// Planes a piece, and a row of workspace for each piece.
template <class T>
struct AveragePieces {
  int64_t grain;
  Tensor rows;
  explicit AveragePieces(const PoolGeometry& g)
      : grain(kAverageGrain / std::max<int64_t>(g.in_plane(), 1) + 1), rows(empty({(g.planes + grain - 1) / grain, g.in[2]}, dtype_of<T>::value)) {}
  T* row(int64_t first_plane) const { return rows.mutable_data<T>() + first_plane / grain * rows.shape()[1]; }
};

// Each row of outputs: the input rows of its windows are added up first, as whole rows, then the columns of each window.
template <class T>
void average(const PoolGeometry& g, const Windows& windows, const T* x, T* y) {
  AveragePieces<T> pieces(g);
  parallel_for(g.planes, pieces.grain, [&](int64_t begin, int64_t end) {
    T* sums = pieces.row(begin);
    T* to = y + begin * g.out_plane();
    for (int64_t plane = begin; plane < end; plane++)
      for (const Extent& a : windows.axis[0])
        for (const Extent& b : windows.axis[1]) {
          std::fill(sums, sums + g.in[2], T(0));
          for (int64_t i = a.begin; i < a.end; i++)
            for (int64_t j = b.begin; j < b.end; j++) {
              const T* from = x + plane * g.in_plane() + (i * g.in[1] + j) * g.in[2];
              for (int64_t k = 0; k < g.in[2]; k++) sums[k] += from[k];
            }
          double divisor = a.size * b.size;
          for (const Extent& c : windows.axis[2]) {
            T sum = 0;
            for (int64_t k = c.begin; k < c.end; k++) sum += sums[k];
            *to++ = sum / T(divisor * c.size);
          }
        }
  });
}

// The adjoint, in the opposite order: a row of outputs is spread over its columns, then added to every input row it covers.
template <class T>
void spread(const PoolGeometry& g, const Windows& windows, const T* grad, T* dx) {
  AveragePieces<T> pieces(g);
  parallel_for(g.planes, pieces.grain, [&](int64_t begin, int64_t end) {
    T* parts = pieces.row(begin);
    const T* from = grad + begin * g.out_plane();
    std::fill(dx + begin * g.in_plane(), dx + end * g.in_plane(), T(0));
    for (int64_t plane = begin; plane < end; plane++)
      for (const Extent& a : windows.axis[0])
        for (const Extent& b : windows.axis[1]) {
          std::fill(parts, parts + g.in[2], T(0));
          double divisor = a.size * b.size;
          for (const Extent& c : windows.axis[2]) {
            T part = *from++ / T(divisor * c.size);
            for (int64_t k = c.begin; k < c.end; k++) parts[k] += part;
          }
          for (int64_t i = a.begin; i < a.end; i++)
            for (int64_t j = b.begin; j < b.end; j++) {
              T* to = dx + plane * g.in_plane() + (i * g.in[1] + j) * g.in[2];
              for (int64_t k = 0; k < g.in[2]; k++) to[k] += parts[k];
            }
        }
  });
}

Tensor run_average(std::string_view what, const Tensor& x, const PoolGeometry& g, const Windows& windows, int axes) {
  Tensor out = empty(pool_result_shape(g, x.shape(), axes), x.dtype()), xs = contiguous(x);
  count_work(x.numel(), bytes_of(x, out));
  dispatch_floating(what, x.dtype(), [&]<class T>() { average<T>(g, windows, xs.data<T>(), out.mutable_data<T>()); });
  return out;
}

Tensor run_spread(std::string_view what, const Tensor& grad, const Shape& input_shape, const PoolGeometry& g, const Windows& windows, int axes) {
  Shape expected = pool_result_shape(g, input_shape, axes);
  check<ShapeError>(grad.shape() == expected, what, ": expected a gradient of shape ", expected, " for the input ", input_shape, " but it is ", grad.shape());
  Tensor dx = empty(input_shape, grad.dtype()), gs = contiguous(grad);
  count_work(dx.numel(), bytes_of(grad, dx));
  dispatch_floating(what, grad.dtype(), [&]<class T>() { spread<T>(g, windows, gs.data<T>(), dx.mutable_data<T>()); });
  return dx;
}

PoolGeometry average_geometry(std::string_view what, const Shape& input, const PoolParams& p) {
  for (int64_t d : p.dilation) check<ValueError>(d == 1, what, ": average pooling has no dilation but got ", p.dilation);
  return pool_geometry(what, input, p);
}

}  // namespace

Tensor avg_pool(const Tensor& x, const PoolParams& p, bool count_include_pad, int64_t divisor_override) {
  PoolGeometry g = average_geometry("avg_pool", x.shape(), p);
  return run_average("avg_pool", x, g, average_windows(g, count_include_pad, divisor_override), p.kernel.size());
}

Tensor avg_pool_backward(const Tensor& grad, const Shape& input_shape, const PoolParams& p, bool count_include_pad, int64_t divisor_override) {
  PoolGeometry g = average_geometry("avg_pool_backward", input_shape, p);
  return run_spread("avg_pool_backward", grad, input_shape, g, average_windows(g, count_include_pad, divisor_override), p.kernel.size());
}

Tensor adaptive_avg_pool(const Tensor& x, const Shape& output_size) {
  PoolGeometry g = adaptive_geometry("adaptive_avg_pool", x.shape(), output_size);
  return run_average("adaptive_avg_pool", x, g, adaptive_windows(g), output_size.size());
}

Tensor adaptive_avg_pool_backward(const Tensor& grad, const Shape& input_shape, int pooled_axes) {
  check<ShapeError>(pooled_axes >= 1 && pooled_axes <= 3 && grad.dim() == input_shape.size() && grad.dim() >= pooled_axes,
                    "adaptive_avg_pool_backward: expected a gradient with as many axes as the input ", input_shape, " but its shape is ", grad.shape());
  Shape output_size = grad.shape().slice(grad.dim() - pooled_axes);
  PoolGeometry g = adaptive_geometry("adaptive_avg_pool_backward", input_shape, output_size);
  return run_spread("adaptive_avg_pool_backward", grad, input_shape, g, adaptive_windows(g), pooled_axes);
}

}  // namespace tare::kernels
