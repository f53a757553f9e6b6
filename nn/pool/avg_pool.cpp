#include "nn/pool/avg_pool.h"

#include "autograd/ops/pool.h"

namespace tare::nn {
namespace {

Shape average_stride(std::string_view type, const Sizes& stride, int axes) { return stride.empty() ? Shape() : stride.for_axes(type, "stride", axes, 1); }

AveragePoolParams avg_pool_params(std::string_view type, const AvgPoolOptions& o, int axes) {
  check<ConfigError>(!o.divisor_override || *o.divisor_override != 0, type, ": divisor_override must not be 0");
  return {{o.kernel_size.for_axes(type, "kernel_size", axes, 1), average_stride(type, o.stride, axes), o.padding.for_axes(type, "padding", axes, 0), {}, o.ceil_mode},
          o.count_include_pad, o.divisor_override.value_or(0)};
}
PoolParams lp_pool_params(std::string_view type, const LPPoolOptions& o, int axes) {
  return {o.kernel_size.for_axes(type, "kernel_size", axes, 1), average_stride(type, o.stride, axes), {}, {}, o.ceil_mode};
}

}  // namespace

void AvgPoolOptions::visit(Visitor& v) {
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("ceil_mode", ceil_mode);
  v.option("count_include_pad", count_include_pad);
  v.option("divisor_override", divisor_override);
}
void LPPoolOptions::visit(Visitor& v) {
  v.option("norm_type", norm_type);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("ceil_mode", ceil_mode);
}

template <int D>
AvgPoolNd<D>::AvgPoolNd(Options o) : options(std::move(o)) {
  PoolParams p = avg_pool_params(type, options, D).window;
  for (int i = 0; i < D; i++)
    check<ConfigError>(2 * p.padding[i] <= p.kernel[i], type, ": expected padding of at most half the kernel_size ", p.kernel, ", not ", p.padding);
}
template <int D>
AvgPoolNd<D>::AvgPoolNd(Sizes kernel_size) : AvgPoolNd(Options{.kernel_size = std::move(kernel_size)}) {}
template <int D>
Tensor AvgPoolNd<D>::forward(const Tensor& x) {
  return avg_pool(x, D, avg_pool_params(type, options, D));
}

template <int D>
LPPoolNd<D>::LPPoolNd(Options o) : options(std::move(o)) {
  check<ConfigError>(options.norm_type != 0, type, ": norm_type must not be 0");
  lp_pool_params(type, options, D);
}
template <int D>
LPPoolNd<D>::LPPoolNd(double norm_type, Sizes kernel_size) : LPPoolNd(Options{.norm_type = norm_type, .kernel_size = std::move(kernel_size)}) {}
template <int D>
Tensor LPPoolNd<D>::forward(const Tensor& x) {
  return lp_pool(x, options.norm_type, D, lp_pool_params(type, options, D));
}

template class AvgPoolNd<1>;
template class AvgPoolNd<2>;
template class AvgPoolNd<3>;
template class LPPoolNd<1>;
template class LPPoolNd<2>;
template class LPPoolNd<3>;
template class Layer<AvgPool1d>;
template class Layer<AvgPool2d>;
template class Layer<AvgPool3d>;
template class Layer<LPPool1d>;
template class Layer<LPPool2d>;
template class Layer<LPPool3d>;

}  // namespace tare::nn
