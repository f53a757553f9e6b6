#include "nn/flatten.h"

#include "autograd/ops/shape.h"

namespace tare::nn {

void FlattenOptions::visit(Visitor& v) {
  v.option("start_dim", start_dim);
  v.option("end_dim", end_dim);
}

Flatten::Flatten(Options o) : options(o) {}

Tensor Flatten::forward(const Tensor& x) {
  int from = normalize_axis("Flatten", options.start_dim, x.dim()), to = normalize_axis("Flatten", options.end_dim, x.dim());
  check<ShapeError>(from <= to, "Flatten: start_dim ", options.start_dim, " comes after end_dim ", options.end_dim, " for an input of shape ", x.shape());
  Shape shape = x.shape().slice(0, from);
  shape.push_back(x.shape().slice(from, to + 1).numel());
  return reshape(x, shape.concat(x.shape().slice(to + 1)));
}

template class Layer<Flatten>;

}  // namespace tare::nn
