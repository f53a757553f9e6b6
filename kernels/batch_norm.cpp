#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/norm.h"

namespace tare::kernels {
namespace {

// x (N, C, ...) as (outer, channels, inner).
struct ChannelLayout {
  int64_t outer, channels, inner = 1;
  int64_t count() const { return outer * inner; }
};

ChannelLayout channel_layout(std::string_view call, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(x.dim() >= 2, call, ": expected an input of shape [N, C, ...] but it is ", x.shape());
  ChannelLayout l{x.shape()[0], x.shape()[1]};
  for (int i = 2; i < x.dim(); i++) l.inner *= x.shape()[i];
  for (const Tensor* t : {&weight, &bias})
    if (t->defined()) {
      check<ShapeError>(t->shape() == Shape{l.channels}, call, ": expected weight, bias and statistics of shape ", Shape{l.channels},
                        " for an input of shape ", x.shape(), " but one is ", t->shape());
      check<DTypeError>(t->dtype() == x.dtype(), call, ": the input is ", x.dtype(), " but weight, bias or statistics are ", t->dtype());
    }
  return l;
}

template <class T>
const T* pointer_or_null(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

template <class T, class F>
void for_channel(const ChannelLayout& l, int64_t c, F f) {
  for (int64_t o = 0; o < l.outer; o++)
    for (int64_t i = 0; i < l.inner; i++) f((o * l.channels + c) * l.inner + i);
}

template <class T>
void normalise_channels(const ChannelLayout& l, const T* x, const T* mean, const T* rstd, const T* w, const T* b, bool relu, T* y) {
  parallel_for(l.channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      T scale = rstd[c] * (w ? w[c] : T(1)), shift = (b ? b[c] : T(0)) - mean[c] * scale;
      for_channel<T>(l, c, [&](int64_t i) {
        T v = x[i] * scale + shift;
        y[i] = relu && v < 0 ? T(0) : v;
      });
    }
  });
}

template <class T>
void channel_gradients(const ChannelLayout& l, const T* g, const T* x, const T* mean, const T* rstd, const T* w, const T* b, bool relu, bool constant,
                       T* dx, T* dw, T* db) {
  parallel_for(l.channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      T scale = rstd[c] * (w ? w[c] : T(1)), shift = (b ? b[c] : T(0)) - mean[c] * scale;
      double sum = 0, dot = 0;
      auto cut = [&](int64_t i) { return relu && x[i] * scale + shift <= 0; };
      for_channel<T>(l, c, [&](int64_t i) {
        if (cut(i)) return;
        sum += double(g[i]);
        dot += double(g[i]) * double((x[i] - mean[c]) * rstd[c]);
      });
      if (dw) dw[c] = T(dot);
      if (db) db[c] = T(sum);
      if (!dx) continue;
      T a = constant ? T(0) : T(sum / double(l.count())), d = constant ? T(0) : T(dot / double(l.count()));
      for_channel<T>(l, c, [&](int64_t i) { dx[i] = scale * ((cut(i) ? T(0) : g[i]) - a - (x[i] - mean[c]) * rstd[c] * d); });
    }
  });
}

NormGrads batch_norm_gradients(std::string_view call, const Tensor& gradient, const Tensor& input, const NormResult& saved, const Tensor& scale,
                               const Tensor& shift, Wanted wanted, bool relu, bool constant) {
  ChannelLayout l = channel_layout(call, input, scale, shift);
  check<ShapeError>(gradient.shape() == input.shape(), call, ": the gradient ", gradient.shape(), " must have the shape of the input ", input.shape());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormGrads r;
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = empty({l.channels}, x.dtype());
  if (wanted.db) r.db = empty({l.channels}, x.dtype());
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    channel_gradients(l, grad.data<T>(), x.data<T>(), saved.mean.data<T>(), saved.rstd.data<T>(), pointer_or_null<T>(weight), pointer_or_null<T>(bias),
                      relu, constant, wanted.dx ? r.dx.mutable_data<T>() : nullptr, wanted.dw ? r.dw.mutable_data<T>() : nullptr,
                      wanted.db ? r.db.mutable_data<T>() : nullptr);
  });
  return r;
}

}  // namespace

NormResult batch_norm(const Tensor& input, const Tensor& scale, const Tensor& shift, double eps, bool relu) {
  ChannelLayout l = channel_layout("batch_norm", input, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  check<ShapeError>(l.count() > 0, "batch_norm: an input of shape ", x.shape(), " has no values to take statistics of");
  Shape c{l.channels};
  NormResult r{empty(x.shape(), x.dtype()), empty(c, x.dtype()), empty(c, x.dtype()), empty(c, x.dtype())};
  dispatch_floating("batch_norm", x.dtype(), [&]<class T>() {
    const T* in = x.data<T>();
    T *mean = r.mean.mutable_data<T>(), *rstd = r.rstd.mutable_data<T>(), *variance = r.variance.mutable_data<T>();
    parallel_for(l.channels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; k++) {
        double sum = 0, squares = 0;
        for_channel<T>(l, k, [&](int64_t i) { sum += double(in[i]); });
        double m = sum / double(l.count());
        for_channel<T>(l, k, [&](int64_t i) { squares += (double(in[i]) - m) * (double(in[i]) - m); });
        mean[k] = T(m);
        variance[k] = T(squares / double(l.count()));
        rstd[k] = T(1 / std::sqrt(squares / double(l.count()) + eps));
      }
    });
    normalise_channels(l, in, mean, rstd, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu, r.y.mutable_data<T>());
  });
  return r;
}

NormGrads batch_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias, Wanted wanted,
                              bool relu) {
  return batch_norm_gradients("batch_norm", grad, x, saved, weight, bias, wanted, relu, false);
}

NormResult batch_norm_eval(const Tensor& input, const Tensor& average, const Tensor& variance, const Tensor& scale, const Tensor& shift, double eps,
                           bool relu) {
  ChannelLayout l = channel_layout("batch_norm_eval", input, scale, shift);
  channel_layout("batch_norm_eval", input, average, variance);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormResult r{empty(x.shape(), x.dtype()), dense(average), empty({l.channels}, x.dtype()), {}};
  Tensor v = dense(variance);
  dispatch_floating("batch_norm_eval", x.dtype(), [&]<class T>() {
    T* rstd = r.rstd.mutable_data<T>();
    for (int64_t c = 0; c < l.channels; c++) rstd[c] = T(1 / std::sqrt(double(v.data<T>()[c]) + eps));
    normalise_channels(l, x.data<T>(), r.mean.data<T>(), rstd, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu, r.y.mutable_data<T>());
  });
  return r;
}

NormGrads batch_norm_eval_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias,
                                   Wanted wanted, bool relu) {
  return batch_norm_gradients("batch_norm_eval", grad, x, saved, weight, bias, wanted, relu, true);
}

}  // namespace tare::kernels
