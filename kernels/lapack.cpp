#include "kernels/lapack.h"

#include <cmath>
#include <limits>

namespace tare::kernels {

Matrices matrices_of(std::string_view what, const Tensor& x) {
  check<ShapeError>(x.dim() >= 2, what, ": expected a matrix or a batch of matrices (*, m, n) but the shape is ", x.shape());
  check<DTypeError>(is_floating(x.dtype()), what, ": expected float32 or float64 but the input is ", x.dtype());
  Matrices m{x.shape().slice(0, -2), 1, x.shape()[x.dim() - 2], x.shape().back()};
  m.count = m.leading.numel();
  check<ShapeError>(m.rows <= std::numeric_limits<int32_t>::max() / 4 && m.columns <= std::numeric_limits<int32_t>::max() / 4, what, ": matrices of ", x.shape(),
                    " are too large for LAPACK");
  return m;
}

Matrices squares_of(std::string_view what, const Tensor& x) {
  Matrices m = matrices_of(what, x);
  check<ShapeError>(m.rows == m.columns, what, ": expected square matrices but the shape is ", x.shape());
  return m;
}

std::string which_matrix(const Shape& leading, int64_t index) {
  if (leading.empty()) return "the matrix";
  Shape at = leading;
  for (int d = leading.size() - 1; d >= 0; d--) at[d] = index % leading[d], index /= leading[d];
  return text("matrix ", at, " of the batch");
}

void check_finite_matrices(std::string_view what, const Tensor& x, const Matrices& m) {
  dispatch_floating(what, x.dtype(), [&]<class T>() {
    const T* p = x.data<T>();
    int64_t size = m.rows * m.columns;
    for (int64_t i = 0; i < m.count * size; i++)
      if (!std::isfinite(p[i]))
        throw LinAlgError(text(what, ": ", which_matrix(m.leading, i / size), " of shape ", Shape{m.rows, m.columns}, " holds ", double(p[i]), " at row ",
                               i % size / m.columns, ", column ", i % m.columns, "; only finite numbers can be decomposed"));
  });
}

}  // namespace tare::kernels
