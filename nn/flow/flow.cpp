#include "nn/flow/flow.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

void check_rows(std::string_view type, const Tensor& x, int64_t features) {
  check<ShapeError>(x.dim() == 2 && x.size(1) == features, type, ": expected an input (B, ", features, ") but it is ", x.shape());
}

Tensor standard_normal_log_prob(const Tensor& z) {
  Tensor flat = reshape(z, {z.size(0), z.shape().slice(1).numel()});
  return sum(square(flat), {1}) * -0.5 - 0.5 * std::log(2 * std::numbers::pi) * double(flat.size(1));
}

}  // namespace tare::nn
