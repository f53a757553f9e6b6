// Second moments of a matrix kept as one number a row and one a column (Shazeer and Stern, 2018, arXiv:1804.04235). Their rank-one estimate
// R C / mean(R) is the nonnegative one closest to the full moment in generalized Kullback-Leibler divergence. Rank over 2: the last two axes.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

/// row, col <- averages, beta on the old, of the means of `squares` over the last axis and the last but one.
void average_factors(Tensor& row, Tensor& col, const Tensor& squares, double beta);
/// u over the root of the estimate.
Tensor over_factored_root(const Tensor& u, const Tensor& row, const Tensor& col);
/// u / max(1, rms(u) / threshold).
Tensor clipped_by_rms(const Tensor& u, double threshold);

}  // namespace tare::optim
