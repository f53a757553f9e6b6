// Recursive (IIR) digital filters whose gradient is a filter run backwards in time: Accelerating Automatic Differentiation of Direct Form Digital Filters (Yu et al., 2025).
#pragma once

#include <string_view>
#include <utility>

#include "core/tensor.h"

namespace tare {

/// scipy.signal.lfilter(b, [1, a], x, zi = zi) of each row, in transposed direct form II: a state s, s = zi at the start, and
///
///     y_t = b_0 x_t + s_1,   s_j <- s_(j+1) + b_j x_t - a_j y_t   (j = 1 .. M, s_(M+1) = 0)
///
/// b (B, nb), b_0 first; a (B, na), a_1 first: a_0 = 1 is not stored. Either may have one row, or one axis, for all rows of x (B, T). zi (B, M), M = max(nb - 1, na); undefined:
/// zeros. Gives y (B, T) and the state after the last sample (B, M), from which the next piece of the signal can go on. Poles outside of the unit circle
/// overflow. Throws ShapeError; ConfigError unless form is "tdf2".
std::pair<Tensor, Tensor> lfilter(const Tensor& b, const Tensor& a, const Tensor& x, const Tensor& zi = {}, std::string_view form = "tdf2");

}  // namespace tare
