// Eigenvalues of symmetric matrices by divide and conquer. LAPACK's eigenvectors, in columns, lie in memory as rows.
#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {

std::pair<Tensor, Tensor> eigh(const Tensor& a) {
  Matrices m = squares_of("eigh", a);
  int64_t n = m.rows;
  Tensor rows = copy(a), w = empty(m.leading.concat({n}), a.dtype());
  check_finite_matrices("eigh", rows, m);
  std::vector<lapack_int> info(size_t(m.count), 0);
  if (rows.numel() > 0)
    dispatch_floating("eigh", a.dtype(), [&]<class T>() {
      each_matrix(m.count, 9.0 * double(n) * double(n) * double(n), [&](int64_t i) {
        std::vector<T> work(static_cast<size_t>(1 + 6 * n + 2 * n * n));
        std::vector<lapack_int> iwork(static_cast<size_t>(3 + 5 * n));
        info[size_t(i)] = lapack::syevd('V', lapack_int(n), rows.mutable_data<T>() + i * n * n, w.mutable_data<T>() + i * n, work.data(),
                                        lapack_int(work.size()), iwork.data(), lapack_int(iwork.size()));
      });
    });
  for (int64_t i = 0; i < m.count; i++)
    check<LinAlgError>(info[size_t(i)] == 0, "eigh: the iteration did not converge for ", which_matrix(m.leading, i), " of shape ", Shape{n, n});
  Shape strides = rows.strides();
  std::swap(strides[m.leading.size()], strides[m.leading.size() + 1]);
  return {w, contiguous(view_of(rows, rows.shape(), strides, rows.impl().offset))};
}

}  // namespace tare::kernels
