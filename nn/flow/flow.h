// What the layers of flows share. A flow is called as a layer, x -> [y, log |det dy/dx| (B)], or, where its option says "inverse", the other way.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::nn {

enum class Direction { forward, inverse };
inline constexpr std::string_view kDirections[] = {"forward", "inverse"};

/// Throws ShapeError unless x is (B, features).
void check_rows(std::string_view type, const Tensor& x, int64_t features);
/// log N(z; 0, I) of each sample, summed over all axes but the first: (B).
Tensor standard_normal_log_prob(const Tensor& z);

}  // namespace tare::nn
