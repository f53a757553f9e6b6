// Second moments of a matrix kept as one number a row and one a column (Shazeer and Stern, 2018, arXiv:1804.04235). Their rank-one estimate
// R C / mean(R) is the nonnegative one closest to the full moment in generalized Kullback-Leibler divergence. Rank over 2: the last two axes.
#pragma once

#include <algorithm>
#include <limits>

#include "optim/sweep.h"

namespace tare::optim {

/// R and C of one parameter's state, (..., rows, 1) and (..., 1, columns).
struct FactoredMoment {
  Tensor &row, &col;
  /// R, C <- averages, beta on the old, of the means of what a sweep folded over rows and columns. Made like w's where they are undefined.
  void average(const Swept& sums, const Tensor& w, double beta) const;
};

/// 1 / sqrt(R C / max(mean(R), least_mean)) as row_i column_j.
template <class T>
struct InverseRoot {
  std::vector<double> rows;
  std::vector<T> columns;
  explicit InverseRoot(const FactoredMoment& moment, double least_mean = 0);

  /// What a rule keeps of it; `most` bounds it from above.
  struct At {
    const double* rows;
    double scale = 1;
    T most = std::numeric_limits<T>::infinity(), row = 0;
    void at_row(int64_t r) { row = T(scale * rows[r]); }
    T operator()(T column) const {
      T root = row * column;
      return most < root ? most : root;
    }
  };
};

/// g^2 + eps by rows and columns; the total of w^2.
template <class T>
struct FactoredSquares {
  static constexpr Fold fold = Fold::sum;
  static constexpr bool by_column = false;
  T eps;
  void at_row(int64_t) {}
  std::array<T, 2> operator()(T& w, T g) const { return {g * g + eps, w * w}; }
};

/// The total of u^2, u = g over the root.
template <class T>
struct FactoredUpdate {
  static constexpr Fold fold = Fold::none;
  static constexpr bool by_column = true;
  typename InverseRoot<T>::At inverse_root;
  void at_row(int64_t r) { inverse_root.at_row(r); }
  T operator()(T&, T g, T column) const {
    T u = g * inverse_root(column);
    return u * u;
  }
};

/// 1 / max(1, rms / threshold), rms the root of total / numbers: what brings the rms of an update under the threshold.
double rms_clip(double total, int64_t numbers, double threshold);
/// u times that, for small tensors.
Tensor clipped_by_rms(const Tensor& u, double threshold);

extern template struct InverseRoot<float>;
extern template struct InverseRoot<double>;

}  // namespace tare::optim
