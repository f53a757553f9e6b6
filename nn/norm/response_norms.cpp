#include "nn/norm/response_norms.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void GlobalResponseNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("eps", eps);
  v.option("channels_last", channels_last);
}
void DivisiveNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("sum_window", sum_window);
  v.option("sup_window", sup_window);
  v.option("eps", eps);
  v.option("affine", affine);
}
void ILMGroupNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_groups", num_groups);
  v.option("key_group_size", key_group_size);
  v.option("reduction", reduction);
  v.option("eps", eps);
}

GlobalResponseNorm::GlobalResponseNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  weight = Parameter(init::zeros({o.num_features}));
  bias = Parameter(init::zeros({o.num_features}));
}
GlobalResponseNorm::GlobalResponseNorm(int64_t num_features) : GlobalResponseNorm(Options{.num_features = num_features}) {}
void GlobalResponseNorm::visit(Visitor& v) { visit_affine(v); }
Tensor GlobalResponseNorm::forward(const Tensor& x) {
  bool first = !options.channels_last;
  check<ShapeError>(x.dim() >= 3, type, ": expected an input of at least 3 dimensions but it is ", x.shape());
  check_features(type, x, options.num_features, first);
  Shape positions;
  for (int i = first ? 2 : 1; i < x.dim() - (first ? 0 : 1); i++) positions.push_back(i);
  Tensor g = norm(x, 2, positions, true);
  Tensor n = g / (mean(g, {first ? 1 : -1}, true) + options.eps);
  return x + x * (n * along_channels(weight(), x, first)) + along_channels(bias(), x, first);
}

template <int D>
DivisiveNormNd<D>::DivisiveNormNd(Options o) : options(std::move(o)) {
  check_norm_options(type, options.num_features, options.eps);
  options.sum_window.for_axes(type, "sum_window", D, 1);
  options.sup_window.for_axes(type, "sup_window", D, 1);
  if (options.affine) start_affine({options.num_features});
}
template <int D>
void DivisiveNormNd<D>::visit(Visitor& v) {
  visit_affine(v);
}
template <int D>
Tensor DivisiveNormNd<D>::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, D == 1 ? 2 : 4, D == 1 ? 2 : 4);
  int first_axis = D == 1 ? 1 : 2;
  auto box = [&](Tensor y, const Shape& window) {
    if (D > 1) y = mean(y, {1}, true);
    for (int i = 0; i < D; i++) y = window_sum(y, first_axis + i, (window[i] - 1) / 2, window[i] / 2);
    return y / double(window.numel());
  };
  Tensor t = x - box(x, options.sum_window.for_axes(type, "sum_window", D, 1));
  Tensor y = t / sqrt(box(square(t), options.sup_window.for_axes(type, "sup_window", D, 1)) + options.eps);
  return affine_per_channel(y, weight(), bias());
}

ILMGroupNorm::ILMGroupNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.num_groups);
  check<ConfigError>(o.key_group_size >= 1 && o.num_features % o.key_group_size == 0 && o.reduction >= 1, type, ": expected key_group_size to divide the ",
                     o.num_features, " channels and reduction of at least 1, not ", o.key_group_size, " and ", o.reduction);
  start_affine({o.num_features});
  int64_t keys = o.num_features / o.key_group_size, hidden = keys < o.reduction ? 2 : keys / o.reduction;
  embed = Parameter(init::layer_default({hidden, keys}));
  scale = Parameter(init::layer_default({keys, hidden}));
  shift = Parameter(init::layer_default({keys, hidden}));
}
void ILMGroupNorm::visit(Visitor& v) {
  v.parameter("embed.weight", embed);
  v.parameter("scale.weight", scale);
  v.parameter("shift.weight", shift);
  visit_affine(v);
}
Tensor ILMGroupNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  int64_t keys = options.num_features / options.key_group_size, n = x.size(0);
  int64_t values = n == 0 ? 2 : x.numel() / (n * keys);
  check<ValueError>(values > 1, type, ": expected more than 1 value per key group, but the input is ", x.shape());
  auto [kv, km] = var_mean(reshape(x, {n, keys, values}), {2}, 1);
  Tensor e = embed();
  Tensor w = sigmoid(linear(relu(linear(kv, e)), scale())), b = tanh(linear(relu(linear(km, e)), shift()));
  auto of_channels = [&](const Tensor& key, const Tensor& common) {
    Tensor each = repeat_interleave(key, options.key_group_size, 1) + common;  // (N, C)
    return reshape(each, each.shape().concat(Shape(x.dim() - 2, 1)));
  };
  return group_norm_unbiased(type, x, options.num_groups, options.eps) * of_channels(w, weight()) + of_channels(b, bias());
}

template class DivisiveNormNd<1>;
template class DivisiveNormNd<2>;
template class Layer<GlobalResponseNorm>;
template class Layer<DivisiveNorm1d>;
template class Layer<DivisiveNorm2d>;
template class Layer<ILMGroupNorm>;

}  // namespace tare::nn
