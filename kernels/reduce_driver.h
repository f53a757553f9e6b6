// The driver behind every reduction along any axes.
//
// The tensor is walked in memory order as [outer, n, inner], where n is the reduced extent: rows when inner is 1, columns
// otherwise. n is cut into segments by size alone. A segment is folded into an accumulator by runs: within a run numbers
// meet in many independent lanes (this is what vectorises), the run's result is then merged into the accumulator, which is
// wider. Accumulators of the segments are merged in order. Several separate groups of reduced axes are folded one after
// the other, from the last to the first.
//
// The driver knows an operation only through five functions, so that it is compiled once.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/cpu.h"
#include "core/tensor.h"

namespace tare::kernels {

constexpr int64_t kRun = 4096;       // elements of a row between two merges
constexpr int64_t kRowsOfRun = 64;   // the same for columns
constexpr int64_t kColumns = 1024;   // columns taken together: their lanes stay in the first-level cache

struct Fold {
  const void* op;
  int64_t accumulator_bytes;
  /// Fills `count` accumulators with the value of an empty reduction.
  void (*start)(const void* op, void* acc, int64_t count);
  /// Merges contiguous rows of n <= kRun elements into one accumulator each.
  void (*rows)(const void* op, const void* x, int64_t rows, int64_t n, void* acc);
  /// Merges rows <= kRowsOfRun by cols <= kColumns elements into cols accumulators, column by column.
  void (*columns)(const void* op, const void* x, int64_t rows, int64_t cols, int64_t row_stride, void* acc);
  /// acc[i] takes in from[i].
  void (*merge)(const void* op, const void* from, void* acc, int64_t count);
  /// out[i] from acc[i], which holds n elements.
  void (*finish)(const void* op, const void* acc, void* out, int64_t count, int64_t n);
};

Tensor run_fold(std::string_view what, const Tensor& x, const Shape& axes, bool keepdim, DType out_type, const Fold& fold);

/// Shape after reducing `axes` (already normalised).
Shape reduced_shape(const Shape& shape, const Shape& axes, bool keepdim);

/// What most operations need: Op gives In, Lane, Acc, Out and
///   Lane lane(In)  a number enters;   Lane join(Lane, Lane)  and   Acc merge(Acc, Acc)  are associative;
///   kAcc           the neutral element of both;   Out finish(Acc, n).
template <class Op>
struct LaneFold {
  using In = typename Op::In;
  using Lane = typename Op::Lane;
  using Acc = typename Op::Acc;
  static constexpr int kLanes = 32;

  [[gnu::always_inline]] static void rows_body(const void* o, const void* p, int64_t rows, int64_t n, void* a) {
    const Op& op = *static_cast<const Op*>(o);
    const In* x = static_cast<const In*>(p);
    Acc* acc = static_cast<Acc*>(a);
    int64_t whole = n / kLanes * kLanes;
    for (int64_t r = 0; r < rows; r++, x += n) {
      if (whole) {
        // Joined with the neutral element, because compilers make a call or narrow moves of a plain copy, and the lanes then wait for memory.
        Lane lane[kLanes];
        for (int l = 0; l < kLanes; l++) lane[l] = op.join(static_cast<Lane>(Op::kAcc), op.lane(x[l]));
        for (int64_t i = kLanes; i < whole; i += kLanes)
          for (int l = 0; l < kLanes; l++) lane[l] = op.join(lane[l], op.lane(x[i + l]));
        join_halves<kLanes / 2>(op, lane);
        acc[r] = op.merge(acc[r], Acc(lane[0]));
      }
      if (whole < n) {
        Lane rest = op.lane(x[whole]);
        for (int64_t i = whole + 1; i < n; i++) rest = op.join(rest, op.lane(x[i]));
        acc[r] = op.merge(acc[r], Acc(rest));
      }
    }
  }

  template <int width>
  [[gnu::always_inline]] static void join_halves(const Op& op, Lane* lane) {
    for (int l = 0; l < width; l++) lane[l] = op.join(lane[l], lane[l + width]);
    if constexpr (width > 1) join_halves<width / 2>(op, lane);
  }

  [[gnu::always_inline]] static void columns_body(const void* o, const void* p, int64_t rows, int64_t cols, int64_t stride, void* a) {
    const Op& op = *static_cast<const Op*>(o);
    const In* x = static_cast<const In*>(p);
    Acc* acc = static_cast<Acc*>(a);
    Lane lane[kColumns];
    for (int64_t c = 0; c < cols; c++) lane[c] = op.lane(x[c]);
    int64_t r = 1;
    for (; r + 4 <= rows; r += 4) {
      const In *x0 = x + r * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
      for (int64_t c = 0; c < cols; c++)
        lane[c] = op.join(lane[c], op.join(op.join(op.lane(x0[c]), op.lane(x1[c])), op.join(op.lane(x2[c]), op.lane(x3[c]))));
    }
    for (; r < rows; r++)
      for (int64_t c = 0; c < cols; c++) lane[c] = op.join(lane[c], op.lane(x[r * stride + c]));
    for (int64_t c = 0; c < cols; c++) acc[c] = op.merge(acc[c], Acc(lane[c]));
  }

  static void rows(const void* o, const void* p, int64_t rows, int64_t n, void* a) { rows_body(o, p, rows, n, a); }
  static void columns(const void* o, const void* p, int64_t rows, int64_t cols, int64_t stride, void* a) { columns_body(o, p, rows, cols, stride, a); }
  TARE_WIDE static void wide_rows(const void* o, const void* p, int64_t rows, int64_t n, void* a) { rows_body(o, p, rows, n, a); }
  TARE_WIDE static void wide_columns(const void* o, const void* p, int64_t rows, int64_t cols, int64_t stride, void* a) {
    columns_body(o, p, rows, cols, stride, a);
  }
};

/// Folds with Op, whose loops over rows (all of them, or `row` for one at a time) and columns are Loops': LaneFold<Op> or its own.
template <class Op, class Loops = LaneFold<Op>>
Tensor fold(std::string_view what, const Tensor& x, const Shape& axes, bool keepdim, const Op& op) {
  using Acc = typename Op::Acc;
  using Out = typename Op::Out;
  Fold f;
  f.op = &op;
  f.accumulator_bytes = sizeof(Acc);
  f.start = [](const void*, void* acc, int64_t count) { std::fill_n(static_cast<Acc*>(acc), count, Op::kAcc); };
  if constexpr (requires { &Loops::rows; }) {
    f.rows = Loops::rows;
  } else {
    f.rows = [](const void* o, const void* x, int64_t rows, int64_t n, void* acc) {
      for (int64_t r = 0; r < rows; r++) Loops::row(o, static_cast<const typename Op::In*>(x) + r * n, n, static_cast<Acc*>(acc) + r);
    };
  }
  f.columns = Loops::columns;
  if constexpr (std::is_same_v<typename Op::In, float> && requires { Loops::wide_rows; })
    if (has_wide_vectors()) f.rows = Loops::wide_rows, f.columns = Loops::wide_columns;
  f.merge = [](const void* o, const void* from, void* acc, int64_t count) {
    for (int64_t i = 0; i < count; i++)
      static_cast<Acc*>(acc)[i] = static_cast<const Op*>(o)->merge(static_cast<const Acc*>(acc)[i], static_cast<const Acc*>(from)[i]);
  };
  f.finish = [](const void* o, const void* acc, void* out, int64_t count, int64_t n) {
    for (int64_t i = 0; i < count; i++) static_cast<Out*>(out)[i] = static_cast<const Op*>(o)->finish(static_cast<const Acc*>(acc)[i], n);
  };
  return run_fold(what, x, axes, keepdim, dtype_of<Out>::value, f);
}

}  // namespace tare::kernels
