#include "nn/saliency/normgrad.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/conv/conv.h"
#include "nn/functional_call.h"

namespace tare::nn {
namespace {

[[noreturn]] void unknown(std::string_view what, std::string_view name, std::string_view known) {
  throw ConfigError(text("norm_grad: ", what, " must be ", known, ", not \"", name, "\""));
}

/// (N, K, P) -> (N, P).
Tensor aggregate_shares(const Tensor& shares, std::string_view aggregate) {
  if (aggregate == "norm") return norm(shares, 2, {1});
  if (aggregate == "filter_norm") return norm(relu(shares), 2, {1});
  if (aggregate == "sum") return sum(shares, {1});
  if (aggregate == "max") return amax(shares, {1});
  unknown("aggregate", aggregate, "norm, filter_norm, sum or max");
}

Tensor proper_map(const LayerGradient& at, const std::string& path, std::string_view aggregate) {
  auto* conv = dynamic_cast<Conv2d*>(at.layer);
  check<ConfigError>(conv && conv->options.groups == 1 && conv->options.padding_mode == "zeros", "NormGrad: layer = \"proper\" needs a Conv2d with one group and zeros as padding at \"", path,
                     "\", but there is a ", at.layer->type_name());
  const ConvLayerOptions& o = conv->options;
  Shape kernel = o.kernel_size.for_axes("NormGrad", "kernel_size", 2, 1);
  ConvOptions how{o.stride.for_axes("NormGrad", "stride", 2, 1), {0}, o.dilation.for_axes("NormGrad", "dilation", 2, 1), 1};
  Tensor x = at.input;
  if (o.padding.word == "same") x = pad_same(x, conv->weight.shape(), how);
  else if (o.padding.word != "valid") how.padding = o.padding.for_axes("NormGrad", "padding", 2, 0);
  Tensor columns = unfold(x, kernel, {how.dilation, how.padding, how.stride});
  const Shape& out = at.gradient.shape();
  return reshape(aggregate_outer(columns, flatten(at.gradient, 2), aggregate), {out[0], 1, out[2], out[3]});
}

}  // namespace

Tensor aggregate_outer(const Tensor& columns, const Tensor& gradient, std::string_view aggregate) {
  if (aggregate == "norm") return norm(columns, 2, {1}) * norm(gradient, 2, {1});
  if (aggregate == "sum") return sum(columns, {1}) * sum(gradient, {1});
  if (aggregate == "filter_norm") {
    // A product is positive where both factors are, or neither.
    Tensor up = square(norm(relu(columns), 2, {1}) * norm(relu(gradient), 2, {1})), down = square(norm(relu(-columns), 2, {1}) * norm(relu(-gradient), 2, {1}));
    return sqrt(up + down);
  }
  if (aggregate == "max") {
    // The largest product is one of extremes.
    auto [a_low, a_high] = aminmax(columns, {1});
    auto [g_low, g_high] = aminmax(gradient, {1});
    return maximum(maximum(a_high * g_high, a_low * g_low), maximum(a_high * g_low, a_low * g_high));
  }
  unknown("aggregate", aggregate, "norm, filter_norm, sum or max");
}

Tensor norm_grad(const Tensor& activation, const Tensor& gradient, std::string_view layer, std::string_view aggregate) {
  check<ShapeError>(activation.dim() == 4 && activation.shape() == gradient.shape(), "norm_grad: expected an activation and a gradient of one shape (N, C, H, W) but they are ",
                    activation.shape(), " and ", gradient.shape());
  const Shape& s = activation.shape();
  Tensor g = flatten(gradient, 2), a = flatten(activation, 2), map;
  auto neighbours = [&] { return unfold(activation, {3, 3}, {{1}, {1}, {1}}); };
  if (layer == "conv1x1") map = aggregate_outer(a, g, aggregate);
  else if (layer == "conv3x3") map = aggregate_outer(neighbours(), g, aggregate);
  else if (layer == "conv3x3_depthwise")
    map = aggregate_shares(flatten(reshape(neighbours(), {s[0], s[1], 9, s[2] * s[3]}) * unsqueeze(g, 2), 1, 2), aggregate);
  else if (layer == "scaling") map = aggregate_shares(a * g, aggregate);
  else if (layer == "bias") map = aggregate_shares(g, aggregate);
  else unknown("layer", layer, "conv1x1, conv3x3, conv3x3_depthwise, scaling or bias");
  return reshape(map, {s[0], 1, s[2], s[3]});
}

Tensor combine_saliency(const Tensors& maps, const Shape& size, std::string_view mode) {
  check<ConfigError>(mode == "product", "combine_saliency: mode must be \"product\", not \"", mode, "\"");
  check<ConfigError>(!maps.empty() && size.size() == 2, "combine_saliency: expected at least one map and size (H, W)");
  Tensor product;
  for (const Tensor& map : maps) {
    check<ShapeError>(map.dim() == 4 && map.size(1) == 1, "combine_saliency: expected maps (N, 1, h, w) but one is ", map.shape());
    Tensor m = resize_to(map, size);
    m = m - amin(m, {1, 2, 3}, true);
    Tensor top = amax(m, {1, 2, 3}, true);
    m = m / where(eq(top, 0), 1, top);
    product = product.defined() ? product * m : m;
  }
  return product;
}

void NormGradOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("layer", layer);
  v.option("aggregate", aggregate);
  v.option("target_layers", target_layers);
}

NormGrad::NormGrad(Options o) : options(std::move(o)) {
  Module& model = model_of(type, options.model);
  check<ConfigError>(!options.target_layers.empty(), "NormGrad: target_layers must name at least one layer of the model");
  for (const std::string& path : options.target_layers) model.at(path);
}

Tensor NormGrad::forward(const Tensor& x, const Tensor& target) {
  check<ShapeError>(x.dim() == 4, "NormGrad: expected images (N, C, H, W) but the input is ", x.shape());
  EvaluationScope scope(*options.model);
  std::vector<LayerGradient> found = layer_gradients(*options.model, options.target_layers, x, explained_class(type, *options.model, x, target));
  NoGrad off;
  Tensors maps;
  for (size_t i = 0; i < found.size(); i++)
    maps.push_back(options.layer == "proper" ? proper_map(found[i], options.target_layers[i], options.aggregate)
                                             : norm_grad(found[i].activation, found[i].gradient, options.layer, options.aggregate));
  return maps.size() == 1 ? resize_to(maps[0], x.shape()) : combine_saliency(maps, x.shape().slice(2));
}

void MetaSaliencyOptions::visit(Visitor& v) {
  v.option("saliency", saliency);
  v.option("lr", lr);
  v.option("negate_loss", negate_loss);
}

MetaSaliency::MetaSaliency(Options o) : options(std::move(o)) {
  check<ConfigError>(bool(options.saliency), "MetaSaliency: saliency must be given");
  options.saliency->at("model");
}

Tensors MetaSaliency::forward(const Tensor& x, const Tensor& target) {
  Module &method = *options.saliency, &model = method.at("model");
  EvaluationScope scope(method);
  Tensor labels = explained_class(type, model, x, target);
  std::vector<Tensors> parts;
  for (int64_t n = 0; n < x.size(0); n++) {
    Tensor sample = narrow(x.detach(), 0, n, 1), label = narrow(labels, 0, n, 1);
    ParameterList params;
    for (auto& e : model.parameters())
      if (e.tensor.requires_grad()) params.push_back(e);
    Tensors leaves = params.tensors();
    Tensors grads = grad({cross_entropy(model.call({&sample, 1})[0], label)}, leaves, {.allow_unused = true});
    NamedTensors stepped;
    for (size_t i = 0; i < leaves.size(); i++)
      if (grads[i].defined()) stepped.emplace_back("model." + params[i].name, (leaves[i].detach() - (options.negate_loss ? -options.lr : options.lr) * grads[i]).detach());
    Tensor both[] = {sample, label};
    Tensors outputs;
    functional_call(method, stepped, [&] { return (outputs = method.call(both))[0]; });
    parts.resize(outputs.size());
    for (size_t k = 0; k < outputs.size(); k++) parts[k].push_back(outputs[k]);
  }
  Tensors joined;
  for (Tensors& p : parts) joined.push_back(cat(p));
  return joined;
}

template class Layer<NormGrad>;
template class Layer<MetaSaliency>;

}  // namespace tare::nn
