#include "nn/norm/dyt.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "nn/init/init.h"

namespace tare::nn {

void DyTOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("alpha_init", alpha_init);
  v.option("channels_first", channels_first);
}
void ShiftedDynamicOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("alpha_init", alpha_init);
  v.option("shift_init", shift_init);
  v.option("channels_first", channels_first);
}
void LayerScaleOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("init", init);
  v.option("channels_first", channels_first);
}

DyT::DyT(Options o) : options(o), alpha(init::constant({1}, o.alpha_init)) {
  check_norm_options(type, o.num_features, 0);
  start_affine({o.num_features});
}
DyT::DyT(int64_t num_features) : DyT(Options{.num_features = num_features}) {}
void DyT::visit(Visitor& v) {
  v.parameter("alpha", alpha, Role::other);
  visit_affine(v);
}
Tensor DyT::forward(const Tensor& x) {
  check_features(type, x, options.num_features, options.channels_first);
  return tanh(x * alpha()) * along_channels(weight(), x, options.channels_first) + along_channels(bias(), x, options.channels_first);
}

template <DynamicMap M>
ShiftedDynamic<M>::ShiftedDynamic(Options o) : options(o), alpha(init::constant({1}, o.alpha_init)), shift(init::constant({1}, o.shift_init)) {
  check_norm_options(type, o.num_features, 0);
  start_affine({o.num_features});
}
template <DynamicMap M>
ShiftedDynamic<M>::ShiftedDynamic(int64_t num_features) : ShiftedDynamic(Options{.num_features = num_features}) {}
template <DynamicMap M>
void ShiftedDynamic<M>::visit(Visitor& v) {
  v.parameter("alpha", alpha, Role::other);
  v.parameter("shift", shift, Role::other);
  visit_affine(v);
}
template <DynamicMap M>
Tensor ShiftedDynamic<M>::forward(const Tensor& x) {
  check_features(type, x, options.num_features, options.channels_first);
  Tensor z = x * alpha() + shift();
  // hypot does not overflow where z^2 would.
  Tensor y = M == DynamicMap::erf ? erf(z) : z / hypot(z, ones({}, z.dtype()));
  return y * along_channels(weight(), x, options.channels_first) + along_channels(bias(), x, options.channels_first);
}

LayerScale::LayerScale(Options o) : options(o) {
  check_norm_options(type, o.num_features, 0);
  gamma = Parameter(init::constant({o.num_features}, o.init));
}
LayerScale::LayerScale(int64_t num_features) : LayerScale(Options{.num_features = num_features}) {}
void LayerScale::visit(Visitor& v) { v.parameter("gamma", gamma, Role::norm_scale); }
Tensor LayerScale::forward(const Tensor& x) {
  check_features(type, x, options.num_features, options.channels_first);
  return x * along_channels(gamma(), x, options.channels_first);
}

template class Layer<DyT>;
template class ShiftedDynamic<DynamicMap::erf>;
template class ShiftedDynamic<DynamicMap::isru>;
template class Layer<Derf>;
template class Layer<DyISRU>;
template class Layer<LayerScale>;

}  // namespace tare::nn
