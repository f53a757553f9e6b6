// Third-order tensors as matrices of tubes: the t-product and what belongs to it (Kilmer and Martin, 2011, "Factorization strategies for third-order tensors").
//
// A tensor (n1, n2, k) is a matrix whose entries are tubes of k numbers, multiplied by circular convolution. By the Fourier transform along the
// last axis, the t-product is k independent products of complex matrices; tubal rank and singular values are those of these slices.
//
//     (A * B)_t = sum_s A_s B_((t-s) mod k)         (A^T)_t = (A_((-t) mod k))^T         identity: slice 0 is I, the others 0
#pragma once

#include "core/tensor.h"

namespace tare {

/// a (n1, r, k), b (r, n2, k) -> (n1, n2, k), as one product with a's block-circulant matrix: n1 r n2 k^2 multiplications, for short tubes. Throws ShapeError.
Tensor t_product(const Tensor& a, const Tensor& b);
/// (n1, n2, k) -> (n2, n1, k).
Tensor t_transpose(const Tensor& a);
/// Singular values of the Fourier slices, real, descending: (n1, n2, k) -> (min(n1, n2), k), a column for each frequency. Columns f and k - f are equal.
/// A first derivative only: a second one is a LinAlgError.
Tensor t_svdvals(const Tensor& a);
/// The neutral element (n, n, k), off the tape.
Tensor t_identity(int64_t n, int64_t k, DType dtype);

}  // namespace tare
