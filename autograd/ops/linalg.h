// Linear algebra: factorizations, systems of equations, norms and functions of matrices. Names and defaults are torch.linalg's.
//
// A matrix is the last two axes, all others are a batch. Inputs are float32 or float64 (DTypeError), of at least two axes and square
// where that is needed (ShapeError). What has no answer is a LinAlgError that names the matrix of the batch. Derivatives of any order
// exist unless a line says otherwise. `symmetric` means: of (a + a^T) / 2, so that gradients are symmetric.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <tuple>

#include "core/tensor.h"

namespace tare {

// ---- systems of equations (solve.cpp)

/// x with a x = b, or x a = b unless `left`. b is (*, n, k), or (*, n) when it has one axis or the shape of a without its last axis.
/// Batches broadcast. LinAlgError when a is singular.
Tensor solve(const Tensor& a, const Tensor& b, bool left = true);
Tensor inv(const Tensor& a);
/// The same for triangular a, of which one half is read; with `unitriangular` the diagonal counts as 1.
Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left = true, bool unitriangular = false);
/// Lower L with a = L L^T, or upper L^T: of a symmetric positive definite a.
Tensor cholesky(const Tensor& a, bool upper = false);
/// x of (l l^T) x = b, or of (l^T l) x = b when l is the upper factor.
Tensor cholesky_solve(const Tensor& b, const Tensor& l, bool upper = false);
/// Moore and Penrose's inverse. Singular values up to max(atol, rtol * the largest) count as zero; rtol is max(m, n) machine
/// precisions unless atol is given. Its derivative is that at constant rank.
Tensor pinv(const Tensor& a, std::optional<double> atol = {}, std::optional<double> rtol = {});
/// The shortest x that minimises |a x - b|; singular values up to rcond times the largest count as zero.
Tensor lstsq(const Tensor& a, const Tensor& b, std::optional<double> rcond = {});

// ---- determinants (det.cpp)

/// Its derivative, the cofactors, exists for singular matrices too.
Tensor det(const Tensor& a);
/// (sign, log |det a|): (0, -inf) for a singular matrix, where differentiating is a LinAlgError.
std::pair<Tensor, Tensor> slogdet(const Tensor& a);
/// log det a: NaN where det a is negative.
Tensor logdet(const Tensor& a);

// ---- decompositions (decompose.cpp). The vectors of equal eigenvalues or singular values are not determined: a gradient that
// flows into them is a LinAlgError there. For a function of the whole matrix use spectral_function, whose derivative always exists.

/// a = Q R, reduced, R's diagonal positive. LinAlgError when differentiated at linearly dependent columns.
std::pair<Tensor, Tensor> qr(const Tensor& a);
/// a = U diag(S) Vh, S descending. U (*, m, m) and Vh (*, n, n), or (*, m, k) and (*, k, n), k = min(m, n), unless full.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices = true);
Tensor svdvals(const Tensor& a);
/// Eigenvalues, ascending, and eigenvectors in columns of a symmetric a.
std::pair<Tensor, Tensor> eigh(const Tensor& a);
Tensor eigvalsh(const Tensor& a);
/// Eigenvalues (*, n, 2) of any square a: real and imaginary parts. Differentiable twice.
Tensor eigvals(const Tensor& a);
/// Their moduli, descending.
Tensor eigvals_abs(const Tensor& a);

// ---- functions of matrices (matrix_function.cpp; of symmetric ones: ops/spectral.h)

Tensor matrix_exp(const Tensor& a);
/// a^n; negative n: powers of the inverse.
Tensor matrix_power(const Tensor& a, int64_t n);

// ---- norms (matrix_norm.cpp)

/// ord: "fro", "nuc", or a number: 2, -2 (largest, smallest singular value), 1, -1 (sums of columns), inf, -inf (sums of rows).
Tensor matrix_norm(const Tensor& a, std::string_view ord = "fro", const Shape& dim = {-2, -1}, bool keepdim = false);
Tensor matrix_norm(const Tensor& a, double ord, const Shape& dim = {-2, -1}, bool keepdim = false);
/// norm() under torch.linalg's name.
Tensor vector_norm(const Tensor& x, double ord = 2, const Shape& dim = {}, bool keepdim = false);
/// Condition number: the quotient of extreme singular values, for p = -2 its reciprocal, else |a|_p |a^-1|_p (inf when singular).
Tensor cond(const Tensor& a, double p = 2);
Tensor cond(const Tensor& a, std::string_view p);
/// int64 (*): how many singular values exceed max(atol, rtol * the largest). rtol as in pinv.
Tensor matrix_rank(const Tensor& a, std::optional<double> atol = {}, std::optional<double> rtol = {});

// ---- iterations (iterative.cpp)

/// Nearly orthogonal: singular values of g / |g| driven towards 1 by x <- a x + (b s + c s^2) x, s = x x^T (Jordan et al. 2024, Muon;
/// these coefficients leave them between 0.7 and 1.2 after five steps). {1.5, -0.5, 0} converges to the polar factor itself.
Tensor newton_schulz(const Tensor& g, int64_t steps = 5, std::array<double, 3> coefficients = {3.4445, -4.7750, 2.0315}, double eps = 1e-7);

/// Estimates of the largest singular value (*) and its vectors u (*, m) and v (*, n). u and v are constants to the tape;
/// sigma = u^T a v is differentiated, which is exact once they have converged (Miyato et al. 2018, arXiv:1802.05957).
struct SingularTriple {
  Tensor sigma, u, v;
};
SingularTriple power_iteration(const Tensor& a, const Tensor& u, int64_t steps = 1, double eps = 1e-12);

/// Lanczos' tridiagonal form of a symmetric linear map, with full reorthogonalization. Fewer steps come back where the Krylov space
/// is exhausted. Not differentiated.
struct Lanczos {
  Tensor diagonal;      ///< (k)
  Tensor off_diagonal;  ///< (k - 1)
  Tensor basis;         ///< (n, k), orthonormal columns
  Tensor matrix() const;
  /// Approximate eigenvalues, ascending, and how much of the start vector lies along each (squared; they sum to 1).
  std::pair<Tensor, Tensor> spectrum() const;
};
Lanczos lanczos(const std::function<Tensor(const Tensor&)>& map, const Tensor& start, int64_t steps);

}  // namespace tare
