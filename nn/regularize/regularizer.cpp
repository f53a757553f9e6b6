#include "nn/regularize/regularizer.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

Tensor add_up(const Tensors& terms, std::string_view who) {
  check<ValueError>(!terms.empty(), who, ": there is nothing to regularize");
  Tensor total = terms[0];
  for (size_t i = 1; i < terms.size(); i++) total = total + terms[i];
  return total;
}

Tensor as_rows(const Tensor& weight, std::string_view who) {
  check<ShapeError>(weight.dim() >= 2, who, ": expected a weight of shape [out, ...] with at least two dimensions but it is ", weight.shape());
  return weight.dim() == 2 ? weight : flatten(weight, 1);
}

void check_factor(std::string_view who, std::string_view option, double value) {
  check<ConfigError>(value >= 0 && std::isfinite(value), who, ": ", option, " must be a finite number of at least 0, not ", value);
}

}  // namespace tare::nn
