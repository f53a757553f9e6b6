// exp(A) by scaling and squaring (Higham 2005, SIAM J. Matrix Anal. Appl. 26(4)): with s so that |A / 2^s|_1 <= 5.37, where Pade's
// approximant of degree 13 is exact to double precision, exp(A) = (q(A / 2^s)^-1 p(A / 2^s))^(2^s).
// p(A) = U + V and q(A) = V - U, U odd and V even in A: six products, one solution, s squarings.
#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/lapack.h"
#include "kernels/linalg.h"

namespace tare::kernels {
namespace {

using Matrix = std::vector<double>;

Matrix product(const Matrix& a, const Matrix& b, lapack_int n) {
  Matrix c(a.size());
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n);
  return c;
}

// c0 I + c2 A2 + c4 A4 + c6 A6.
Matrix even(double c0, double c2, double c4, double c6, const Matrix& a2, const Matrix& a4, const Matrix& a6, int64_t n) {
  Matrix m(a2.size());
  for (size_t i = 0; i < m.size(); i++) m[i] = c2 * a2[i] + c4 * a4[i] + c6 * a6[i];
  for (int64_t i = 0; i < n; i++) m[size_t(i * n + i)] += c0;
  return m;
}

void exponential(double* x, int64_t size) {
  auto n = lapack_int(size);
  Matrix a(x, x + size * size);
  double norm = 0;  // the largest row sum: the 1-norm of the transpose, which serves as well
  for (int64_t i = 0; i < size; i++) {
    double row = 0;
    for (int64_t j = 0; j < size; j++) row += std::abs(a[size_t(i * size + j)]);
    norm = row <= norm ? norm : row;  // NaN stays
  }
  if (!std::isfinite(norm)) return std::fill(x, x + size * size, std::nan(""));
  int squarings = norm > 5.371920351148152 ? std::max(0, int(std::ceil(std::log2(norm / 5.371920351148152)))) : 0;
  for (double& v : a) v = std::ldexp(v, -squarings);
  Matrix a2 = product(a, a, n), a4 = product(a2, a2, n), a6 = product(a4, a2, n);
  Matrix high_u = even(0, 40840800, 16380, 1, a2, a4, a6, size), low_u = even(32382376266240000, 1187353796428800, 10559470521600, 33522128640, a2, a4, a6, size);
  Matrix high_v = even(0, 1323241920, 960960, 182, a2, a4, a6, size), low_v = even(64764752532480000, 7771770303897600, 129060195264000, 670442572800, a2, a4, a6, size);
  Matrix u = product(a6, high_u, n), v = product(a6, high_v, n);
  for (size_t i = 0; i < u.size(); i++) u[i] += low_u[i], v[i] += low_v[i];
  u = product(a, u, n);
  Matrix q(u.size());
  for (size_t i = 0; i < u.size(); i++) q[i] = v[i] - u[i], v[i] += u[i];
  // p and q commute, so that q^-1 p may be solved by columns on what lies there by rows.
  std::vector<lapack_int> pivots(static_cast<size_t>(n));
  LAPACKE_dgesv_work(LAPACK_COL_MAJOR, n, n, q.data(), n, pivots.data(), v.data(), n);
  for (int i = 0; i < squarings; i++) v = product(v, v, n);
  std::copy(v.begin(), v.end(), x);
}

}  // namespace

Tensor matrix_exp(const Tensor& a) {
  Matrices m = squares_of("matrix_exp", a);
  Tensor out = a.dtype() == DType::float64 ? copy(a) : to(a, DType::float64);
  int64_t n = m.rows;
  if (out.numel() > 0)
    each_matrix(m.count, 30.0 * double(n) * double(n) * double(n), [&](int64_t i) { exponential(out.mutable_data<double>() + i * n * n, n); });
  return a.dtype() == DType::float64 ? out : to(out, a.dtype());
}

}  // namespace tare::kernels
