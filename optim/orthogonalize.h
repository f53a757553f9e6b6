// The nearest (semi-)orthogonal matrix, U V^T of the singular value decomposition, without computing one: Newton-Schulz iterations.
//
// Muon's quintic (Jordan et al., 2024, kellerjordan.github.io/posts/muon): X = u / (|u| + eps), then
//   S = X X^T,  X <- a X + (b S + c S^2) X        (a, b, c) = (3.4445, -4.775, 2.0315)
// which brings every singular value into about [0.7, 1.2] in five steps; wide and tall matrices alike (tall ones transposed).
#pragma once

#include <vector>

#include "core/tensor.h"

namespace tare::optim {

inline const std::vector<double> kMuonCoefficients = {3.4445, -4.775, 2.0315};

/// u: a matrix. Returns a new one.
Tensor newton_schulz(const Tensor& u, int64_t steps, double eps = 1e-7, const std::vector<double>& coefficients = kMuonCoefficients);

/// U V^T itself, from the singular value decomposition of a matrix: over singular values above `cutoff` times the largest, whose vectors alone are determined.
Tensor polar_factor(const Tensor& x, double cutoff = 1e-6);

/// (rows, everything else): what a matrix method sees of a parameter. A vector counts as one row, a number as (1, 1).
Tensor as_matrix(const Tensor& x);

}  // namespace tare::optim
