// Dropout in its variants. Masks come from the context's generator (core/random.h).
#pragma once

#include "core/tensor.h"

namespace tare {

/// Each number becomes 0 with probability p, the others are scaled by 1 / (1 - p); x itself unless `training`. Throws ValueError unless
/// 0 <= p <= 1.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);
/// Whole channels together: x (N, C, *) or, with `batched` false, (C, *).
Tensor feature_dropout(const Tensor& x, double p = 0.5, bool training = true, bool batched = true);
/// For self-normalising networks (Klambauer et al. 2017): dropped numbers become SELU's limit at minus infinity, and an affine map
/// restores mean 0 and variance 1.
Tensor alpha_dropout(const Tensor& x, double p = 0.5, bool training = true);
/// The same, whole channels of x (N, C, *) together.
Tensor feature_alpha_dropout(const Tensor& x, double p = 0.5, bool training = true);
/// Whole samples together: x (N, *). "DropPath", "stochastic depth" (Huang et al. 2016, arXiv 1603.09382).
Tensor drop_path(const Tensor& x, double p = 0.5, bool training = true);

}  // namespace tare
