#include "nn/pool/adaptive_pool.h"

#include "autograd/ops/pool.h"

namespace tare::nn {

void AdaptiveAvgPoolOptions::visit(Visitor& v) { v.option("output_size", output_size); }
void AdaptiveMaxPoolOptions::visit(Visitor& v) {
  v.option("output_size", output_size);
  v.option("return_indices", return_indices);
}

template <int D>
AdaptiveAvgPoolNd<D>::AdaptiveAvgPoolNd(Options o) : options(std::move(o)) {
  options.output_size.for_axes(type, "output_size", D, -1);
}
template <int D>
AdaptiveAvgPoolNd<D>::AdaptiveAvgPoolNd(Sizes output_size) : AdaptiveAvgPoolNd(Options{.output_size = std::move(output_size)}) {}
template <int D>
Tensor AdaptiveAvgPoolNd<D>::forward(const Tensor& x) {
  return adaptive_avg_pool(x, D, options.output_size.values);
}

template <int D>
AdaptiveMaxPoolNd<D>::AdaptiveMaxPoolNd(Options o) : options(std::move(o)) {
  options.output_size.for_axes(type, "output_size", D, -1);
}
template <int D>
AdaptiveMaxPoolNd<D>::AdaptiveMaxPoolNd(Sizes output_size) : AdaptiveMaxPoolNd(Options{.output_size = std::move(output_size)}) {}
template <int D>
Tensor AdaptiveMaxPoolNd<D>::forward(const Tensor& x) {
  return adaptive_max_pool_with_indices(x, D, options.output_size.values).values;
}
template <int D>
Tensors AdaptiveMaxPoolNd<D>::call(std::span<const Tensor> inputs, const Json* extras) {
  if (!options.return_indices || inputs.size() != 1 || extras) return Layer<AdaptiveMaxPoolNd<D>>::call(inputs, extras);
  ValuesAndIndices y = adaptive_max_pool_with_indices(inputs[0], D, options.output_size.values);
  return {y.values, y.indices};
}

template class AdaptiveAvgPoolNd<1>;
template class AdaptiveAvgPoolNd<2>;
template class AdaptiveAvgPoolNd<3>;
template class AdaptiveMaxPoolNd<1>;
template class AdaptiveMaxPoolNd<2>;
template class AdaptiveMaxPoolNd<3>;
template class Layer<AdaptiveAvgPool1d>;
template class Layer<AdaptiveAvgPool2d>;
template class Layer<AdaptiveAvgPool3d>;
template class Layer<AdaptiveMaxPool1d>;
template class Layer<AdaptiveMaxPool2d>;
template class Layer<AdaptiveMaxPool3d>;

}  // namespace tare::nn
