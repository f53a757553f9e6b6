#include "nn/norm/trailing.h"

namespace tare::nn {

void check_trailing_options(std::string_view type, const Shape& normalized_shape, double eps) {
  check<ConfigError>(!normalized_shape.empty(), type, ": normalized_shape must name at least one dimension");
  for (int64_t n : normalized_shape)
    check<ConfigError>(n >= 1, type, ": the sizes in normalized_shape must be at least 1, but it is ", normalized_shape);
  check<ConfigError>(eps >= 0, type, ": eps must be at least 0, not ", eps);
}

void check_trailing(std::string_view type, const Tensor& x, const Shape& normalized_shape) {
  int k = normalized_shape.size();
  check<ShapeError>(x.dim() >= k && x.shape().slice(x.dim() - k) == normalized_shape, type, ": expected the last dimensions of the input to be ",
                    normalized_shape, " but the input is ", x.shape());
}

Shape trailing_axes(int rank, const Shape& normalized_shape) {
  Shape axes;
  for (int i = rank - normalized_shape.size(); i < rank; i++) axes.push_back(i);
  return axes;
}

}  // namespace tare::nn
