// QR by Householder reflections. What lies in memory is, to LAPACK, a^T = R^T Q^T: an LQ factorization, whose factors lie
// in memory as R and Q by rows.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {

std::pair<Tensor, Tensor> qr(const Tensor& a) {
  Matrices m = matrices_of("qr", a);
  int64_t rows = m.rows, columns = m.columns, k = m.small();
  Tensor work_copy = copy(a), q = empty(m.shape(rows, k), a.dtype()), r = zeros_raw(m.shape(k, columns), a.dtype());
  if (q.numel() == 0) return {q, r};
  dispatch_floating("qr", a.dtype(), [&]<class T>() {
    each_matrix(m.count, 4.0 * double(rows) * double(columns) * double(k), [&](int64_t i) {
      T *x = work_copy.mutable_data<T>() + i * rows * columns, *pq = q.mutable_data<T>() + i * rows * k, *pr = r.mutable_data<T>() + i * k * columns;
      lapack_int lwork = lapack_int(64 * std::max(rows, columns));
      std::vector<T> tau(static_cast<size_t>(k)), work(static_cast<size_t>(lwork));
      lapack::gelqf(lapack_int(columns), lapack_int(rows), x, tau.data(), work.data(), lwork);
      for (int64_t j = 0; j < k; j++) std::copy(x + j * columns + j, x + (j + 1) * columns, pr + j * columns + j);
      for (int64_t j = 0; j < rows; j++) std::copy(x + j * columns, x + j * columns + k, pq + j * k);
      lapack::orglq(lapack_int(k), lapack_int(rows), lapack_int(k), pq, lapack_int(k), tau.data(), work.data(), lwork);
      for (int64_t j = 0; j < k; j++) {
        if (!(pr[j * columns + j] < 0)) continue;
        for (int64_t c = j; c < columns; c++) pr[j * columns + c] = -pr[j * columns + c];
        for (int64_t c = 0; c < rows; c++) pq[c * k + j] = -pq[c * k + j];
      }
    });
  });
  return {q, r};
}

}  // namespace tare::kernels
