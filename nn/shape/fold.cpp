#include "nn/shape/fold.h"

#include "autograd/ops/conv.h"

namespace tare::nn {
namespace {

template <class O>
UnfoldOptions window_options(std::string_view type, const O& o) {
  o.kernel_size.for_axes(type, "kernel_size", 2, 1);
  return {o.dilation.for_axes(type, "dilation", 2, 1), o.padding.for_axes(type, "padding", 2, 0), o.stride.for_axes(type, "stride", 2, 1)};
}

}  // namespace

void UnfoldLayerOptions::visit(Visitor& v) {
  v.option("kernel_size", kernel_size);
  v.option("dilation", dilation);
  v.option("padding", padding);
  v.option("stride", stride);
}
void FoldLayerOptions::visit(Visitor& v) {
  v.option("output_size", output_size);
  v.option("kernel_size", kernel_size);
  v.option("dilation", dilation);
  v.option("padding", padding);
  v.option("stride", stride);
}

Unfold::Unfold(Options o) : options(std::move(o)) { window_options(type, options); }
Unfold::Unfold(Sizes kernel_size) : Unfold(Options{.kernel_size = std::move(kernel_size)}) {}
Tensor Unfold::forward(const Tensor& x) { return unfold(x, options.kernel_size.values, window_options(type, options)); }

Fold::Fold(Options o) : options(std::move(o)) {
  window_options(type, options);
  options.output_size.for_axes(type, "output_size", 2, 1);
}
Fold::Fold(Sizes output_size, Sizes kernel_size) : Fold(Options{.output_size = std::move(output_size), .kernel_size = std::move(kernel_size)}) {}
Tensor Fold::forward(const Tensor& columns) { return fold(columns, options.output_size.values, options.kernel_size.values, window_options(type, options)); }

template class Layer<Unfold>;
template class Layer<Fold>;

}  // namespace tare::nn
