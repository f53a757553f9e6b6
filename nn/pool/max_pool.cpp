#include "nn/pool/max_pool.h"

#include "autograd/ops/pool.h"

namespace tare::nn {
namespace {

Shape pool_stride(std::string_view type, const Sizes& stride, int axes) { return stride.empty() ? Shape() : stride.for_axes(type, "stride", axes, 1); }

PoolParams max_pool_params(std::string_view type, const MaxPoolOptions& o, int axes) {
  return {o.kernel_size.for_axes(type, "kernel_size", axes, 1), pool_stride(type, o.stride, axes), o.padding.for_axes(type, "padding", axes, 0),
          o.dilation.for_axes(type, "dilation", axes, 1), o.ceil_mode};
}
PoolParams max_unpool_params(std::string_view type, const MaxUnpoolOptions& o, int axes) {
  return {o.kernel_size.for_axes(type, "kernel_size", axes, 1), pool_stride(type, o.stride, axes), o.padding.for_axes(type, "padding", axes, 0), {}, false};
}

}  // namespace

void MaxPoolOptions::visit(Visitor& v) {
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("dilation", dilation);
  v.option("return_indices", return_indices);
  v.option("ceil_mode", ceil_mode);
}
void MaxUnpoolOptions::visit(Visitor& v) {
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
}
void MaxUnpoolArguments::visit(Visitor& v) { v.option("output_size", output_size); }

template <int D>
MaxPoolNd<D>::MaxPoolNd(Options o) : options(std::move(o)) {
  PoolParams p = max_pool_params(type, options, D);
  for (int i = 0; i < D; i++)
    check<ConfigError>(2 * p.padding[i] <= p.kernel[i], type, ": expected padding of at most half the kernel_size ", p.kernel, ", not ", p.padding);
}
template <int D>
MaxPoolNd<D>::MaxPoolNd(Sizes kernel_size) : MaxPoolNd(Options{.kernel_size = std::move(kernel_size)}) {}
template <int D>
Tensor MaxPoolNd<D>::forward(const Tensor& x) {
  return max_pool_with_indices(x, D, max_pool_params(type, options, D)).values;
}
template <int D>
Tensors MaxPoolNd<D>::call(std::span<const Tensor> inputs, const Json* extras) {
  if (!options.return_indices || inputs.size() != 1 || extras) return Layer<MaxPoolNd<D>>::call(inputs, extras);
  ValuesAndIndices y = max_pool_with_indices(inputs[0], D, max_pool_params(type, options, D));
  return {y.values, y.indices};
}

template <int D>
MaxUnpoolNd<D>::MaxUnpoolNd(Options o) : options(std::move(o)) {
  max_unpool_params(type, options, D);
}
template <int D>
MaxUnpoolNd<D>::MaxUnpoolNd(Sizes kernel_size) : MaxUnpoolNd(Options{.kernel_size = std::move(kernel_size)}) {}
template <int D>
Tensor MaxUnpoolNd<D>::forward(const Tensor& x, const Tensor& indices, MaxUnpoolArguments arguments) {
  check<ShapeError>(x.dim() == D + 1 || x.dim() == D + 2, type, ": expected an input (N, C, *) or (C, *) with ", D, " spatial axes but it is ", x.shape());
  Shape size = arguments.output_size.empty() ? max_unpool_size(x.shape(), max_unpool_params(type, options, D)) : arguments.output_size;
  if (size.size() == x.dim()) size = size.slice(x.dim() - D);  // PyTorch takes the whole shape too
  check<ShapeError>(size.size() == D, type, ": expected an output_size of ", D, " integers, not ", size);
  return max_unpool(x, indices, size);
}

template class MaxPoolNd<1>;
template class MaxPoolNd<2>;
template class MaxPoolNd<3>;
template class MaxUnpoolNd<1>;
template class MaxUnpoolNd<2>;
template class MaxUnpoolNd<3>;
template class Layer<MaxPool1d>;
template class Layer<MaxPool2d>;
template class Layer<MaxPool3d>;
template class Layer<MaxUnpool1d>;
template class Layer<MaxUnpool2d>;
template class Layer<MaxUnpool3d>;

}  // namespace tare::nn
