// Max pooling. Every input is read once and compared a few times: the limit is memory, about 1/4 flop a byte for 2x2.
#include <algorithm>
#include <limits>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/pool.h"
#include "kernels/pool_geometry.h"

namespace tare::kernels {
namespace {

// About this many input elements make a piece worth handing out.
constexpr int64_t kPoolGrain = 32768;

int64_t planes_a_piece(int64_t plane) { return kPoolGrain / std::max<int64_t>(plane, 1) + 1; }

// The taps of window `at` along one axis that lie inside the input: first coordinate and how many.
struct Taps {
  int64_t first, count;
};
Taps inner_taps(const PoolGeometry& g, int axis, int64_t at) {
  int64_t first = at * g.stride[axis] - g.padding[axis], step = g.dilation[axis];
  int64_t skip = first < 0 ? (-first + step - 1) / step : 0;
  first += skip * step;
  int64_t room = first >= g.in[axis] ? 0 : (g.in[axis] - 1 - first) / step + 1;
  // A window of ceil_mode may hold padding alone: no taps, and a position inside the input for its index.
  return {std::min(first, g.in[axis] - 1), std::max<int64_t>(0, std::min(g.kernel[axis] - skip, room))};
}

template <class T>
void max_window(const PoolGeometry& g, const T* x, Taps z, Taps y, Taps w, T& value, int64_t& index) {
  value = -std::numeric_limits<T>::infinity();
  index = (z.first * g.in[1] + y.first) * g.in[2] + w.first;
  for (int64_t a = 0; a < z.count; a++)
    for (int64_t b = 0; b < y.count; b++)
      for (int64_t c = 0; c < w.count; c++) {
        int64_t at = ((z.first + a * g.dilation[0]) * g.in[1] + y.first + b * g.dilation[1]) * g.in[2] + w.first + c * g.dilation[2];
        if (x[at] > value || x[at] != x[at]) {
          value = x[at];
          index = at;
        }
      }
}

template <class T, class Window>
void max_planes(const PoolGeometry& g, const T* x, T* values, int64_t* indices, Window window) {
  parallel_for(g.planes, planes_a_piece(g.in_plane()), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const T* from = x + plane * g.in_plane();
      T* to = values + plane * g.out_plane();
      int64_t* at = indices + plane * g.out_plane();
      for (int64_t z = 0; z < g.out[0]; z++)
        for (int64_t y = 0; y < g.out[1]; y++)
          for (int64_t w = 0; w < g.out[2]; w++) max_window(g, from, window(0, z), window(1, y), window(2, w), *to++, *at++);
    }
  });
}

}  // namespace

MaxPooled max_pool(const Tensor& x, const PoolParams& p) {
  PoolGeometry g = pool_geometry("max_pool", x.shape(), p);
  Shape shape = pool_result_shape(g, x.shape(), p.kernel.size());
  MaxPooled out{empty(shape, x.dtype()), empty(shape, DType::int64)};
  if (g.planes == 0) return out;
  Tensor xs = dense(x);
  dispatch_floating("max_pool", x.dtype(), [&]<class T>() {
    max_planes<T>(g, xs.data<T>(), out.values.mutable_data<T>(), out.indices.mutable_data<int64_t>(),
                  [&](int axis, int64_t at) { return inner_taps(g, axis, at); });
  });
  return out;
}

Tensor max_pool_backward(const Tensor& grad, const Tensor& indices, const Shape& input_shape, int pooled_axes) {
  check<ShapeError>(grad.shape() == indices.shape() && grad.dim() == input_shape.size(),
                    "max_pool_backward: expected a gradient and indices of one shape, with as many axes as the input, but they are ", grad.shape(), ", ",
                    indices.shape(), " and ", input_shape);
  int lead = input_shape.size() - pooled_axes;
  int64_t planes = input_shape.slice(0, lead).numel(), in_plane = input_shape.slice(lead).numel(), out_plane = grad.shape().slice(lead).numel();
  check<ShapeError>(grad.shape().slice(0, lead) == input_shape.slice(0, lead), "max_pool_backward: the leading axes of the gradient ", grad.shape(),
                    " and of the input ", input_shape, " differ");
  Tensor dx = empty(input_shape, grad.dtype()), gs = dense(grad), at = dense(indices);
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

MaxPooled adaptive_max_pool(const Tensor& x, const Shape& output_size) {
  PoolGeometry g = adaptive_geometry("adaptive_max_pool", x.shape(), output_size);
  Shape shape = pool_result_shape(g, x.shape(), output_size.size());
  MaxPooled out{empty(shape, x.dtype()), empty(shape, DType::int64)};
  if (out.values.numel() == 0) return out;
  Tensor xs = dense(x);
  dispatch_floating("adaptive_max_pool", x.dtype(), [&]<class T>() {
    max_planes<T>(g, xs.data<T>(), out.values.mutable_data<T>(), out.indices.mutable_data<int64_t>(), [&](int axis, int64_t at) {
      AdaptiveWindow w = adaptive_window(at, g.in[axis], g.out[axis]);
      return Taps{w.begin, w.end - w.begin};
    });
  });
  return out;
}

}  // namespace tare::kernels
