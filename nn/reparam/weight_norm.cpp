#include "nn/reparam/weight_norm.h"

#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void WeightNormOptions::visit(Visitor& v) { v.option("dim", dim); }

WeightNorm::WeightNorm(Options o) : options(o) {}

void WeightNorm::visit(Visitor& visitor) {
  visitor.parameter("weight_g", g, Role::other);
  visitor.parameter("weight_v", v);
}

Tensor WeightNorm::weight() { return unit_along(v(), g(), options.dim); }

void WeightNorm::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  if (options.dim) check_dim(type, path, w, *options.dim);
  check_rows(type, path, w, options.dim);
  // A vector has one element a row: nothing is summed.
  Shape others = options.dim ? axes_but(w.dim(), *options.dim) : Shape();
  g.start(options.dim && others.empty() ? norm(unsqueeze(w, -1), 2, {-1}) : norm(w, 2, others, options.dim.has_value()), path);
  v.start(w, path);
}

template class Reparam<WeightNorm>;

}  // namespace tare::nn
