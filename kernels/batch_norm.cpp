// Batch normalization: y = (x - mean) rstd w + b with a mean and a deviation for each channel. About 8 flops a number: bound by memory.
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/batch_norm_layout.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/norm.h"

namespace tare::kernels {
namespace {

template <class T>
Moments moments_of_runs(const ChannelLayout& l, const T* x, int64_t c, int64_t begin, int64_t end) {
  Moments m;
  for (int64_t o = begin; o < end; o++) m.add(run_moments(x + l.run(o, c), l.inner));
  return m;
}

template <class T>
void affine_runs(const ChannelLayout& l, const T* x, T* y, int64_t c, int64_t begin, int64_t end, const Affine<T>& a) {
  for (int64_t o = begin; o < end; o++) affine_run(x + l.run(o, c), y + l.run(o, c), l.inner, a);
}

template <class T>
void normalise_channels(const ChannelLayout& l, const T* x, T* y, const ChannelNorm<T>& norm) {
  if (l.by_columns()) {
    SpreadAffine<T> spread(l, norm);
    for_column_pieces(l, ColumnPieces(l), [&](int64_t, int64_t at, int64_t rows, int64_t column, int64_t columns) {
      affine_columns(x + at, y + at, rows, l.columns(), columns, spread.from(column));
    });
  } else {
    for_channel_pieces(l, pieces_per_channel(l), [&](int64_t c, int64_t, int64_t begin, int64_t end) {
      affine_runs(l, x, y, c, begin, end, norm.affine(c));
    });
  }
}

template <class T>
struct Statistics {
  T *mean, *rstd, *variance;
  double eps;
  void set(int64_t c, const Moments& m) const {
    mean[c] = T(m.mean);
    variance[c] = T(m.variance());
    rstd[c] = T(1 / std::sqrt(m.variance() + eps));
  }
};

template <class T>
void train_by_columns(const ChannelLayout& l, const T* x, const Statistics<T>& s) {
  int64_t n = l.columns();
  ColumnPieces pieces(l);
  std::vector<double> partial(size_t(pieces.down * 2 * n));
  for_column_pieces(l, pieces, [&](int64_t p, int64_t at, int64_t rows, int64_t column, int64_t columns) {
    double* mean = partial.data() + p * 2 * n + column;
    column_moments(x + at, rows, n, columns, mean, mean + n);
  });
  std::vector<Moments> moments(static_cast<size_t>(l.channels));
  for (int64_t p = 0; p < pieces.down; p++) {
    double rows = double(pieces.height(l, p));
    const double* mean = partial.data() + p * 2 * n;
    for_columns(l, [&](int64_t j, int64_t c) { moments[size_t(c)].add({rows, mean[j], mean[n + j]}); });
  }
  for (int64_t c = 0; c < l.channels; c++) s.set(c, moments[size_t(c)]);
}

template <class T>
void train(const ChannelLayout& l, const T* x, T* y, const Statistics<T>& s, const T* w, const T* b, bool relu) {
  ChannelNorm<T> norm{s.mean, s.rstd, w, b, relu};
  int64_t pieces = pieces_per_channel(l);
  if (l.by_columns()) {
    train_by_columns(l, x, s);
  } else if (pieces == 1) {
    return for_channel_pieces(l, 1, [&](int64_t c, int64_t, int64_t begin, int64_t end) {
      s.set(c, moments_of_runs(l, x, c, begin, end));
      affine_runs(l, x, y, c, begin, end, norm.affine(c));
    });
  } else {
    std::vector<Moments> partial(size_t(l.channels * pieces));
    for_channel_pieces(l, pieces, [&](int64_t c, int64_t p, int64_t begin, int64_t end) {
      partial[size_t(c * pieces + p)] = moments_of_runs(l, x, c, begin, end);
    });
    for (int64_t c = 0; c < l.channels; c++) {
      Moments m;
      for (int64_t p = 0; p < pieces; p++) m.add(partial[size_t(c * pieces + p)]);
      s.set(c, m);
    }
  }
  normalise_channels(l, x, y, norm);
}

}  // namespace

NormResult batch_norm(const Tensor& input, const Tensor& scale, const Tensor& shift, double eps, bool relu) {
  ChannelLayout l = channel_layout("batch_norm", input, scale, shift);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  check<ShapeError>(l.count() > 0, "batch_norm: an input of shape ", x.shape(), " has no values to take statistics of");
  Shape c{l.channels};
  NormResult r{empty(x.shape(), x.dtype()), empty(c, x.dtype()), empty(c, x.dtype()), empty(c, x.dtype())};
  if (x.numel() == 0) return r;
  count_work(8 * x.numel(), bytes_of(x, r.y));
  dispatch_floating("batch_norm", x.dtype(), [&]<class T>() {
    Statistics<T> statistics{r.mean.mutable_data<T>(), r.rstd.mutable_data<T>(), r.variance.mutable_data<T>(), eps};
    train(l, x.data<T>(), r.y.mutable_data<T>(), statistics, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu);
  });
  return r;
}

NormResult batch_norm_eval(const Tensor& input, const Tensor& average, const Tensor& variance, const Tensor& scale, const Tensor& shift, double eps,
                           bool relu) {
  ChannelLayout l = channel_layout("batch_norm_eval", input, scale, shift);
  channel_layout("batch_norm_eval", input, average, variance);
  Tensor x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormResult r{empty(x.shape(), x.dtype()), dense(average), empty({l.channels}, x.dtype()), {}};
  Tensor v = dense(variance);
  count_work(2 * x.numel(), bytes_of(x, r.y));
  dispatch_floating("batch_norm_eval", x.dtype(), [&]<class T>() {
    T* rstd = r.rstd.mutable_data<T>();
    for (int64_t c = 0; c < l.channels; c++) rstd[c] = T(1 / std::sqrt(double(v.data<T>()[c]) + eps));
    if (x.numel() > 0)
      normalise_channels(l, x.data<T>(), r.y.mutable_data<T>(),
                         ChannelNorm<T>{r.mean.data<T>(), rstd, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu});
  });
  return r;
}

}  // namespace tare::kernels
