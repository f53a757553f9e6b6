#include "autograd/ops/dropout.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/tape.h"
#include "core/random.h"
#include "kernels/elementwise.h"
#include "kernels/random_fill.h"

namespace tare {
namespace {

void check_drop_rate(const char* what, double p) { check<ValueError>(p >= 0 && p <= 1, what, ": expected a probability between 0 and 1, not ", p); }

// 1 / (1 - p) where a number is kept, 0 where it is dropped.
Tensor keep_factors(const Shape& shape, double p, DType dtype) {
  Tensor kept = kernels::bernoulli(shape, 1 - p, dtype, default_generator());
  return p < 1 ? kernels::mul(kept, 1 / (1 - p)) : kept;
}

// One mask for `lead` leading axes, the same along the others.
Shape mask_shape(const Tensor& x, int lead) {
  Shape shape(x.dim(), 1);
  for (int i = 0; i < lead && i < x.dim(); i++) shape[i] = x.shape()[i];
  return shape;
}

Tensor drop(const char* what, const Tensor& x, const Shape& mask, double p, bool training) {
  check_drop_rate(what, p);
  if (!training || p == 0) return x;
  return x * keep_factors(mask, p, x.dtype());
}

// SELU maps minus infinity to -scale alpha = a'. With q = 1 - p kept, a d + b for d = x kept, a' dropped has variance
// a^2 (q + q p a'^2) and mean a p a' + b when x has variance 1 and mean 0; a and b make these 1 and 0.
Tensor alpha_drop(const char* what, const Tensor& x, const Shape& mask, double p, bool training) {
  check_drop_rate(what, p);
  if (!training || p == 0) return x;
  if (p == 1) return x * 0.0;  // as PyTorch does
  constexpr double limit = -1.7580993408473766;
  double a = 1 / std::sqrt((limit * limit * p + 1) * (1 - p)), b = -a * p * limit;
  Tensor kept = kernels::bernoulli(mask, 1 - p, x.dtype(), default_generator());
  Tensor shift = kernels::add(kernels::mul(kernels::sub(1, kept), a * limit), b);
  return x * kernels::mul(kept, a) + shift;
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training) { return drop("dropout", x, x.shape(), p, training); }
Tensor feature_dropout(const Tensor& x, double p, bool training, bool batched) {
  check<ShapeError>(x.dim() >= (batched ? 2 : 1), "feature_dropout: expected an input with channels but its shape is ", x.shape());
  return drop("feature_dropout", x, mask_shape(x, batched ? 2 : 1), p, training);
}
Tensor alpha_dropout(const Tensor& x, double p, bool training) { return alpha_drop("alpha_dropout", x, x.shape(), p, training); }
Tensor feature_alpha_dropout(const Tensor& x, double p, bool training) {
  check<ShapeError>(x.dim() >= 2, "feature_alpha_dropout: expected an input (N, C, *) but its shape is ", x.shape());
  return alpha_drop("feature_alpha_dropout", x, mask_shape(x, 2), p, training);
}
Tensor drop_path(const Tensor& x, double p, bool training) {
  check<ShapeError>(x.dim() >= 1, "drop_path: expected an input (N, *) but its shape is ", x.shape());
  return drop("drop_path", x, mask_shape(x, 1), p, training);
}

}  // namespace tare
