// How batch normalization sees its input, (outer, channels, inner), and cuts it into pieces of work.
//
// Images (inner of 16 and more): a channel is `outer` runs of `inner` numbers. A channel that fits the L2 cache is one piece of work:
// its statistics read it from memory, its result from L2, so that each direction is one pass over memory. A larger one is cut into
// pieces of whole runs for the statistics, which are merged in order, and again for the result.
//
// Vectors (short inner): x is a matrix of channels * inner columns. Blocks of rows and columns sum down their columns, the blocks are
// merged in order, and a second pass applies the result by columns.
#pragma once

#include <algorithm>
#include <vector>

#include "core/parallel.h"
#include "core/tensor.h"
#include "kernels/norm_columns.h"
#include "kernels/norm_runs.h"

namespace tare::kernels {

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

inline ChannelLayout channel_layout(std::string_view call, const Tensor& x, const Tensor& weight, const Tensor& bias) {
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
inline int64_t pieces_per_channel(const ChannelLayout& l) { return std::clamp<int64_t>((l.count() + kChannelPiece / 2) / kChannelPiece, 1, l.outer); }

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

}  // namespace tare::kernels
