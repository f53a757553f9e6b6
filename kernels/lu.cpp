// Systems of equations, inverses and determinants by LU with partial pivoting: 2/3 n^3 flops a matrix.
//
// LAPACK factorizes the transpose of what lies in memory; solving with the transpose of that factorization undoes it.
#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {
namespace {

void check_regular(const char* what, const Matrices& m, const std::vector<lapack_int>& info) {
  for (int64_t i = 0; i < m.count; i++)
    check<LinAlgError>(info[size_t(i)] <= 0, what, ": ", which_matrix(m.leading, i), " of shape ", Shape{m.rows, m.columns}, " is singular: pivot ",
                       info[size_t(i)], " of its LU factorization is zero; pinv and lstsq treat singular matrices");
}

double cube(int64_t n) { return double(n) * double(n) * double(n); }

// b (n, k) by rows to columns, or back.
template <class T>
void turn(const T* from, int64_t rows, int64_t columns, T* to) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) to[j * rows + i] = from[i * columns + j];
}

}  // namespace

Tensor solve(const Tensor& a, const Tensor& b) {
  Matrices m = squares_of("solve", a);
  int64_t n = m.rows, k = b.shape().back();
  Tensor lu = copy(a), rhs = contiguous(b), out = empty(b.shape(), b.dtype());
  if (out.numel() == 0) return out;
  std::vector<lapack_int> info(size_t(m.count), 0);
  dispatch_floating("solve", a.dtype(), [&]<class T>() {
    each_matrix(m.count, cube(n) + double(n) * double(n) * double(k), [&](int64_t i) {
      std::vector<lapack_int> pivots(static_cast<size_t>(n));
      std::vector<T> columns(static_cast<size_t>(n * k));
      T* factor = lu.mutable_data<T>() + i * n * n;
      if ((info[size_t(i)] = lapack::getrf(lapack_int(n), factor, pivots.data())) != 0) return;
      turn(rhs.data<T>() + i * n * k, n, k, columns.data());
      lapack::getrs('T', lapack_int(n), lapack_int(k), factor, pivots.data(), columns.data());
      turn(columns.data(), k, n, out.mutable_data<T>() + i * n * k);
    });
  });
  check_regular("solve", m, info);
  return out;
}

Tensor inverse(const Tensor& a) {
  Matrices m = squares_of("inv", a);
  int64_t n = m.rows;
  Tensor out = copy(a);
  if (out.numel() == 0) return out;
  std::vector<lapack_int> info(size_t(m.count), 0);
  dispatch_floating("inv", a.dtype(), [&]<class T>() {
    each_matrix(m.count, 2 * cube(n), [&](int64_t i) {
      std::vector<lapack_int> pivots(static_cast<size_t>(n));
      std::vector<T> work(static_cast<size_t>(n));
      T* x = out.mutable_data<T>() + i * n * n;
      if ((info[size_t(i)] = lapack::getrf(lapack_int(n), x, pivots.data())) == 0) lapack::getri(lapack_int(n), x, pivots.data(), work.data());
    });
  });
  check_regular("inv", m, info);
  return out;
}

Determinant determinant(const Tensor& a) {
  Matrices m = squares_of("det", a);
  int64_t n = m.rows;
  Tensor lu = copy(a);
  Determinant d{empty(m.leading, a.dtype()), empty(m.leading, a.dtype()), empty(m.leading, a.dtype()), 1};
  std::vector<double> ratio(size_t(m.count), 1);
  dispatch_floating("det", a.dtype(), [&]<class T>() {
    each_matrix(m.count, cube(n), [&](int64_t i) {
      std::vector<lapack_int> pivots(static_cast<size_t>(n));
      T* x = lu.mutable_data<T>() + i * n * n;
      if (n > 0) lapack::getrf(lapack_int(n), x, pivots.data());
      double product = 1, sign = 1, logs = 0, least = n ? INFINITY : 1, most = n ? 0 : 1;
      for (int64_t j = 0; j < n; j++) {
        double u = double(x[j * n + j]);
        if (pivots[size_t(j)] != j + 1) sign = -sign, product = -product;
        product *= u;
        sign *= u > 0 ? 1 : u < 0 ? -1 : u;  // 0 and NaN stay
        logs += std::log(std::abs(u));
        least = std::min(least, std::abs(u)), most = std::max(most, std::abs(u));
      }
      d.value.mutable_data<T>()[i] = T(product);
      d.sign.mutable_data<T>()[i] = T(sign);
      d.log_abs.mutable_data<T>()[i] = T(logs);
      ratio[size_t(i)] = most > 0 ? least / most : 0;
    });
  });
  for (double r : ratio) d.worst_pivot = std::min(d.worst_pivot, r);
  return d;
}

}  // namespace tare::kernels
