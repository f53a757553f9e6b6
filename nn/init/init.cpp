#include "nn/init/init.h"

#include <cmath>

#include "core/context.h"
#include "kernels/elementwise.h"
#include "kernels/random_fill.h"

namespace tare::nn::init {

Fans fans(const Shape& weight) {
  check<ShapeError>(weight.size() >= 2, "fans: a weight needs at least 2 dimensions, not ", weight);
  int64_t area = weight.slice(2).numel();
  return {weight[1] * area, weight[0] * area};
}

Tensor uniform(const Shape& shape, double lo, double hi) {
  if (context().no_init) return empty(shape, default_dtype());
  return kernels::uniform(shape, lo, hi, default_dtype(), default_generator());
}

Tensor normal(const Shape& shape, double mean, double deviation) {
  if (context().no_init) return empty(shape, default_dtype());
  return kernels::normal(shape, mean, deviation, default_dtype(), default_generator());
}

Tensor constant(const Shape& shape, double value) {
  Tensor t = empty(shape, default_dtype());
  kernels::fill(t, value);
  return t;
}
Tensor zeros(const Shape& shape) { return constant(shape, 0); }
Tensor ones(const Shape& shape) { return constant(shape, 1); }

Tensor layer_default(const Shape& weight) {
  double bound = fans(weight).in > 0 ? 1 / std::sqrt(double(fans(weight).in)) : 0;
  return uniform(weight, -bound, bound);
}

Tensor bias_default(const Shape& bias, const Shape& weight) {
  double bound = fans(weight).in > 0 ? 1 / std::sqrt(double(fans(weight).in)) : 0;
  return uniform(bias, -bound, bound);
}

}  // namespace tare::nn::init
