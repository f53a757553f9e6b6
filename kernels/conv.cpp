// Convolution's faces: check, make the operands dense, choose the way by shape.
//
//   3x3, stride 1, float32, from 8 channels on    Winograd (winograd.cpp)
//   one input channel for each group               stencils over planes (depthwise.cpp)
//   1x1, few channels, small sums                  products with (unfolded) images (conv_columns.cpp); not for the weights' gradient
//   everything else                                products that read the image through tables (conv_direct.cpp)
#include "kernels/conv.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/conv_columns.h"
#include "kernels/conv_direct.h"
#include "kernels/conv_geometry.h"
#include "kernels/counters.h"
#include "kernels/depthwise.h"
#include "kernels/elementwise.h"
#include "kernels/winograd.h"

namespace tare::kernels {
namespace {

void check_conv_types(std::string_view what, const Tensor& a, const char* name_a, const Tensor& b, const char* name_b) {
  check<DTypeError>(a.dtype() == b.dtype(), what, ": expected one type but the ", name_a, " is ", a.dtype(), " and the ", name_b, " ", b.dtype());
}

// The tile of winograd.h where it applies, else 0: float64 is always summed directly.
int winograd_tile_for(const Tensor& t, const ConvGeometry& g) { return t.dtype() == DType::float32 ? winograd_tile(g) : 0; }

// Sizes of a backward pass, after checking the gradient against them and against the other operand's type.
ConvGeometry checked_gradient(std::string_view what, const Tensor& grad, const Tensor& other, const char* name, const Shape& input, const Shape& weight,
                              const ConvParams& p) {
  check_conv(what, input, weight, nullptr, p);
  Shape expected = conv_output_shape(input, weight, p);
  check<ShapeError>(grad.shape() == expected, what, ": expected a gradient of shape ", expected, " for an input ", input, " and weights ", weight,
                    " but it is ", grad.shape());
  check_conv_types(what, grad, "gradient", other, name);
  return conv_geometry(input, weight, p);
}

}  // namespace

Tensor conv_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvParams& p, Activation act) {
  check_conv("conv", x.shape(), w.shape(), bias.defined() ? &bias.shape() : nullptr, p);
  check_conv_types("conv", x, "input", w, "weights");
  if (bias.defined()) check_conv_types("conv", x, "input", bias, "bias");
  ConvGeometry g = conv_geometry(x.shape(), w.shape(), p);
  Tensor y = empty(conv_output_shape(x.shape(), w.shape(), p), x.dtype());
  if (y.numel() == 0) return y;
  count_work(2 * g.work(), bytes_of(x, w, bias, y));
  Tensor xs = contiguous(x), ws = contiguous(w), bs = bias.defined() ? contiguous(bias) : bias;
  if (int tile = winograd_tile_for(x, g)) {
    winograd_forward(g, tile, xs.data<float>(), ws.data<float>(), bs.defined() ? bs.data<float>() : nullptr, act, y.mutable_data<float>());
    return y;
  }
  dispatch_floating("conv", x.dtype(), [&]<class T>() {
    bool direct = direct_suits<T>(g, g.group_o(), g.group_c() * g.taps());
    auto run = g.depthwise() ? depthwise_forward<T> : direct ? direct_forward<T> : columns_forward<T>;
    run(g, xs.data<T>(), ws.data<T>(), bs.defined() ? bs.data<T>() : nullptr, act, y.mutable_data<T>());
  });
  return y;
}

Tensor conv_backward_input(const Tensor& grad, const Tensor& w, const Shape& input_shape, const ConvParams& p) {
  ConvGeometry g = checked_gradient("conv_backward_input", grad, w, "weights", input_shape, w.shape(), p);
  if (g.work() == 0) return zeros_raw(input_shape, grad.dtype());
  Tensor dx = empty(input_shape, grad.dtype()), gs = contiguous(grad), ws = contiguous(w);
  count_work(2 * g.work(), bytes_of(grad, w, dx));
  if (int tile = winograd_tile_for(grad, g)) {
    winograd_backward_input(g, tile, gs.data<float>(), ws.data<float>(), dx.mutable_data<float>());
    return dx;
  }
  dispatch_floating("conv_backward_input", grad.dtype(), [&]<class T>() {
    bool direct = direct_suits<T>(g, g.group_c(), g.work() / (g.n * g.c * g.in_plane()));
    auto run = g.depthwise() ? depthwise_backward_input<T> : direct ? direct_backward_input<T> : columns_backward_input<T>;
    run(g, gs.data<T>(), ws.data<T>(), dx.mutable_data<T>());
  });
  return dx;
}

Tensor conv_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape, const ConvParams& p) {
  ConvGeometry g = checked_gradient("conv_backward_weight", grad, x, "input", x.shape(), weight_shape, p);
  if (g.work() == 0) return zeros_raw(weight_shape, grad.dtype());
  Tensor dw = empty(weight_shape, grad.dtype()), gs = contiguous(grad), xs = contiguous(x);
  count_work(2 * g.work(), bytes_of(grad, x, dw));
  if (int tile = winograd_tile_for(grad, g)) {
    winograd_backward_weight(g, tile, gs.data<float>(), xs.data<float>(), dw.mutable_data<float>());
    return dw;
  }
  dispatch_floating("conv_backward_weight", grad.dtype(), [&]<class T>() {
    auto run = g.depthwise() ? depthwise_backward_weight<T> : direct_backward_weight<T>;
    run(g, gs.data<T>(), xs.data<T>(), dw.mutable_data<T>());
  });
  return dw;
}

ConvGradients conv_backward(const Tensor& grad, const Tensor& x, const Tensor& w, const ConvParams& p, bool want_input, bool want_weight) {
  return {want_input ? conv_backward_input(grad, w, x.shape(), p) : Tensor(), want_weight ? conv_backward_weight(grad, x, w.shape(), p) : Tensor()};
}

Tensor conv_backward_bias(const Tensor& grad) {
  check<ShapeError>(grad.dim() >= 2, "conv_backward_bias: expected a gradient (N, O, ...) but its shape is ", grad.shape());
  int64_t n = grad.shape()[0], o = grad.shape()[1], plane = grad.shape().slice(2).numel();
  Tensor gs = contiguous(grad), out = empty({o}, grad.dtype());
  count_work(grad.numel(), bytes_of(grad, out));
  dispatch_floating("conv_backward_bias", grad.dtype(), [&]<class T>() {
    const T* from = gs.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(o, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, n * plane)), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c++) {
        double total = 0;
        for (int64_t i = 0; i < n; i++) {
          const T* plane_of = from + (i * o + c) * plane;
          T lanes[16] = {};  // sixteen running sums, so that the compiler may use vectors
          int64_t j = 0;
          for (; j + 16 <= plane; j += 16)
            for (int l = 0; l < 16; l++) lanes[l] += plane_of[j + l];
          for (; j < plane; j++) lanes[0] += plane_of[j];
          for (T v : lanes) total += v;
        }
        to[c] = T(total);
      }
    });
  });
  return out;
}

}  // namespace tare::kernels
