#include "nn/shape/permute.h"

#include "autograd/ops/shape.h"

namespace tare::nn {

void PermuteOptions::visit(Visitor& v) { v.option("dims", dims); }

Permute::Permute(Options o) : options(std::move(o)) { check<ConfigError>(!options.dims.empty(), "Permute: dims must not be empty"); }

Tensor Permute::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == int(options.dims.size()), "Permute: dims names ", options.dims.size(), " axes but the input is ", x.shape());
  return permute(x, Shape(std::span<const int64_t>(options.dims)));
}

template class Layer<Permute>;

}  // namespace tare::nn
