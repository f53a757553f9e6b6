#include "nn/norm/crms_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "nn/norm/trailing.h"

namespace tare::nn {

void CRMSNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("eps", eps);
}

CRMSNorm::CRMSNorm(Options o) : options(o) { check_trailing_options(type, o.normalized_shape, o.eps); }
CRMSNorm::CRMSNorm(int64_t normalized_shape) : CRMSNorm(Options{.normalized_shape = {normalized_shape}}) {}

Tensor CRMSNorm::forward(const Tensor& x) {
  check_trailing(type, x, options.normalized_shape);
  Shape axes = trailing_axes(x.dim(), options.normalized_shape);
  double full_width = double(options.normalized_shape.numel() + 1);
  Tensor square_sum = sum(square(x), axes, true) + square(sum(x, axes, true));
  return x / sqrt(square_sum / full_width + options.eps);
}

template class Layer<CRMSNorm>;

}  // namespace tare::nn
