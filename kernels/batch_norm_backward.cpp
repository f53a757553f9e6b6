// The way back through batch normalization. With x^ = (x - mean) rstd, db = sum g, dw = sum g x^, and, the statistics being functions of x,
//   dx = w rstd (g - average(g) - x^ average(g x^)).
// With constant statistics dx = w rstd g. About 12 flops a number: bound by memory.
#include <vector>

#include "core/parallel.h"
#include "kernels/batch_norm_layout.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/norm.h"

namespace tare::kernels {
namespace {

template <class T>
struct ChannelGradients {
  ChannelNorm<T> norm;
  double count;
  bool constant;  // the statistics do not depend on x
  T *dx, *dw, *db;

  // Writes dw and db of a channel and returns the factors of its dx.
  GradientFactors<T> finish(int64_t c, const GradientSums& sums) const {
    double s = double(norm.rstd[c]), scale = s * (norm.w ? double(norm.w[c]) : 1.0);
    if (dw) dw[c] = T(sums.dot * s);
    if (db) db[c] = T(sums.sum);
    if (constant) return {T(scale), T(0), T(0)};
    return {T(scale), T(-scale * s * s * sums.dot / count), T(-scale * sums.sum / count)};
  }
};

template <class T>
GradientSums sums_of_runs(const ChannelLayout& l, const T* g, const T* x, int64_t c, int64_t begin, int64_t end, const Affine<T>& a) {
  GradientSums total;
  for (int64_t o = begin; o < end; o++) {
    GradientSums part = gradient_sums_run(g + l.run(o, c), x + l.run(o, c), l.inner, a);
    total.sum += part.sum;
    total.dot += part.dot;
  }
  return total;
}

template <class T>
void gradient_runs(const ChannelLayout& l, const T* g, const T* x, T* dx, int64_t c, int64_t begin, int64_t end, const Affine<T>& a,
                   const GradientFactors<T>& f) {
  for (int64_t o = begin; o < end; o++) gradient_run(g + l.run(o, c), x + l.run(o, c), dx + l.run(o, c), l.inner, a, f);
}

template <class T>
void backward_by_columns(const ChannelLayout& l, const T* g, const T* x, const ChannelGradients<T>& out) {
  int64_t n = l.columns();
  ColumnPieces pieces(l);
  SpreadAffine<T> spread(l, out.norm);
  std::vector<double> partial(size_t(pieces.down * 2 * n));
  for_column_pieces(l, pieces, [&](int64_t p, int64_t at, int64_t rows, int64_t column, int64_t columns) {
    double* sum = partial.data() + p * 2 * n + column;
    gradient_sums_columns(g + at, x + at, rows, n, columns, spread.from(column), sum, sum + n);
  });
  std::vector<GradientSums> sums(static_cast<size_t>(l.channels));
  for (int64_t p = 0; p < pieces.down; p++) {
    const double* sum = partial.data() + p * 2 * n;
    for_columns(l, [&](int64_t j, int64_t c) {
      sums[size_t(c)].sum += sum[j];
      sums[size_t(c)].dot += sum[n + j];
    });
  }
  std::vector<T> factors(size_t(3 * n));
  T* p = factors.data();
  std::vector<GradientFactors<T>> by_channel(static_cast<size_t>(l.channels));
  for (int64_t c = 0; c < l.channels; c++) by_channel[size_t(c)] = out.finish(c, sums[size_t(c)]);
  if (!out.dx) return;
  for_columns(l, [&](int64_t j, int64_t c) {
    const GradientFactors<T>& f = by_channel[size_t(c)];
    p[j] = f.by_g;
    p[n + j] = f.by_x;
    p[2 * n + j] = f.constant;
  });
  for_column_pieces(l, pieces, [&](int64_t, int64_t at, int64_t rows, int64_t column, int64_t columns) {
    const T* f = p + column;
    gradient_columns(g + at, x + at, out.dx + at, rows, n, columns, spread.from(column), ColumnFactors<T>{f, f + n, f + 2 * n});
  });
}

template <class T>
void backward(const ChannelLayout& l, const T* g, const T* x, const ChannelGradients<T>& out) {
  if (l.by_columns()) return backward_by_columns(l, g, x, out);
  int64_t pieces = pieces_per_channel(l);
  if (pieces == 1)
    return for_channel_pieces(l, 1, [&](int64_t c, int64_t, int64_t begin, int64_t end) {
      Affine<T> a = out.norm.affine(c);
      GradientFactors<T> f = out.finish(c, sums_of_runs(l, g, x, c, begin, end, a));
      if (out.dx) gradient_runs(l, g, x, out.dx, c, begin, end, a, f);
    });
  std::vector<GradientSums> partial(size_t(l.channels * pieces));
  for_channel_pieces(l, pieces, [&](int64_t c, int64_t p, int64_t begin, int64_t end) {
    partial[size_t(c * pieces + p)] = sums_of_runs(l, g, x, c, begin, end, out.norm.affine(c));
  });
  std::vector<GradientFactors<T>> factors(static_cast<size_t>(l.channels));
  for (int64_t c = 0; c < l.channels; c++) {
    GradientSums total;
    for (int64_t p = 0; p < pieces; p++) {
      total.sum += partial[size_t(c * pieces + p)].sum;
      total.dot += partial[size_t(c * pieces + p)].dot;
    }
    factors[size_t(c)] = out.finish(c, total);
  }
  if (!out.dx) return;
  for_channel_pieces(l, pieces, [&](int64_t c, int64_t, int64_t begin, int64_t end) {
    gradient_runs(l, g, x, out.dx, c, begin, end, out.norm.affine(c), factors[size_t(c)]);
  });
}

NormGrads batch_norm_gradients(std::string_view call, const Tensor& gradient, const Tensor& input, const NormResult& saved, const Tensor& scale,
                               const Tensor& shift, Wanted wanted, bool relu, bool constant) {
  ChannelLayout l = channel_layout(call, input, scale, shift);
  check<ShapeError>(gradient.shape() == input.shape(), call, ": the gradient ", gradient.shape(), " must have the shape of the input ",
                    input.shape());
  check<DTypeError>(gradient.dtype() == input.dtype(), call, ": the gradient is ", gradient.dtype(), " but the input is ", input.dtype());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormGrads r;
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = zeros_raw({l.channels}, x.dtype());
  if (wanted.db) r.db = zeros_raw({l.channels}, x.dtype());
  if (x.numel() == 0) return r;
  count_work(12 * x.numel(), bytes_of(grad, x, r.dx));
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    ChannelNorm<T> norm{saved.mean.data<T>(), saved.rstd.data<T>(), pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu};
    backward(l, grad.data<T>(), x.data<T>(),
             ChannelGradients<T>{norm, double(l.count()), constant, wanted.dx ? r.dx.mutable_data<T>() : nullptr,
                                 wanted.dw ? r.dw.mutable_data<T>() : nullptr, wanted.db ? r.db.mutable_data<T>() : nullptr});
  });
  return r;
}

}  // namespace

NormGrads batch_norm_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias, Wanted wanted,
                              bool relu) {
  return batch_norm_gradients("batch_norm", grad, x, saved, weight, bias, wanted, relu, false);
}

NormGrads batch_norm_eval_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias,
                                   Wanted wanted, bool relu) {
  return batch_norm_gradients("batch_norm_eval", grad, x, saved, weight, bias, wanted, relu, true);
}

}  // namespace tare::kernels
