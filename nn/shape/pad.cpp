#include "nn/shape/pad.h"

#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

constexpr std::string_view kPadModes[] = {"constant", "constant", "reflect", "replicate", "circular"};

}  // namespace

void PadOptions::visit(Visitor& v) { v.option("padding", padding); }
void ConstantPadOptions::visit(Visitor& v) {
  v.option("padding", padding);
  v.option("value", value);
}

template <PadKind K, int D>
PadNd<K, D>::PadNd(Options o) : options(std::move(o)) {
  options.padding.for_axes(type, "padding", 2 * D, INT64_MIN);
}

template <PadKind K, int D>
Tensor PadNd<K, D>::forward(const Tensor& x) {
  bool constant = K == PadKind::constant || K == PadKind::zero;
  check<ShapeError>(constant ? x.dim() >= D : x.dim() == D + 1 || x.dim() == D + 2, type, ": expected an input (N, C, *) or (C, *) with ", D,
                    " spatial axes but it is ", x.shape());
  Shape sides = options.padding.for_axes(type, "padding", 2 * D, INT64_MIN);
  double value = 0;
  if constexpr (K == PadKind::constant) value = options.value;
  return pad(x, std::vector<int64_t>(sides.begin(), sides.end()), kPadModes[int(K)], value);
}

template class PadNd<PadKind::constant, 1>;
template class PadNd<PadKind::constant, 2>;
template class PadNd<PadKind::constant, 3>;
template class PadNd<PadKind::zero, 1>;
template class PadNd<PadKind::zero, 2>;
template class PadNd<PadKind::zero, 3>;
template class PadNd<PadKind::reflect, 1>;
template class PadNd<PadKind::reflect, 2>;
template class PadNd<PadKind::reflect, 3>;
template class PadNd<PadKind::replicate, 1>;
template class PadNd<PadKind::replicate, 2>;
template class PadNd<PadKind::replicate, 3>;
template class PadNd<PadKind::circular, 1>;
template class PadNd<PadKind::circular, 2>;
template class PadNd<PadKind::circular, 3>;
template class Layer<ConstantPad1d>;
template class Layer<ConstantPad2d>;
template class Layer<ConstantPad3d>;
template class Layer<ZeroPad1d>;
template class Layer<ZeroPad2d>;
template class Layer<ZeroPad3d>;
template class Layer<ReflectionPad1d>;
template class Layer<ReflectionPad2d>;
template class Layer<ReflectionPad3d>;
template class Layer<ReplicationPad1d>;
template class Layer<ReplicationPad2d>;
template class Layer<ReplicationPad3d>;
template class Layer<CircularPad1d>;
template class Layer<CircularPad2d>;
template class Layer<CircularPad3d>;

}  // namespace tare::nn
