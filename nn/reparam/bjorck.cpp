#include "nn/reparam/bjorck.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void BjorckOptions::visit(Visitor& v) { v.option("iterations", iterations); }

Bjorck::Bjorck(Options o) : options(o) { check<ConfigError>(o.iterations >= 1, "Bjorck: iterations must be at least 1, not ", o.iterations); }

Tensor Bjorck::weight() {
  Tensor w = weight_orig(), m = as_matrix(w);
  bool wide = m.size(0) < m.size(1);
  Tensor a = wide ? transpose(m) : m, sizes = abs(a);
  // ||M||_2^2 <= ||M||_1 ||M||_inf.
  a = a / sqrt(amax(sum(sizes, {0})) * amax(sum(sizes, {1})));
  for (int64_t i = 0; i < options.iterations; i++) a = 1.5 * a - 0.5 * matmul(a, matmul(transpose(a), a));
  return from_matrix(wide ? transpose(a) : a, w.shape());
}

void Bjorck::accept(const Tensor& w, std::string_view path) { check_full_rank(type, path, as_matrix(w)); }

template class Reparam<Bjorck, RawWeight>;

}  // namespace tare::nn
