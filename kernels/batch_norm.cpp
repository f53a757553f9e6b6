// Batch normalization: y = (x - mean) rstd w + b with a mean and a deviation for each channel.
//
// Bound by memory: about 8 flops a number forward and 12 backward. x is (outer, channels, inner).
//
// Images (inner of 16 and more): a channel is `outer` runs of `inner` numbers. A channel that fits the L2 cache is one piece of work:
// its statistics read it from memory, its result from L2, so that each direction is one pass over memory. A larger one is cut into
// pieces of whole runs for the statistics, which are merged in order, and again for the result.
//
// Vectors (short inner): x is a matrix of channels * inner columns. Pieces of rows sum down their columns, the pieces are merged in
// order, and a second pass applies the result by columns.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/norm.h"
#include "kernels/norm_columns.h"
#include "kernels/norm_runs.h"

namespace tare::kernels {
namespace {

struct ChannelLayout {
  int64_t outer, channels, inner = 1;
  int64_t count() const { return outer * inner; }
  int64_t columns() const { return channels * inner; }
  bool by_columns() const { return inner < 16; }
  int64_t run(int64_t o, int64_t c) const { return (o * channels + c) * inner; }
};

constexpr int64_t kChannelPiece = 65536;  // numbers of a channel a piece: x and its gradient together fill a 512 KiB L2 cache
constexpr int64_t kPieceColumns = 512;    // a piece of columns is at most this wide ...
constexpr int64_t kPieceRows = 128;       // ... and about this high

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

// What both directions know of each channel.
template <class T>
struct ChannelNorm {
  const T *mean, *rstd, *w, *b;
  bool relu;
  Affine<T> affine(int64_t c) const { return {mean[c], rstd[c] * (w ? w[c] : T(1)), b ? b[c] : T(0), relu}; }
};

template <class T>
const T* pointer_or_null(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

// Calls f(column, channel) for every column.
template <class F>
void for_columns(const ChannelLayout& l, F f) {
  for (int64_t c = 0; c < l.channels; c++)
    for (int64_t i = 0; i < l.inner; i++) f(c * l.inner + i, c);
}

// mean, scale and shift spread over the columns.
template <class T>
struct SpreadAffine {
  std::vector<T> numbers;
  ColumnAffine<T> view;
  ColumnAffine<T> from(int64_t column) const { return {view.mean + column, view.scale + column, view.shift + column, view.relu}; }
  SpreadAffine(const ChannelLayout& l, const ChannelNorm<T>& norm) : numbers(size_t(3 * l.columns())) {
    T* p = numbers.data();
    int64_t n = l.columns();
    view = {p, p + n, p + 2 * n, norm.relu};
    for_columns(l, [&](int64_t j, int64_t c) {
      Affine<T> a = norm.affine(c);
      p[j] = a.mean;
      p[n + j] = a.scale;
      p[2 * n + j] = a.shift;
    });
  }
};

// The runs of a channel in pieces of about kChannelPiece numbers: f(channel, piece, first run, last run).
template <class F>
void for_channel_pieces(const ChannelLayout& l, int64_t pieces, F f) {
  int64_t runs = (l.outer + pieces - 1) / pieces;
  parallel_pieces(l.channels * pieces, [&](int64_t k) {
    int64_t begin = std::min(l.outer, k % pieces * runs);
    f(k / pieces, k % pieces, begin, std::min(l.outer, begin + runs));
  });
}
int64_t pieces_per_channel(const ChannelLayout& l) { return std::clamp<int64_t>((l.count() + kChannelPiece / 2) / kChannelPiece, 1, l.outer); }

// The matrix of columns in blocks of rows and columns.
struct ColumnPieces {
  int64_t rows, down, across;
  explicit ColumnPieces(const ChannelLayout& l)
      : rows(std::max(kPieceRows, kPieceRows * kPieceColumns / l.columns())),
        down((l.outer + rows - 1) / rows),
        across((l.columns() + kPieceColumns - 1) / kPieceColumns) {}
  int64_t height(const ChannelLayout& l, int64_t p) const { return std::min(rows, l.outer - p * rows); }
};

// f(p, at, rows, column, columns): block p from the top, whose first number is x[at], over columns [column, column + columns).
template <class F>
void for_column_pieces(const ChannelLayout& l, const ColumnPieces& pieces, F f) {
  parallel_pieces(pieces.down * pieces.across, [&](int64_t k) {
    int64_t p = k / pieces.across, column = k % pieces.across * kPieceColumns;
    f(p, p * pieces.rows * l.columns() + column, pieces.height(l, p), column, std::min(kPieceColumns, l.columns() - column));
  });
}

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

// ---- backward: with x^ = (x - mean) rstd, db = sum g, dw = sum g x^, and, the statistics being functions of x,
//   dx = w rstd (g - average(g) - x^ average(g x^)).
// With constant statistics dx = w rstd g.

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
  check<ShapeError>(gradient.shape() == input.shape(), call, ": the gradient ", gradient.shape(), " must have the shape of the input ", input.shape());
  check<DTypeError>(gradient.dtype() == input.dtype(), call, ": the gradient is ", gradient.dtype(), " but the input is ", input.dtype());
  Tensor grad = dense(gradient), x = dense(input), weight = scale.defined() ? dense(scale) : scale, bias = shift.defined() ? dense(shift) : shift;
  NormGrads r;
  if (wanted.dx) r.dx = empty(x.shape(), x.dtype());
  if (wanted.dw) r.dw = zeros_raw({l.channels}, x.dtype());
  if (wanted.db) r.db = zeros_raw({l.channels}, x.dtype());
  if (x.numel() == 0) return r;
  dispatch_floating(call, x.dtype(), [&]<class T>() {
    ChannelNorm<T> norm{saved.mean.data<T>(), saved.rstd.data<T>(), pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu};
    backward(l, grad.data<T>(), x.data<T>(),
             ChannelGradients<T>{norm, double(l.count()), constant, wanted.dx ? r.dx.mutable_data<T>() : nullptr,
                                 wanted.dw ? r.dw.mutable_data<T>() : nullptr, wanted.db ? r.db.mutable_data<T>() : nullptr});
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
  if (x.numel() == 0) return r;
  dispatch_floating("batch_norm", x.dtype(), [&]<class T>() {
    Statistics<T> statistics{r.mean.mutable_data<T>(), r.rstd.mutable_data<T>(), r.variance.mutable_data<T>(), eps};
    train(l, x.data<T>(), r.y.mutable_data<T>(), statistics, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu);
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
    if (x.numel() > 0)
      normalise_channels(l, x.data<T>(), r.y.mutable_data<T>(),
                         ChannelNorm<T>{r.mean.data<T>(), rstd, pointer_or_null<T>(weight), pointer_or_null<T>(bias), relu});
  });
  return r;
}

NormGrads batch_norm_eval_backward(const Tensor& grad, const Tensor& x, const NormResult& saved, const Tensor& weight, const Tensor& bias,
                                   Wanted wanted, bool relu) {
  return batch_norm_gradients("batch_norm_eval", grad, x, saved, weight, bias, wanted, relu, true);
}

}  // namespace tare::kernels
