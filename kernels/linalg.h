// Linear algebra on batches of matrices (*, m, n), by LAPACK. float32 and float64; other leading axes are a batch.
//
// Empty matrices and empty batches give empty results. LinAlgError names the matrix of the batch that could not be treated.
#pragma once

#include <functional>
#include <span>

#include "core/tensor.h"

namespace tare::kernels {

// ---- LU (lu.cpp)

/// x of a x = b, with a (*, n, n) and b (*, n, k) of the same leading axes. LinAlgError when a is exactly singular.
Tensor solve(const Tensor& a, const Tensor& b);
Tensor inverse(const Tensor& a);
struct Determinant {
  Tensor value, sign, log_abs;  ///< (*)
  double worst_pivot;           ///< smallest over largest pivot of the worst matrix: about 0 when one is singular
};
Determinant determinant(const Tensor& a);

// ---- triangles (cholesky.cpp)

/// Lower L with L L^T = a symmetric a, of which one half is read. LinAlgError names the leading minor that is not positive.
Tensor cholesky(const Tensor& a);
/// x of a x = b for triangular a, of which only that half is read; with `unit` the diagonal counts as 1 and is not read either.
Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool unit);

// ---- orthogonal decompositions

/// a = Q R, Q (*, m, k), R (*, k, n), k = min(m, n), R's diagonal not negative (qr.cpp).
std::pair<Tensor, Tensor> qr(const Tensor& a);
/// a = U diag(S) Vh, S descending; U (*, m, k), Vh (*, k, n), or (*, m, m), (*, n, n) when full (svd.cpp). LinAlgError for NaN and Inf.
struct Svd {
  Tensor u, s, vh;
};
Svd svd(const Tensor& a, bool full);
Tensor singular_values(const Tensor& a);
/// Eigenvalues, ascending, and orthonormal eigenvectors in columns of symmetric a (eigh.cpp). LinAlgError for NaN and Inf.
std::pair<Tensor, Tensor> eigh(const Tensor& a);

// ---- matrices without symmetry (eig.cpp)

/// Eigenvalues (*, n, 2) as real and imaginary parts, in LAPACK's order, and eigenvectors in columns (*, n, n, 2), always float64.
std::pair<Tensor, Tensor> eig(const Tensor& a);
/// The gradient of a in Re sum_i conj(g_i) lambda_i(a), from eig's vectors and g (*, n, 2): Re(V diag(conj g) V^-1)^T, float64.
Tensor eigenvalue_gradient(const Tensor& vectors, const Tensor& g);
/// Gradients of <h, eigenvalue_gradient> in a and in g. LinAlgError where two equal eigenvalues meet different g.
std::pair<Tensor, Tensor> eigenvalue_gradient_backward(const Tensor& values, const Tensor& vectors, const Tensor& g, const Tensor& h);

// ---- functions of matrices

/// exp(a) by scaling, Pade's approximant of degree 13 and squaring (matrix_exp.cpp). Computed in double.
Tensor matrix_exp(const Tensor& a);

/// A function of one real variable, known by its Taylor series: fills coefficients a[m] = f^(m)(c) / m!, and how far from c the
/// nearest point is at which f is not analytic (spectral.cpp).
struct Analytic {
  std::function<void(double c, std::span<double> a)> taylor;
  std::function<double(double c)> radius;
};
/// V [ sum over i_1 .. i_(k-1) of f[w_i0, w_i1, .., w_ik] E1_(i0 i1) .. Ek_(i_(k-1) ik) ] V^T, where f[..] is the divided difference and
/// E1 .. Ek stand in the basis V: f(A) for no E, its directional derivative for one, and so on. w (*, n), V and E (*, n, n). float64.
Tensor operator_integral(const Analytic& f, const Tensor& w, const Tensor& v, const Tensors& e);

}  // namespace tare::kernels
