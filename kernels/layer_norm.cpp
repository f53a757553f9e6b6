#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/norm.h"

namespace tare::kernels {
namespace {

// x seen as `rows` rows of n numbers.
struct RowLayout {
  int64_t rows = 1, n = 1;
  Shape leading, trailing;
};

RowLayout row_layout(std::string_view call, const Tensor& x, int axes, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(axes >= 1 && axes <= x.dim(), call, ": cannot normalise over the last ", axes, " dimensions of an input of shape ", x.shape());
  RowLayout l;
  l.leading = x.shape().slice(0, x.dim() - axes);
  l.trailing = x.shape().slice(x.dim() - axes);
  l.rows = l.leading.numel();
  l.n = l.trailing.numel();
  for (const Tensor* t : {&weight, &bias})
    if (t->defined()) {
      check<ShapeError>(t->shape() == l.trailing, call, ": expected weight and bias of shape ", l.trailing, " but one is ", t->shape());
      check<DTypeError>(t->dtype() == x.dtype(), call, ": the input is ", x.dtype(), " but weight or bias is ", t->dtype());
    }
  return l;
}

constexpr int64_t kRowGrain = 16384;   // numbers a piece of the forward pass
constexpr int64_t kGradPieces = 16;    // partial sums of dw and db: few, so that they stay in cache

template <class T>
struct RowStatistics {
  T mean, rstd;
};

template <class T>
RowStatistics<T> row_statistics(const T* x, int64_t n, double eps, bool centred) {
  double mean = 0, squares = 0;
  if (centred) {
    for (int64_t i = 0; i < n; i++) mean += double(x[i]);
    mean /= double(n);
  }
  for (int64_t i = 0; i < n; i++) squares += (double(x[i]) - mean) * (double(x[i]) - mean);
  return {T(mean), T(1 / std::sqrt(squares / double(n) + eps))};
}

NormResult row_norm(std::string_view call, const Tensor& input, int axes, const Tensor& scale, const Tensor& shift, double eps, bool centred) {
  RowLayout l = row_layout(call, input, axes, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormResult r{empty(x.shape(), x.dtype()), centred ? empty(l.leading, x.dtype()) : Tensor(), empty(l.leading, x.dtype()), {}};
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T *in = x.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr, *b = bias.defined() ? bias.data<T>() : nullptr;
    T *out = r.y.mutable_data<T>(), *mean = centred ? r.mean.mutable_data<T>() : nullptr, *rstd = r.rstd.mutable_data<T>();
    parallel_for(l.rows, kRowGrain / std::max<int64_t>(l.n, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const T* row = in + i * l.n;
        T* to = out + i * l.n;
        auto s = row_statistics(row, l.n, eps, centred);
        if (mean) mean[i] = s.mean;
        rstd[i] = s.rstd;
        for (int64_t j = 0; j < l.n; j++) to[j] = (row[j] - s.mean) * s.rstd * (w ? w[j] : T(1)) + (b ? b[j] : T(0));
      }
    });
  });
  return r;
}

NormGrads row_norm_backward(std::string_view call, const Tensor& gradient, const Tensor& input, const NormResult& saved, int axes, const Tensor& scale,
                            Wanted wanted, bool centred) {
  RowLayout l = row_layout(call, input, axes, scale, {});
  check<ShapeError>(gradient.shape() == input.shape(), call, ": the gradient ", gradient.shape(), " must have the shape of the input ", input.shape());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale;
  NormGrads r;
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = zeros_raw(l.trailing, x.dtype());
  if (wanted.db) r.db = zeros_raw(l.trailing, x.dtype());
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *in = x.data<T>(), *w = weight.defined() ? weight.data<T>() : nullptr;
    const T *mean = centred ? saved.mean.data<T>() : nullptr, *rstd = saved.rstd.data<T>();
    T *dx = wanted.dx ? r.dx.mutable_data<T>() : nullptr, *dw = wanted.dw ? r.dw.mutable_data<T>() : nullptr,
      *db = wanted.db ? r.db.mutable_data<T>() : nullptr;
    int64_t n = l.n, grain = std::max<int64_t>(1, (l.rows + kGradPieces - 1) / kGradPieces), pieces = (l.rows + grain - 1) / grain;
    std::vector<T> partial(size_t(pieces * 2 * n), T(0));
    parallel_for(l.rows, grain, [&](int64_t begin, int64_t end) {
      T *pw = partial.data() + begin / grain * 2 * n, *pb = pw + n;
      for (int64_t i = begin; i < end; i++) {
        const T *gi = g + i * n, *xi = in + i * n;
        T m = mean ? mean[i] : T(0), s = rstd[i];
        double sum = 0, dot = 0;
        for (int64_t j = 0; j < n; j++) {
          T xhat = (xi[j] - m) * s, gw = gi[j] * (w ? w[j] : T(1));
          sum += double(gw);
          dot += double(gw) * double(xhat);
          pw[j] += gi[j] * xhat;
          pb[j] += gi[j];
        }
        if (!dx) continue;
        T a = centred ? T(sum / double(n)) : T(0), b = T(dot / double(n));
        for (int64_t j = 0; j < n; j++) dx[i * n + j] = s * (gi[j] * (w ? w[j] : T(1)) - a - (xi[j] - m) * s * b);
      }
    });
    for (int64_t p = 0; p < pieces; p++)
      for (int64_t j = 0; j < n; j++) {
        if (dw) dw[j] += partial[size_t(p * 2 * n + j)];
        if (db) db[j] += partial[size_t((p * 2 + 1) * n + j)];
      }
  });
  return r;
}

}  // namespace

NormResult layer_norm(const Tensor& x, int axes, const Tensor& weight, const Tensor& bias, double eps) {
  return row_norm("layer_norm", x, axes, weight, bias, eps, true);
}
NormGrads layer_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, int axes, const Tensor& weight, Wanted wanted) {
  return row_norm_backward("layer_norm", grad, x, saved, axes, weight, wanted, true);
}
NormResult rms_norm(const Tensor& x, int axes, const Tensor& weight, double eps) { return row_norm("rms_norm", x, axes, weight, {}, eps, false); }
NormGrads rms_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, int axes, const Tensor& weight, Wanted wanted) {
  wanted.db = false;
  return row_norm_backward("rms_norm", grad, x, saved, axes, weight, wanted, false);
}

}  // namespace tare::kernels
