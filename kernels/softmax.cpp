#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/simd_math.h"

namespace tare::kernels {
namespace {

// x seen as (outer, n, inner): `n` entries of one softmax lie `inner` apart.
struct SoftmaxLayout {
  int64_t outer = 1, n = 1, inner = 1;
};

SoftmaxLayout softmax_layout(std::string_view call, const Tensor& x, int64_t axis) {
  int at = normalize_axis(call, axis, x.dim());
  SoftmaxLayout l;
  for (int i = 0; i < x.dim(); i++) (i < at ? l.outer : i == at ? l.n : l.inner) *= x.shape()[i];
  return l;
}

template <class T>
void softmax_row(const T* x, T* y, int64_t n, int64_t step, bool logarithm) {
  T top = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < n; i++) top = x[i * step] > top || std::isnan(x[i * step]) ? x[i * step] : top;
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += std::exp(double(x[i * step] - top));
  double shift = logarithm ? std::log(total) : 0;
  for (int64_t i = 0; i < n; i++) {
    double v = double(x[i * step] - top);
    y[i * step] = T(logarithm ? v - shift : std::exp(v) / total);
  }
}

template <class T>
void softmax_backward_row(const T* grad, const T* y, T* dx, int64_t n, int64_t step, bool logarithm) {
  double total = 0;
  for (int64_t i = 0; i < n; i++) total += logarithm ? double(grad[i * step]) : double(grad[i * step]) * y[i * step];
  for (int64_t i = 0; i < n; i++) {
    double g = grad[i * step], v = y[i * step];
    dx[i * step] = T(logarithm ? g - std::exp(v) * total : v * (g - total));
  }
}

Tensor softmax_forward(std::string_view call, const Tensor& input, int64_t axis, bool logarithm) {
  SoftmaxLayout l = softmax_layout(call, input, axis);
  Tensor x = dense(input);
  Tensor y = empty(x.shape(), x.dtype());
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T* in = x.data<T>();
    T* out = y.mutable_data<T>();
    parallel_for(l.outer * l.inner, std::max<int64_t>(1, 8192 / std::max<int64_t>(l.n, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        int64_t at = r / l.inner * l.n * l.inner + r % l.inner;
        softmax_row(in + at, out + at, l.n, l.inner, logarithm);
      }
    });
  });
  return y;
}

Tensor softmax_backward_any(std::string_view call, const Tensor& gradient, const Tensor& output, int64_t axis, bool logarithm) {
  SoftmaxLayout l = softmax_layout(call, output, axis);
  check<ShapeError>(gradient.shape() == output.shape(), call, ": the gradient ", gradient.shape(), " and the output ", output.shape(), " must agree");
  Tensor grad = dense(gradient), y = dense(output);
  Tensor dx = empty(y.shape(), y.dtype());
  dispatch_floating(call, y.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *v = y.data<T>();
    T* out = dx.mutable_data<T>();
    parallel_for(l.outer * l.inner, std::max<int64_t>(1, 8192 / std::max<int64_t>(l.n, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        int64_t at = r / l.inner * l.n * l.inner + r % l.inner;
        softmax_backward_row(g + at, v + at, out + at, l.n, l.inner, logarithm);
      }
    });
  });
  return dx;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) { return softmax_forward("softmax", x, axis, false); }
Tensor log_softmax(const Tensor& x, int64_t axis) { return softmax_forward("log_softmax", x, axis, true); }
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) { return softmax_backward_any("softmax_backward", grad, y, axis, false); }
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t axis) {
  return softmax_backward_any("log_softmax_backward", grad, y, axis, true);
}

}  // namespace tare::kernels
