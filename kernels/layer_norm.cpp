// Layer and RMS normalization: y = (x - mean) rstd w + b over rows.
//
// About 10 flops a number forward and 15 backward: bound by memory, so each direction is one pass over it. A row is read for its
// statistics and again, from L1, for the result. Backward, dw and db are sums down the rows: each piece of rows keeps its own
// (2 n numbers, in L1), and the pieces, whose number follows from the shape alone, are added in order.
#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/norm.h"
#include "kernels/norm_rows.h"

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

template <class T>
const T* data_if(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

constexpr int64_t kRowGrain = 16384;   // numbers a piece: 64 KiB of floats in, 64 KiB out
constexpr int64_t kGradPieces = 16;    // most pieces of the backward pass: each costs 2 n numbers of partial sums

NormResult row_norm(std::string_view call, const Tensor& input, int axes, const Tensor& scale, const Tensor& shift, double eps, bool centred) {
  RowLayout l = row_layout(call, input, axes, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormResult r{empty(x.shape(), x.dtype()), centred ? empty(l.leading, x.dtype()) : Tensor(), empty(l.leading, x.dtype()), {}};
  count_work(8 * x.numel(), bytes_of(x, weight, bias, r.y, r.mean, r.rstd));
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T* in = x.data<T>();
    T *y = r.y.mutable_data<T>(), *mean = centred ? r.mean.mutable_data<T>() : nullptr, *rstd = r.rstd.mutable_data<T>();
    parallel_for(l.rows, kRowGrain / std::max<int64_t>(l.n, 1) + 1, [&](int64_t begin, int64_t end) {
      normalise_rows(in + begin * l.n, y + begin * l.n, mean ? mean + begin : nullptr, rstd + begin,
                     RowNorm<T>{end - begin, l.n, data_if<T>(weight), data_if<T>(bias), eps, centred});
    });
  });
  return r;
}

NormGrads row_norm_backward(std::string_view call, const Tensor& gradient, const Tensor& input, const NormResult& saved, int axes,
                            const Tensor& scale, Wanted wanted, bool centred) {
  RowLayout l = row_layout(call, input, axes, scale, {});
  check<ShapeError>(gradient.shape() == input.shape(), call, ": the gradient ", gradient.shape(), " must have the shape of the input ",
                    input.shape());
  check<DTypeError>(gradient.dtype() == input.dtype(), call, ": the gradient is ", gradient.dtype(), " but the input is ", input.dtype());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale;
  NormGrads r;
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = zeros_raw(l.trailing, x.dtype());
  if (wanted.db) r.db = zeros_raw(l.trailing, x.dtype());
  count_work(12 * x.numel(), bytes_of(grad, x, weight, r.dx, r.dw, r.db));
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    const T *g = grad.data<T>(), *in = x.data<T>(), *mean = centred ? saved.mean.data<T>() : nullptr, *rstd = saved.rstd.data<T>();
    int64_t n = l.n, grain = std::max((l.rows + kGradPieces - 1) / kGradPieces, kRowGrain / std::max<int64_t>(n, 1) + 1);
    int64_t pieces = (l.rows + grain - 1) / grain;
    std::vector<T> partial(size_t(pieces * 2 * n), T(0));
    parallel_for(l.rows, grain, [&](int64_t begin, int64_t end) {
      T* sums = partial.data() + begin / grain * 2 * n;
      RowGradients<T> out{wanted.dx ? r.dx.mutable_data<T>() + begin * n : nullptr, wanted.dw ? sums : nullptr, wanted.db ? sums + n : nullptr};
      normalise_rows_backward(g + begin * n, in + begin * n, mean ? mean + begin : nullptr, rstd + begin,
                              RowNorm<T>{end - begin, n, data_if<T>(weight), nullptr, 0, centred}, out);
    });
    T *dw = wanted.dw ? r.dw.mutable_data<T>() : nullptr, *db = wanted.db ? r.db.mutable_data<T>() : nullptr;
    for (int64_t p = 0; p < pieces; p++) {
      const T* sums = partial.data() + p * 2 * n;
      if (dw)
        for (int64_t j = 0; j < n; j++) dw[j] += sums[j];
      if (db)
        for (int64_t j = 0; j < n; j++) db[j] += sums[n + j];
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
