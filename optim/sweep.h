// Passes over a matrix for rules whose numbers know their row and their column: second moments kept as one number a row and one a column, maps of rows.
//
// A rule is one as in optim/elementwise.h, called as rule(w, g, states...), or rule(w, g, column, states...) where `by_column` is true, with this column's number.
// Before each row at_row(r) sets what depends on it. What it returns, a number or a std::array, is summed over the tensor; `fold` says that the first number is
// gathered over each row and each column instead:
//
//   template <class T>
//   struct Squares {
//     static constexpr Fold fold = Fold::sum;
//     static constexpr bool by_column = false;
//     void at_row(int64_t) {}
//     T operator()(T&, T g) const { return g * g; }
//   };
//   Swept squares = sweep(Squares<T>(), matrix, w, g);
//
// Numbers are added in an order that does not depend on threads: single ones over 256 columns or 16 rows, the rest in double precision.
#pragma once

#include "core/parallel.h"
#include "kernels/counters.h"
#include "optim/elementwise.h"

namespace tare::optim {

/// The last two axes of a tensor, `count` times; a vector or a number is one row.
struct MatrixShape {
  int64_t count, rows, columns;
  explicit MatrixShape(const Tensor& t) : MatrixShape(t.dim() > 1 ? t.size(-2) : 1, t.dim() > 0 ? t.size(-1) : 1, t.numel()) {}
  /// (out, rest).
  static MatrixShape rows_of_first(const Tensor& t) { return {t.dim() > 1 ? t.size(0) : 1, t.dim() > 1 && t.size(0) ? t.numel() / t.size(0) : t.numel(), t.numel()}; }
  /// (rest, last).
  static MatrixShape rows_of_last(const Tensor& t) {
    int64_t n = t.dim() > 0 ? t.size(-1) : 1;
    return {n ? t.numel() / n : 0, n, t.numel()};
  }

 private:
  MatrixShape(int64_t r, int64_t c, int64_t numbers) : count(r * c > 0 ? numbers / (r * c) : 0), rows(r), columns(c) {}
};

enum class Fold { none, sum, largest };

struct Swept {
  std::vector<double> rows, columns;  ///< count * rows, and count * columns; empty without a fold
  std::array<double, 2> totals{};     ///< of the results that are not folded
};

namespace detail {

template <Fold kFold, class T>
T folded(T a, T b) {
  return kFold == Fold::sum ? a + b : a > b ? a : b;
}

/// One row: `row` and `columns` take the folded result, `totals` the sums of the others.
template <class Rule, class T, class... S>
[[gnu::always_inline]] inline void row_loop(const Rule rule, T* __restrict w, const T* __restrict g, const T* __restrict column, int64_t n, double& row, T* __restrict columns,
                                            double* totals, S* __restrict... s) {
  auto apply = [&](int64_t i) __attribute__((always_inline)) {
    if constexpr (Rule::by_column) return rule(w[i], g[i], column[i], s[i]...);
    else return rule(w[i], g[i], s[i]...);
  };
  using Result = decltype(apply(0));
  constexpr size_t kResults = SumsOf<Result>::count, kFolded = Rule::fold == Fold::none ? 0 : 1;
  if constexpr (kResults == 0) {
    TARE_INDEPENDENT
    for (int64_t i = 0; i < n; i++) apply(i);
  } else {
    constexpr int64_t kLanes = 16, kChunk = 256;
    T found[kResults][kChunk];
    for (int64_t at = 0; at < n; at += kChunk) {
      int64_t count = n - at < kChunk ? n - at : kChunk;
      TARE_INDEPENDENT
      for (int64_t i = 0; i < count; i++) {
        Result r = apply(at + i);
        if constexpr (std::is_same_v<Result, T>) found[0][i] = r;
        else
          for (size_t k = 0; k < kResults; k++) found[k][i] = r[k];
      }
      for (size_t k = 0; k < kResults; k++) {
        constexpr Fold kFirst = Rule::fold == Fold::largest ? Fold::largest : Fold::sum;
        auto gather = [&]<Fold kHow>(std::integral_constant<Fold, kHow>, double& to) __attribute__((always_inline)) {
          T lanes[kLanes] = {};
          int64_t i = 0;
          for (; i + kLanes <= count; i += kLanes)
            for (int64_t lane = 0; lane < kLanes; lane++) lanes[lane] = folded<kHow>(lanes[lane], found[k][i + lane]);
          for (; i < count; i++) lanes[0] = folded<kHow>(lanes[0], found[k][i]);
          for (int64_t lane = 0; lane < kLanes; lane++) to = folded<kHow>(to, double(lanes[lane]));
        };
        if (k < kFolded) gather(std::integral_constant<Fold, kFirst>(), row);
        else gather(std::integral_constant<Fold, Fold::sum>(), totals[k - kFolded]);
      }
      if constexpr (kFolded)
        for (int64_t i = 0; i < count; i++) columns[at + i] = folded<Rule::fold>(columns[at + i], found[0][i]);
    }
  }
}

/// Rows `begin` to `end`, counted over all matrices, of one matrix.
template <class Rule, class T, class... S>
[[gnu::always_inline]] inline void rows_loop(Rule rule, T* w, const T* g, const T* column, int64_t n, int64_t begin, int64_t end, double* rows, double* columns, double* totals,
                                             S*... s) {
  constexpr int64_t kTile = 16;
  std::vector<T> tile(Rule::fold == Fold::none ? 0 : size_t(n));
  for (int64_t r = begin; r < end; r++) {
    rule.at_row(r);
    double none = 0;
    row_loop(rule, w + r * n, g + r * n, column, n, rows ? rows[r] : none, tile.data(), totals, (s + r * n)...);
    if constexpr (Rule::fold != Fold::none) {
      if ((r - begin) % kTile != kTile - 1 && r != end - 1) continue;
      for (int64_t i = 0; i < n; i++) columns[i] = folded<Rule::fold>(columns[i], double(tile[size_t(i)])), tile[size_t(i)] = 0;
    }
  }
}
template <class Rule, class T, class... S>
void plain_rows_loop(const Rule& rule, T* w, const T* g, const T* column, int64_t n, int64_t begin, int64_t end, double* rows, double* columns, double* totals, S*... s) {
  rows_loop(rule, w, g, column, n, begin, end, rows, columns, totals, s...);
}
template <class Rule, class T, class... S>
TARE_WIDE void wide_rows_loop(const Rule& rule, T* w, const T* g, const T* column, int64_t n, int64_t begin, int64_t end, double* rows, double* columns, double* totals, S*... s) {
  rows_loop(rule, w, g, column, n, begin, end, rows, columns, totals, s...);
}

}  // namespace detail

/// Runs the rule over all numbers of w, g and the states, each of m's shape. `columns`: count * columns numbers for rules that are by_column. Folded numbers are at least 0.
template <class Rule, class T, class... S>
Swept sweep(const Rule& rule, const MatrixShape& m, T* w, const T* g, const std::type_identity_t<T>* columns = nullptr, S*... s) {
  constexpr bool kFolds = Rule::fold != Fold::none;
  constexpr int64_t kPiece = 32768;
  int64_t n = m.columns, size = m.rows * n;
  Swept out;
  if (m.count * size == 0) return out;
  kernels::count_work((4 + 2 * int64_t(sizeof...(S))) * m.count * size, (2 + 2 * int64_t(sizeof...(S))) * m.count * size * int64_t(sizeof(T)));
  if (kFolds) out.rows.resize(size_t(m.count * m.rows)), out.columns.resize(size_t(m.count * n));
  // A piece is several matrices, or some rows of one.
  int64_t together = std::max<int64_t>(1, kPiece / size), height = std::min(m.rows, std::max<int64_t>(1, kPiece / n)), cuts = (m.rows + height - 1) / height;
  int64_t groups = (m.count + together - 1) / together;
  std::vector<double> partial(kFolds && cuts > 1 ? size_t(groups * cuts * n) : 0);
  std::vector<std::array<double, 2>> totals(size_t(groups * cuts), std::array<double, 2>{});
  auto loop = &detail::plain_rows_loop<Rule, T, S...>;
  if constexpr (std::is_same_v<T, float>)
    if (has_wide_vectors()) loop = &detail::wide_rows_loop<Rule, T, S...>;
  parallel_for(groups * cuts, 1, [&](int64_t first, int64_t last) {
    for (int64_t piece = first; piece < last; piece++) {
      int64_t cut = piece % cuts;
      for (int64_t k = piece / cuts * together; k < std::min(m.count, (piece / cuts + 1) * together); k++) {
        double* to = !kFolds ? nullptr : cuts > 1 ? partial.data() + piece * n : out.columns.data() + k * n;
        int64_t begin = k * m.rows + cut * height, end = std::min((k + 1) * m.rows, begin + height);
        loop(rule, w, g, columns ? columns + k * n : nullptr, n, begin, end, kFolds ? out.rows.data() : nullptr, to, totals[size_t(piece)].data(), s...);
      }
    }
  });
  for (auto& t : totals) out.totals[0] += t[0], out.totals[1] += t[1];
  if (kFolds && cuts > 1)
    for (int64_t piece = 0; piece < groups * cuts; piece++)
      for (int64_t i = 0; i < n; i++) {
        double& to = out.columns[size_t(piece / cuts * n + i)];
        to = detail::folded<Rule::fold>(to, partial[size_t(piece * n + i)]);
      }
  return out;
}

}  // namespace tare::optim
