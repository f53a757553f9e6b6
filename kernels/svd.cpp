// Singular values by divide and conquer. Of a = U S Vh LAPACK sees a^T = Vh^T S U^T, and what it returns by columns lies in memory
// as Vh and U by rows.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {
namespace {

Svd decompose(const Tensor& a, char job) {
  Matrices m = matrices_of("svd", a);
  int64_t rows = m.rows, columns = m.columns, k = m.small(), p = job == 'A' ? rows : k, q = job == 'A' ? columns : k;
  Tensor x = copy(a);
  check_finite_matrices("svd", x, m);
  Svd out{{}, empty(m.leading.concat({k}), a.dtype()), {}};
  if (job != 'N') out.u = zeros_raw(m.shape(rows, p), a.dtype()), out.vh = zeros_raw(m.shape(q, columns), a.dtype());
  std::vector<lapack_int> info(size_t(m.count), 0);
  dispatch_floating("svd", a.dtype(), [&]<class T>() {
    T *u = job == 'N' ? nullptr : out.u.mutable_data<T>(), *vh = job == 'N' ? nullptr : out.vh.mutable_data<T>();
    if (k == 0 && job == 'A')  // nothing to decompose: any orthogonal matrices
      for (int64_t i = 0; i < m.count; i++) {
        for (int64_t j = 0; j < rows; j++) u[(i * rows + j) * rows + j] = 1;
        for (int64_t j = 0; j < columns; j++) vh[(i * columns + j) * columns + j] = 1;
      }
    if (k == 0) return;
    lapack_int lwork = -1, size[1];
    T best[1];
    lapack::gesdd(job, lapack_int(columns), lapack_int(rows), nullptr, nullptr, nullptr, lapack_int(columns), nullptr, lapack_int(p), best, -1, size);
    lwork = lapack_int(best[0] * T(1.01)) + 64;  // float32 cannot hold every integer
    each_matrix(m.count, 10.0 * double(rows) * double(columns) * double(k), [&](int64_t i) {
      std::vector<T> work(static_cast<size_t>(lwork));
      std::vector<lapack_int> iwork(static_cast<size_t>(8 * k));
      info[size_t(i)] = lapack::gesdd(job, lapack_int(columns), lapack_int(rows), x.mutable_data<T>() + i * rows * columns, out.s.mutable_data<T>() + i * k,
                                      vh ? vh + i * q * columns : nullptr, lapack_int(columns), u ? u + i * rows * p : nullptr, lapack_int(p), work.data(),
                                      lwork, iwork.data());
    });
  });
  for (int64_t i = 0; i < m.count; i++)
    check<LinAlgError>(info[size_t(i)] == 0, "svd: the iteration did not converge for ", which_matrix(m.leading, i), " of shape ", Shape{rows, columns});
  return out;
}

}  // namespace

Svd svd(const Tensor& a, bool full) { return decompose(a, full ? 'A' : 'S'); }
Tensor singular_values(const Tensor& a) { return decompose(a, 'N').s; }

}  // namespace tare::kernels
