// Cholesky's factorization and systems with triangular matrices.
//
// The upper factor of what LAPACK sees is the lower one of what lies in memory.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {

Tensor cholesky(const Tensor& a) {
  Matrices m = squares_of("cholesky", a);
  int64_t n = m.rows;
  Tensor out = copy(a);
  if (out.numel() == 0) return out;
  std::vector<lapack_int> info(size_t(m.count), 0);
  dispatch_floating("cholesky", a.dtype(), [&]<class T>() {
    each_matrix(m.count, double(n) * double(n) * double(n) / 3, [&](int64_t i) {
      T* x = out.mutable_data<T>() + i * n * n;
      info[size_t(i)] = lapack::potrf('U', lapack_int(n), x);
      for (int64_t r = 0; r < n; r++) std::fill(x + r * n + r + 1, x + (r + 1) * n, T(0));
    });
  });
  for (int64_t i = 0; i < m.count; i++)
    check<LinAlgError>(info[size_t(i)] <= 0, "cholesky: ", which_matrix(m.leading, i), " of shape ", Shape{n, n},
                       " is not positive definite: its leading minor of order ", info[size_t(i)], " is not positive");
  return out;
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  Matrices m = squares_of("solve_triangular", a);
  int64_t n = m.rows, k = b.shape().back();
  Tensor factor = contiguous(a), out = copy(b);
  if (out.numel() == 0) return out;
  dispatch_floating("solve_triangular", a.dtype(), [&]<class T>() {
    const T* p = factor.data<T>();
    for (int64_t i = 0; i < m.count * n && !unit; i++)
      check<LinAlgError>(p[i * n + i % n] != T(0), "solve_triangular: ", which_matrix(m.leading, i / n), " of shape ", Shape{n, n},
                         " is singular: element ", i % n, " of its diagonal is zero");
    each_matrix(m.count, double(n) * double(n) * double(k),
                [&](int64_t i) { lapack::trsm(!upper, unit, lapack_int(n), lapack_int(k), p + i * n * n, out.mutable_data<T>() + i * n * k); });
  });
  return out;
}

}  // namespace tare::kernels
