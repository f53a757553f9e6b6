#include "nn/reparam/weight_compander.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "core/context.h"

namespace tare::nn {

void WeightCompanderOptions::visit(Visitor& v) {
  v.option("a", a);
  v.option("b", b);
  v.option("learnable", learnable);
}

WeightCompander::WeightCompander(Options o) : options(o) {
  check<ConfigError>(o.a > 0 && o.b > 0, "WeightCompander: a and b must be positive, not ", o.a, " and ", o.b);
}

void WeightCompander::visit(Visitor& visitor) {
  visitor.parameter("weight_orig", weight_orig);
  visitor.parameter("a", a, Role::other);
  visitor.parameter("b", b, Role::other);
}

Tensor WeightCompander::weight() {
  if (options.learnable) return a() * atan(weight_orig() / b());
  return options.a * atan(weight_orig() / options.b);
}

void WeightCompander::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  if (options.learnable) {
    a.start(scalar(options.a, w.dtype()), path);
    b.start(scalar(options.b, w.dtype()), path);
  }
  weight_orig.start(weight_compander_inverse(clamp(w, -1.5 * options.a, 1.5 * options.a), options.a, options.b), path);
}

Tensor weight_compander_inverse(const Tensor& w, double a, double b) {
  check<ValueError>(a > 0 && b > 0, "weight_compander_inverse: a and b must be positive, not ", a, " and ", b);
  return b * tan(w / a);
}

template class Reparam<WeightCompander>;

}  // namespace tare::nn
