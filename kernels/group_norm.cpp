#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/norm.h"

namespace tare::kernels {
namespace {

// x (N, C, ...) as samples x groups x width channels x inner.
struct GroupLayout {
  int64_t samples, groups, width, inner = 1;
  int64_t count() const { return width * inner; }
  int64_t channels() const { return groups * width; }
};

GroupLayout group_layout(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(x.dim() >= 2, "group_norm: expected an input of shape [N, C, ...] but it is ", x.shape());
  int64_t channels = x.shape()[1];
  check<ValueError>(groups >= 1 && channels % groups == 0, "group_norm: ", channels, " channels cannot be split into ", groups, " equal groups");
  GroupLayout l{x.shape()[0], groups, channels / groups};
  for (int i = 2; i < x.dim(); i++) l.inner *= x.shape()[i];
  for (const Tensor* t : {&weight, &bias})
    if (t->defined()) {
      check<ShapeError>(t->shape() == Shape{channels}, "group_norm: expected weight and bias of shape ", Shape{channels}, " for an input of shape ",
                        x.shape(), " but one is ", t->shape());
      check<DTypeError>(t->dtype() == x.dtype(), "group_norm: the input is ", x.dtype(), " but weight or bias is ", t->dtype());
    }
  return l;
}

}  // namespace

NormResult group_norm(const Tensor& input, int64_t groups, const Tensor& scale, const Tensor& shift, double eps) {
  GroupLayout l = group_layout(input, groups, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  Shape s{l.samples, groups};
  NormResult r{empty(x.shape(), x.dtype()), empty(s, x.dtype()), empty(s, x.dtype()), {}};
  dispatch_floating("group_norm", x.dtype(), [&]<class T>() {
    const T *in = x.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr, *b = bias.defined() ? bias.data<T>() : nullptr;
    T *y = r.y.mutable_data<T>(), *mean = r.mean.mutable_data<T>(), *rstd = r.rstd.mutable_data<T>();
    parallel_for(l.samples * groups, 1, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; k++) {
        const T* xk = in + k * l.count();
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < l.count(); i++) sum += double(xk[i]);
        double m = sum / double(l.count());
        for (int64_t i = 0; i < l.count(); i++) squares += (double(xk[i]) - m) * (double(xk[i]) - m);
        mean[k] = T(m);
        rstd[k] = T(1 / std::sqrt(squares / double(l.count()) + eps));
        for (int64_t c = 0; c < l.width; c++) {
          int64_t channel = k % groups * l.width + c;
          for (int64_t i = 0; i < l.inner; i++) {
            int64_t at = k * l.count() + c * l.inner + i;
            y[at] = (in[at] - mean[k]) * rstd[k] * (w ? w[channel] : T(1)) + (b ? b[channel] : T(0));
          }
        }
      }
    });
  });
  return r;
}

NormGrads group_norm_backward(const Tensor& gradient, const Tensor& input, const NormResult& saved, int64_t groups, const Tensor& scale, Wanted wanted) {
  GroupLayout l = group_layout(input, groups, scale, {});
  check<ShapeError>(gradient.shape() == input.shape(), "group_norm: the gradient ", gradient.shape(), " must have the shape of the input ",
                    input.shape());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale;
  NormGrads r;
  Shape channels{l.channels()};
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = zeros_raw(channels, x.dtype());
  if (wanted.db) r.db = zeros_raw(channels, x.dtype());
  dispatch_floating("group_norm", x.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *in = x.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr;
    const T *mean = saved.mean.data<T>(), *rstd = saved.rstd.data<T>();
    T* dx = wanted.dx ? r.dx.mutable_data<T>() : nullptr;
    std::vector<double> sums(size_t(l.samples * l.channels())), dots(sums.size());  // of g and g xhat, per sample and channel
    parallel_for(l.samples * groups, 1, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; k++) {
        double sum = 0, dot = 0;
        for (int64_t c = 0; c < l.width; c++) {
          double channel_sum = 0, channel_dot = 0;
          for (int64_t i = 0; i < l.inner; i++) {
            int64_t at = k * l.count() + c * l.inner + i;
            channel_sum += double(g[at]);
            channel_dot += double(g[at]) * double((in[at] - mean[k]) * rstd[k]);
          }
          sums[size_t(k * l.width + c)] = channel_sum;
          dots[size_t(k * l.width + c)] = channel_dot;
          double wc = w ? double(w[k % groups * l.width + c]) : 1.0;
          sum += wc * channel_sum;
          dot += wc * channel_dot;
        }
        if (!dx) continue;
        T a = T(sum / double(l.count())), d = T(dot / double(l.count()));
        for (int64_t c = 0; c < l.width; c++) {
          T wc = w ? w[k % groups * l.width + c] : T(1);
          for (int64_t i = 0; i < l.inner; i++) {
            int64_t at = k * l.count() + c * l.inner + i;
            dx[at] = rstd[k] * (g[at] * wc - a - (in[at] - mean[k]) * rstd[k] * d);
          }
        }
      }
    });
    for (int64_t c = 0; c < l.channels(); c++) {
      double dw = 0, db = 0;
      for (int64_t n = 0; n < l.samples; n++) {
        dw += dots[size_t(n * l.channels() + c)];
        db += sums[size_t(n * l.channels() + c)];
      }
      if (wanted.dw) r.dw.mutable_data<T>()[c] = T(dw);
      if (wanted.db) r.db.mutable_data<T>()[c] = T(db);
    }
  });
  return r;
}

}  // namespace tare::kernels
