#include "nn/shape/unflatten.h"

#include "autograd/ops/shape.h"

namespace tare::nn {

void UnflattenOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("unflattened_size", unflattened_size);
}

Unflatten::Unflatten(Options o) : options(o) { check<ConfigError>(!o.unflattened_size.empty(), "Unflatten: unflattened_size must not be empty"); }
Unflatten::Unflatten(int64_t dim, Shape unflattened_size) : Unflatten(Options{.dim = dim, .unflattened_size = unflattened_size}) {}

Tensor Unflatten::forward(const Tensor& x) { return unflatten(x, options.dim, options.unflattened_size); }

template class Layer<Unflatten>;

}  // namespace tare::nn
