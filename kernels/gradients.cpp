#include "kernels/gradients.h"

#include <cmath>

#include "core/parallel.h"
#include "kernels/binary_driver.h"
#include "kernels/counters.h"
#include "kernels/simd_math.h"

namespace tare::kernels {
namespace {

template <class T>
T stable_sigmoid(T v) {
  return T(1) / (T(1) + std::exp(-v));
}

// A row function of simd_math over two tensors of one type.
template <class F>
Tensor by_rows(const Tensor& grad, const Tensor& x, F&& row) {
  Tensor g = contiguous(grad.dtype() == x.dtype() ? grad : to(grad, x.dtype())), in = contiguous(x), out = empty(x.shape(), x.dtype());
  count_work(2 * x.numel(), bytes_of(g, in, out));
  dispatch_floating("backward", x.dtype(), [&]<class T>() {
    const T *pg = g.data<T>(), *px = in.data<T>();
    T* y = out.mutable_data<T>();
    parallel_for(x.numel(), kCostlyGrain, [=](int64_t begin, int64_t end) { row(px + begin, pg + begin, y + begin, end - begin); });
  });
  return out;
}

}  // namespace

Tensor tanh_backward(const Tensor& grad, const Tensor& y) {
  return binary_floating("tanh_backward", grad, y, [](auto g, auto v) { return g * (decltype(v)(1) - v * v); }, kCheapGrain);
}
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y) {
  return binary_floating("sigmoid_backward", grad, y, [](auto g, auto v) { return g * (v * (decltype(v)(1) - v)); }, kCheapGrain);
}
Tensor threshold_backward(const Tensor& grad, const Tensor& x, double threshold) {
  return binary_floating("threshold_backward", grad, x, [threshold](auto g, auto v) { return v > decltype(v)(threshold) ? g : decltype(v)(0); }, kCheapGrain);
}
Tensor between_backward(const Tensor& grad, const Tensor& x, double lo, double hi, bool closed) {
  return binary_floating(
      "between_backward", grad, x,
      [=](auto g, auto v) {
        using T = decltype(v);
        bool inside = closed ? v >= T(lo) && v <= T(hi) : v > T(lo) && v < T(hi);
        return inside ? g : T(0);
      },
      kCheapGrain);
}
Tensor leaky_relu_backward(const Tensor& grad, const Tensor& x, double slope) {
  return binary_floating("leaky_relu_backward", grad, x, [slope](auto g, auto v) { return v > 0 ? g : g * decltype(v)(slope); }, kCheapGrain);
}
Tensor elu_backward(const Tensor& grad, const Tensor& x, double alpha, double scale) {
  return binary_floating("elu_backward", grad, x, [=](auto g, auto v) {
    using T = decltype(v);
    return v > 0 ? g : g * (T(alpha * scale) * std::exp(T(scale) * v));
  });
}
Tensor softplus_backward(const Tensor& grad, const Tensor& x, double beta, double threshold) {
  return binary_floating("softplus_backward", grad, x, [=](auto g, auto v) {
    using T = decltype(v);
    T t = v * T(beta);
    return t > T(threshold) ? g : g * stable_sigmoid(t);
  });
}
Tensor logsigmoid_backward(const Tensor& grad, const Tensor& x) {
  return binary_floating("logsigmoid_backward", grad, x, [](auto g, auto v) { return g * stable_sigmoid(-v); });
}
Tensor gelu_backward(const Tensor& grad, const Tensor& x) {
  return by_rows(grad, x, [](const auto* px, const auto* pg, auto* y, int64_t n) { vgelu_backward(px, pg, y, n); });
}
Tensor gelu_tanh_backward(const Tensor& grad, const Tensor& x) {
  return by_rows(grad, x, [](const auto* px, const auto* pg, auto* y, int64_t n) { vgelu_tanh_backward(px, pg, y, n); });
}
Tensor silu_backward(const Tensor& grad, const Tensor& x) {
  return by_rows(grad, x, [](const auto* px, const auto* pg, auto* y, int64_t n) { vsilu_backward(px, pg, y, n); });
}

}  // namespace tare::kernels
