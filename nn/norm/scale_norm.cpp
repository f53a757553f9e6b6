#include "nn/norm/scale_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"

namespace tare::nn {

void ScaleNormOptions::visit(Visitor& v) {
  v.option("scale", scale);
  v.option("eps", eps);
}

ScaleNorm::ScaleNorm(Options o) : options(o) {
  check<ConfigError>(o.eps > 0, "ScaleNorm: eps must be positive, not ", o.eps);
  scale = Parameter(init::constant({}, o.scale));
}

void ScaleNorm::visit(Visitor& v) { v.parameter("scale", scale, Role::norm_scale); }

Tensor ScaleNorm::forward(const Tensor& x) {
  check<ShapeError>(x.dim() >= 1, "ScaleNorm: expected an input (*, d) but it has no dimensions");
  return x * (scale() / clamp(norm(x, 2, {-1}, true), options.eps));
}

template class Layer<ScaleNorm>;

}  // namespace tare::nn
