// Eigenvalues of matrices without symmetry, and what their derivatives need. With A = V diag(lambda) U, U = V^-1:
//   d lambda_i = (U dA V)_ii,   d(V diag(c) U) = V (D o (U dA V)) U,  D_ij = (c_i - c_j) / (lambda_i - lambda_j), D_ii = 0.
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {
namespace {

using Complex = std::complex<double>;
using Matrix = std::vector<Complex>;

Matrix product(const Matrix& a, const Matrix& b, lapack_int n) {
  Matrix c(a.size());
  Complex one = 1, zero = 0;
  cblas_zgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, &one, a.data(), n, b.data(), n, &zero, c.data(), n);
  return c;
}

const Complex* complex_data(const Tensor& t) { return reinterpret_cast<const Complex*>(t.data<double>()); }
Complex* complex_data_of(const Tensor& t) { return reinterpret_cast<Complex*>(t.mutable_data<double>()); }

// V^-1. Where eigenvectors (all of length 1) nearly coincide, eigenvalues have no derivative.
Matrix inverse_of(const Matrix& v, lapack_int n, const std::string& which) {
  Matrix a = v, x(v.size());
  for (lapack_int i = 0; i < n; i++) x[size_t(i * n + i)] = 1;
  std::vector<lapack_int> pivots(static_cast<size_t>(n));
  lapack_int info = LAPACKE_zgesv_work(LAPACK_COL_MAJOR, n, n, a.data(), n, pivots.data(), x.data(), n);
  double largest = 0;
  for (Complex c : x) largest = std::max(largest, std::abs(c));
  check<LinAlgError>(info == 0 && largest < 1e12, "eigvals: ", which, " is defective (it has too few eigenvectors): its eigenvalues have no derivative");
  return x;
}

struct Basis {
  Matrices m;
  lapack_int n;
  explicit Basis(const Tensor& vectors) : m{vectors.shape().slice(0, -3), 0, vectors.shape()[vectors.dim() - 2], 0}, n(lapack_int(m.rows)) {
    m.count = m.leading.numel(), m.columns = m.rows;
  }
  int64_t size() const { return m.rows * m.rows; }
  Matrix of(const Tensor& t, int64_t i) const { return Matrix(complex_data(t) + i * size(), complex_data(t) + (i + 1) * size()); }
  double flops() const { return 40.0 * double(m.rows) * double(size()); }
};

// Re(x)^T.
void store_real_transpose(const Matrix& x, int64_t n, double* out) {
  for (int64_t r = 0; r < n; r++)
    for (int64_t c = 0; c < n; c++) out[r * n + c] = x[size_t(c * n + r)].real();
}

Tensor as_double(const Tensor& t) { return contiguous(t.dtype() == DType::float64 ? t : to(t, DType::float64)); }

}  // namespace

std::pair<Tensor, Tensor> eig(const Tensor& a) {
  Matrices m = squares_of("eigvals", a);
  int64_t n = m.rows;
  Tensor x = as_double(a), values = empty(m.leading.concat({n, 2}), DType::float64), vectors = empty(m.shape(n, n).concat({2}), DType::float64);
  check_finite_matrices("eigvals", x, m);
  std::vector<lapack_int> info(size_t(m.count), 0);
  if (vectors.numel() > 0)
    each_matrix(m.count, 25.0 * double(n) * double(n) * double(n), [&](int64_t i) {
      std::vector<double> columns(static_cast<size_t>(n * n)), re(static_cast<size_t>(n)), im(re), v(columns), work(static_cast<size_t>(8 * n + 64));
      const double* from = x.data<double>() + i * n * n;
      for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < n; c++) columns[size_t(c * n + r)] = from[r * n + c];
      info[size_t(i)] = LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'V', lapack_int(n), columns.data(), lapack_int(n), re.data(), im.data(), nullptr, 1, v.data(),
                                           lapack_int(n), work.data(), lapack_int(work.size()));
      Complex *lambda = complex_data_of(values) + i * n, *out = complex_data_of(vectors) + i * n * n;
      for (int64_t j = 0; j < n; j++) {
        lambda[j] = {re[size_t(j)], im[size_t(j)]};
        // A conjugate pair stands as (real part, imaginary part) in two columns.
        bool pair = im[size_t(j)] != 0, second = pair && j > 0 && im[size_t(j)] < 0;
        int64_t real = second ? j - 1 : j;
        for (int64_t r = 0; r < n; r++) {
          double imaginary = pair ? v[size_t((real + 1) * n + r)] : 0;
          out[r * n + j] = {v[size_t(real * n + r)], second ? -imaginary : imaginary};
        }
      }
    });
  for (int64_t i = 0; i < m.count; i++)
    check<LinAlgError>(info[size_t(i)] == 0, "eigvals: the iteration did not converge for ", which_matrix(m.leading, i), " of shape ", Shape{n, n});
  return {values, vectors};
}

Tensor eigenvalue_gradient(const Tensor& vectors, const Tensor& g) {
  Basis b(vectors);
  Tensor weights = as_double(g), out = empty(b.m.shape(b.n, b.n), DType::float64);
  if (out.numel() == 0) return out;
  each_matrix(b.m.count, b.flops(), [&](int64_t i) {
    Matrix v = b.of(vectors, i), u = inverse_of(v, b.n, which_matrix(b.m.leading, i));
    const Complex* c = complex_data(weights) + i * b.n;
    for (int64_t j = 0; j < b.size(); j++) v[size_t(j)] *= std::conj(c[j % b.n]);
    store_real_transpose(product(v, u, b.n), b.n, out.mutable_data<double>() + i * b.size());
  });
  return out;
}

std::pair<Tensor, Tensor> eigenvalue_gradient_backward(const Tensor& values, const Tensor& vectors, const Tensor& g, const Tensor& h) {
  Basis b(vectors);
  Tensor weights = as_double(g), direction = as_double(h);
  Tensor to_a = empty(b.m.shape(b.n, b.n), DType::float64), to_g = empty(weights.shape(), DType::float64);
  if (to_a.numel() == 0) return {to_a, to_g};
  each_matrix(b.m.count, b.flops(), [&](int64_t i) {
    Matrix v = b.of(vectors, i), u = inverse_of(v, b.n, which_matrix(b.m.leading, i)), x(v.size());
    const Complex *c = complex_data(weights) + i * b.n, *lambda = complex_data(values) + i * b.n;
    // <h, Re(K)^T> = Re tr(h K) with K = V diag(conj g) U; x = U h V.
    for (size_t j = 0; j < x.size(); j++) x[j] = direction.data<double>()[i * b.size() + int64_t(j)];
    x = product(product(u, x, b.n), v, b.n);
    double scale = 0;
    for (int64_t j = 0; j < b.n; j++) scale = std::max(scale, std::abs(lambda[j]));
    for (int64_t r = 0; r < b.n; r++)
      for (int64_t s = 0; s < b.n; s++) {
        Complex& at = x[size_t(r * b.n + s)];
        if (r == s) {
          complex_data_of(to_g)[i * b.n + r] = at;
          at = 0;
          continue;
        }
        Complex gap = lambda[r] - lambda[s];
        check<LinAlgError>(std::abs(gap) > 1e-14 * double(b.n) * scale, "eigvals: ", which_matrix(b.m.leading, i), " has the eigenvalue ", lambda[r].real(),
                           " twice: a second derivative of eigenvalues does not exist there");
        at *= std::conj(c[r] - c[s]) / gap;
      }
    store_real_transpose(product(product(v, x, b.n), u, b.n), b.n, to_a.mutable_data<double>() + i * b.size());
  });
  return {to_a, to_g};
}

}  // namespace tare::kernels
