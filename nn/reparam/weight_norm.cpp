#include "nn/reparam/weight_norm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "core/context.h"

namespace tare::nn {
namespace {

Tensor length_along(const Tensor& v, std::optional<int64_t> dim) {
  if (!dim) return sqrt(sum(square(v)));
  Shape others;
  int kept = normalize_axis("WeightNorm", *dim, v.dim());
  for (int i = 0; i < v.dim(); i++)
    if (i != kept) others.push_back(i);
  return others.empty() ? sqrt(square(v)) : sqrt(sum(square(v), others, true));
}

}  // namespace

void WeightNormOptions::visit(Visitor& v) { v.option("dim", dim); }

WeightNorm::WeightNorm(Options o) : options(o) {}

void WeightNorm::visit(Visitor& visitor) {
  visitor.parameter("weight_g", g, Role::other);
  visitor.parameter("weight_v", v, Role::weight);
}

Tensor WeightNorm::weight() {
  Tensor direction = v();
  return direction * (g() / length_along(direction, options.dim));
}

void WeightNorm::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  if (options.dim)
    check<ShapeError>(*options.dim < w.dim() && *options.dim >= -w.dim(), "WeightNorm: dim = ", *options.dim, " does not fit ", path, " of shape ", w.shape());
  v = Parameter(w);
  g = Parameter(length_along(w, options.dim));
}

template class Reparam<WeightNorm>;

}  // namespace tare::nn
