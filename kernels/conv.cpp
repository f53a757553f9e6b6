// Convolution's faces: check, make the operands dense, choose the way by shape.
//
// The general way is im2col and GEMM, one image a piece: Y = W X with X (C taps, out_plane) the unfolded image. A 1x1
// convolution of stride 1 is that product without the unfolding.
#include "kernels/conv.h"

#include <algorithm>

#include "core/parallel.h"
#include "kernels/conv_geometry.h"
#include "kernels/depthwise.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/winograd.h"

namespace tare::kernels {
namespace {

void check_conv_types(std::string_view what, const Tensor& a, const char* name_a, const Tensor& b, const char* name_b) {
  check<DTypeError>(a.dtype() == b.dtype(), what, ": expected one type but the ", name_a, " is ", a.dtype(), " and the ", name_b, " ", b.dtype());
}

template <class T>
void forward_columns(const ConvGeometry& g, const T* x, const T* w, const T* bias, Activation act, T* y) {
  int64_t depth = g.group_c() * g.taps(), plane = g.out_plane();
  bool unfold = !g.pointwise();
  Tensor work = empty({unfold ? std::min<int64_t>(g.n, 64) : 0, depth * plane}, dtype_of<T>::value);
  T* columns = work.mutable_data<T>();
  // Images of one wave share no workspace; a wave is as many images as there are workspaces.
  for (int64_t wave = 0; wave < g.n; wave += 64)
    parallel_pieces(std::min<int64_t>(64, g.n - wave), [&](int64_t i) {
      for (int64_t group = 0; group < g.groups; group++) {
        const T* image = x + ((wave + i) * g.c + group * g.group_c()) * g.in_plane();
        T* own = columns + i * depth * plane;
        if (unfold) im2col(g, g.group_c(), image, own);
        gemm<T>(false, false, g.group_o(), plane, depth, w + group * g.group_o() * depth, depth, unfold ? own : image, plane,
                y + ((wave + i) * g.o + group * g.group_o()) * plane, plane, Epilogue<T>{bias ? bias + group * g.group_o() : nullptr, nullptr, act});
      }
    });
}

template <class T>
void backward_input_columns(const ConvGeometry& g, const T* grad, const T* w, T* dx) {
  int64_t depth = g.group_c() * g.taps(), plane = g.out_plane();
  bool unfold = !g.pointwise();
  Tensor work = empty({unfold ? std::min<int64_t>(g.n, 64) : 0, depth * plane}, dtype_of<T>::value);
  T* columns = work.mutable_data<T>();
  for (int64_t wave = 0; wave < g.n; wave += 64)
    parallel_pieces(std::min<int64_t>(64, g.n - wave), [&](int64_t i) {
      for (int64_t group = 0; group < g.groups; group++) {
        T* image = dx + ((wave + i) * g.c + group * g.group_c()) * g.in_plane();
        T* own = unfold ? columns + i * depth * plane : image;
        gemm<T>(true, false, depth, plane, g.group_o(), T(1), w + group * g.group_o() * depth, depth,
                grad + ((wave + i) * g.o + group * g.group_o()) * plane, plane, T(0), own, plane);
        if (!unfold) continue;
        std::fill(image, image + g.group_c() * g.in_plane(), T(0));
        col2im(g, g.group_c(), own, image);
      }
    });
}

template <class T>
void backward_weight_columns(const ConvGeometry& g, const T* grad, const T* x, T* dw) {
  int64_t depth = g.group_c() * g.taps(), plane = g.out_plane(), size = g.o * depth;
  bool unfold = !g.pointwise();
  // A fixed number of partial sums, each over its share of the batch, added up in order.
  int64_t parts = std::clamp<int64_t>(g.n, 1, 8), share = (g.n + parts - 1) / parts;
  Tensor work = empty({unfold ? parts : 0, depth * plane}, dtype_of<T>::value), sums = empty({parts, size}, dtype_of<T>::value);
  T *columns = work.mutable_data<T>(), *sum = sums.mutable_data<T>();
  parallel_pieces(parts, [&](int64_t part) {
    T *own = columns + part * depth * plane, *to = sum + part * size;
    std::fill(to, to + size, T(0));
    for (int64_t i = part * share; i < std::min(g.n, (part + 1) * share); i++)
      for (int64_t group = 0; group < g.groups; group++) {
        const T* image = x + (i * g.c + group * g.group_c()) * g.in_plane();
        if (unfold) im2col(g, g.group_c(), image, own);
        gemm<T>(false, true, g.group_o(), depth, plane, T(1), grad + (i * g.o + group * g.group_o()) * plane, plane, unfold ? own : image, plane, T(1),
                to + group * g.group_o() * depth, depth);
      }
  });
  parallel_for(size, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      T total = 0;
      for (int64_t part = 0; part < parts; part++) total += sum[part * size + i];
      dw[i] = total;
    }
  });
}

}  // namespace

Tensor conv_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvParams& p, Activation act) {
  check_conv("conv", x.shape(), w.shape(), bias.defined() ? &bias.shape() : nullptr, p);
  check_conv_types("conv", x, "input", w, "weights");
  if (bias.defined()) check_conv_types("conv", x, "input", bias, "bias");
  ConvGeometry g = conv_geometry(x.shape(), w.shape(), p);
  Tensor y = empty(conv_output_shape(x.shape(), w.shape(), p), x.dtype());
  if (y.numel() == 0) return y;
  Tensor xs = contiguous(x), ws = contiguous(w), bs = bias.defined() ? contiguous(bias) : bias;
  if (int tile = x.dtype() == DType::float32 ? winograd_tile(g) : 0) {
    winograd_forward(g, tile, xs.data<float>(), ws.data<float>(), bs.defined() ? bs.data<float>() : nullptr, act, y.mutable_data<float>());
    return y;
  }
  dispatch_floating("conv", x.dtype(), [&]<class T>() {
    auto run = g.depthwise() ? depthwise_forward<T> : forward_columns<T>;
    run(g, xs.data<T>(), ws.data<T>(), bs.defined() ? bs.data<T>() : nullptr, act, y.mutable_data<T>());
  });
  return y;
}

ConvGradients conv_backward(const Tensor& grad, const Tensor& x, const Tensor& w, const ConvParams& p, bool want_input, bool want_weight) {
  ConvGradients out;
  if (want_input) out.input = conv_backward_input(grad, w, x.shape(), p);
  if (want_weight) out.weight = conv_backward_weight(grad, x, w.shape(), p);
  return out;
}

Tensor conv_backward_input(const Tensor& grad, const Tensor& w, const Shape& input_shape, const ConvParams& p) {
  Shape expected = conv_output_shape(input_shape, w.shape(), p);
  check<ShapeError>(grad.shape() == expected, "conv_backward_input: expected a gradient of shape ", expected, " for an input ", input_shape, " and weights ",
                    w.shape(), " but it is ", grad.shape());
  check_conv_types("conv_backward_input", grad, "gradient", w, "weights");
  ConvGeometry g = conv_geometry(input_shape, w.shape(), p);
  if (g.n == 0 || g.c == 0 || g.o == 0) return zeros_raw(input_shape, grad.dtype());
  Tensor dx = empty(input_shape, grad.dtype()), gs = contiguous(grad), ws = contiguous(w);
  if (int tile = grad.dtype() == DType::float32 ? winograd_tile(g) : 0) {
    winograd_backward_input(g, tile, gs.data<float>(), ws.data<float>(), dx.mutable_data<float>());
    return dx;
  }
  dispatch_floating("conv_backward_input", grad.dtype(),
                    [&]<class T>() { (g.depthwise() ? depthwise_backward_input<T> : backward_input_columns<T>)(g, gs.data<T>(), ws.data<T>(), dx.mutable_data<T>()); });
  return dx;
}

Tensor conv_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight_shape, const ConvParams& p) {
  Shape expected = conv_output_shape(x.shape(), weight_shape, p);
  check<ShapeError>(grad.shape() == expected, "conv_backward_weight: expected a gradient of shape ", expected, " for an input ", x.shape(), " and weights ",
                    weight_shape, " but it is ", grad.shape());
  check_conv_types("conv_backward_weight", grad, "gradient", x, "input");
  ConvGeometry g = conv_geometry(x.shape(), weight_shape, p);
  if (g.n == 0 || g.c == 0 || g.o == 0) return zeros_raw(weight_shape, grad.dtype());
  Tensor dw = empty(weight_shape, grad.dtype()), gs = contiguous(grad), xs = contiguous(x);
  if (int tile = grad.dtype() == DType::float32 ? winograd_tile(g) : 0) {
    winograd_backward_weight(g, tile, gs.data<float>(), xs.data<float>(), dw.mutable_data<float>());
    return dw;
  }
  dispatch_floating("conv_backward_weight", grad.dtype(),
                    [&]<class T>() { (g.depthwise() ? depthwise_backward_weight<T> : backward_weight_columns<T>)(g, gs.data<T>(), xs.data<T>(), dw.mutable_data<T>()); });
  return dw;
}

Tensor conv_backward_bias(const Tensor& grad) {
  check<ShapeError>(grad.dim() >= 2, "conv_backward_bias: expected a gradient (N, O, ...) but its shape is ", grad.shape());
  int64_t n = grad.shape()[0], o = grad.shape()[1], plane = grad.shape().slice(2).numel();
  Tensor gs = contiguous(grad), out = empty({o}, grad.dtype());
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
