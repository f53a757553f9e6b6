// Average pooling and its adjoint: each window adds up its inputs, or hands its gradient's share to them.
#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/pool.h"
#include "kernels/pool_geometry.h"

namespace tare::kernels {
namespace {

constexpr int64_t kAverageGrain = 32768;

// One window along one axis: the inputs it covers, and its length for the divisor.
struct Extent {
  int64_t begin, end, length;
};

// The windows of the three axes, and 1 / divisor of a window.
struct Windows {
  std::vector<Extent> axis[3];
  bool count_length = false;  // divide by the lengths, not by the inputs covered
  int64_t divisor = 0;

  double share(const Extent& z, const Extent& y, const Extent& x) const {
    if (z.begin == z.end || y.begin == y.end || x.begin == x.end) return 0;  // a window of ceil_mode that holds padding alone
    if (divisor) return 1.0 / double(divisor);
    if (count_length) return 1.0 / double(z.length * y.length * x.length);
    return 1.0 / double((z.end - z.begin) * (y.end - y.begin) * (x.end - x.begin));
  }
};

Windows average_windows(const PoolGeometry& g, bool count_include_pad, int64_t divisor_override) {
  Windows out;
  out.count_length = count_include_pad;
  out.divisor = divisor_override;
  for (int axis = 0; axis < 3; axis++)
    for (int64_t i = 0; i < g.out[axis]; i++) {
      int64_t begin = i * g.stride[axis] - g.padding[axis], end = std::min(begin + g.kernel[axis], g.in[axis] + g.padding[axis]);
      out.axis[axis].push_back({std::max<int64_t>(begin, 0), std::max(std::min(end, g.in[axis]), std::max<int64_t>(begin, 0)), end - begin});
    }
  return out;
}

Windows adaptive_windows(const PoolGeometry& g) {
  Windows out;
  for (int axis = 0; axis < 3; axis++)
    for (int64_t i = 0; i < g.out[axis]; i++) {
      AdaptiveWindow w = adaptive_window(i, g.in[axis], g.out[axis]);
      out.axis[axis].push_back({w.begin, w.end, w.end - w.begin});
    }
  return out;
}

template <class T>
void average(const PoolGeometry& g, const Windows& windows, const T* x, T* y) {
  parallel_for(g.planes, kAverageGrain / std::max<int64_t>(g.in_plane(), 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const T* from = x + plane * g.in_plane();
      T* to = y + plane * g.out_plane();
      for (const Extent& a : windows.axis[0])
        for (const Extent& b : windows.axis[1])
          for (const Extent& c : windows.axis[2]) {
            T sum = 0;
            for (int64_t i = a.begin; i < a.end; i++)
              for (int64_t j = b.begin; j < b.end; j++)
                for (int64_t k = c.begin; k < c.end; k++) sum += from[(i * g.in[1] + j) * g.in[2] + k];
            *to++ = sum * T(windows.share(a, b, c));
          }
    }
  });
}

template <class T>
void spread(const PoolGeometry& g, const Windows& windows, const T* grad, T* dx) {
  parallel_for(g.planes, kAverageGrain / std::max<int64_t>(g.in_plane(), 1) + 1, [&](int64_t begin, int64_t end) {
    std::fill(dx + begin * g.in_plane(), dx + end * g.in_plane(), T(0));
    for (int64_t plane = begin; plane < end; plane++) {
      const T* from = grad + plane * g.out_plane();
      T* to = dx + plane * g.in_plane();
      for (const Extent& a : windows.axis[0])
        for (const Extent& b : windows.axis[1])
          for (const Extent& c : windows.axis[2]) {
            T part = *from++ * T(windows.share(a, b, c));
            for (int64_t i = a.begin; i < a.end; i++)
              for (int64_t j = b.begin; j < b.end; j++)
                for (int64_t k = c.begin; k < c.end; k++) to[(i * g.in[1] + j) * g.in[2] + k] += part;
          }
    }
  });
}

Tensor run_average(std::string_view what, const Tensor& x, const PoolGeometry& g, const Windows& windows, int axes) {
  Tensor out = empty(pool_result_shape(g, x.shape(), axes), x.dtype()), xs = dense(x);
  dispatch_floating(what, x.dtype(), [&]<class T>() { average<T>(g, windows, xs.data<T>(), out.mutable_data<T>()); });
  return out;
}

Tensor run_spread(std::string_view what, const Tensor& grad, const Shape& input_shape, const PoolGeometry& g, const Windows& windows, int axes) {
  Shape expected = pool_result_shape(g, input_shape, axes);
  check<ShapeError>(grad.shape() == expected, what, ": expected a gradient of shape ", expected, " for the input ", input_shape, " but it is ", grad.shape());
  Tensor dx = empty(input_shape, grad.dtype()), gs = dense(grad);
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
