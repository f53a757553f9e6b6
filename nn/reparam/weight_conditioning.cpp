#include "nn/reparam/weight_conditioning.h"

#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {
constexpr std::string_view kEquilibrateNames[] = {"row", "column", "row_column"};
}

void WeightConditioningOptions::visit(Visitor& v) {
  v.option("mode", mode, kEquilibrateNames);
  v.option("eps", eps);
}

WeightConditioning::WeightConditioning(Options o) : options(o) { check<ConfigError>(o.eps >= 0, "WeightConditioning: eps must be at least 0, not ", o.eps); }

Tensor equilibrate(const Tensor& w, Equilibrate mode, double eps) {
  Tensor out = mode == Equilibrate::column ? w : unit_rows(w, {}, false, eps);
  if (mode == Equilibrate::row) return out;
  return reshape(transpose(unit_rows(transpose(as_matrix(out)), {}, false, eps)), w.shape());
}

Tensor WeightConditioning::weight() { return equilibrate(weight_orig(), options.mode, options.eps); }

void WeightConditioning::accept(const Tensor& w, std::string_view path) {
  if (options.mode != Equilibrate::column) check_rows(type, path, as_matrix(w), 0);
  if (options.mode != Equilibrate::row) check_rows(type, path, as_matrix(w), 1);
}

template class Reparam<WeightConditioning, RawWeight>;

}  // namespace tare::nn
