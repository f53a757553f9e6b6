// Functions of symmetric matrices, f(A) = V diag(f(w)) V^T, and of singular values: one operation with derivatives of any order that
// are right at repeated eigenvalues, where V alone has none.
#pragma once

#include <string>

#include "core/tensor.h"
#include "kernels/linalg.h"

namespace tare {

/// A function of one variable to apply to eigenvalues.
struct SpectralFunction {
  enum class Domain { all, nonnegative, positive };
  std::string name;
  kernels::Analytic f;
  Domain domain = Domain::all;  ///< eigenvalues outside are a LinAlgError; those that are negative by rounding count as 0
};
/// x^p: of all numbers for p = 0, 1, 2, ..., else of positive ones (and 0 when p > 0).
SpectralFunction spectral_power(double p);
SpectralFunction spectral_log();
SpectralFunction spectral_exp();
/// Odd functions, for singular values: sign(x) |x|^p; p = 0 is the sign.
SpectralFunction odd_power(double p);

/// f((a + a^T) / 2) for a (*, n, n). LinAlgError where an eigenvalue is outside f's domain, or is one at which f has no derivative when it
/// is differentiated.
Tensor spectral_function(const Tensor& a, const SpectralFunction& f);
/// U diag(f(s)) V^T for a (*, m, n) and an odd f.
Tensor singular_value_function(const Tensor& a, const SpectralFunction& f);

/// Square root, its inverse, logarithm and powers of symmetric positive definite matrices.
Tensor sqrtm(const Tensor& a);
Tensor inverse_sqrtm(const Tensor& a);
Tensor logm(const Tensor& a);
Tensor spd_power(const Tensor& a, double p);
/// exp of a symmetric matrix.
Tensor symmetric_exp(const Tensor& a);
/// The orthogonal polar factor U V^T; zero along zero singular values.
Tensor polar(const Tensor& a);
/// V diag(w^2) V^T and U diag(s^2) V^T as functions of a.
Tensor eigh_reconstruct(const Tensor& a);
Tensor svd_reconstruct(const Tensor& a);

}  // namespace tare
