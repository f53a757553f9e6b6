// What layers over trailing dimensions share: checks of normalized_shape and of the input.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare::nn {

/// Throws ConfigError unless normalized_shape has at least one dimension, all at least 1, and eps >= 0.
void check_trailing_options(std::string_view type, const Shape& normalized_shape, double eps);
/// Throws ShapeError unless x ends in normalized_shape.
void check_trailing(std::string_view type, const Tensor& x, const Shape& normalized_shape);
/// The axes of normalized_shape in a tensor of this rank.
Shape trailing_axes(int rank, const Shape& normalized_shape);

}  // namespace tare::nn
