#include "nn/reparam/unit_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void UnitNormOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("scale", scale);
  v.option("learn_scale", learn_scale);
  v.option("eps", eps);
}

UnitNorm::UnitNorm(Options o) : options(o) {
  check<ConfigError>(o.scale > 0 && o.eps >= 0, "UnitNorm: expected a positive scale and an eps of at least 0, not ", o.scale, " and ", o.eps);
}

void UnitNorm::visit(Visitor& visitor) {
  RawWeight::visit(visitor);
  visitor.parameter("scale", scale, Role::other);
}

Tensor UnitNorm::weight() {
  Tensor unit = unit_along(weight_orig(), {}, options.dim, false, options.eps);
  if (options.learn_scale) return unit * scale();
  return options.scale == 1 ? unit : unit * options.scale;
}

void UnitNorm::initialize(const Tensor& w, std::string_view path) {
  RawWeight::initialize(w, path);
  if (options.learn_scale) scale.start(full({}, options.scale, w.dtype()), path);
}

void UnitNorm::accept(const Tensor& w, std::string_view path) {
  if (options.dim) check_dim(type, path, w, *options.dim);
  check_rows(type, path, w, options.dim);
}

template class Reparam<UnitNorm, RawWeight>;

}  // namespace tare::nn
