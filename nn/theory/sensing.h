// Losses of factorized sensing problems, on which gradient descent from a tiny start finds low ranks by itself.
//
//   matrix_sensing_loss   f(U) = 1/4 sum_i (<A_i, U U^T> - y_i)^2             (Jin, Li, Lyu, Du and Lee, 2023, arXiv:2301.11500)
//   tubal_sensing_loss    L(U) = 1/2 sum_j (<G_j, U * U^T> - y_j)^2, * the t-product (Karnik, Veselovska, Iwen and Krahmer, 2024, arXiv:2410.16247)
//
// With M = sum_i r_i A_i, r_i the residuals, the first gradient is (M + M^T)/2 U, the second (M + M^T) * U with the tensor transpose. Both papers
// scale differently in places; a factor only changes the learning rate.
#pragma once

#include "core/tensor.h"

namespace tare::nn {

/// u (d, w), a (m, d, d), y (m) -> a number. Throws ShapeError.
Tensor matrix_sensing_loss(const Tensor& u, const Tensor& a, const Tensor& y);
/// u (n, r, k), g (m, n, n, k), y (m) -> a number. Throws ShapeError.
Tensor tubal_sensing_loss(const Tensor& u, const Tensor& g, const Tensor& y);
/// The positive semidefinite matrix of at most this rank nearest to the symmetric part of z (d, d). Off the tape. Throws ValueError for a negative
/// rank.
Tensor best_rank_psd(const Tensor& z, int64_t rank);

}  // namespace tare::nn
