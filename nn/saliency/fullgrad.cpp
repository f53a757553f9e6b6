#include "nn/saliency/fullgrad.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/catalogue.h"
#include "nn/conv/conv.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"

namespace tare::nn {
namespace {

/// The bias a layer adds to its output (C), if any, and whether the reference draws it.
struct LayerBias {
  Tensor bias;
  bool drawn = true;
};

template <int D>
bool batch_norm_bias(Module& m, LayerBias& out) {
  auto* bn = dynamic_cast<BatchNormNd<D>*>(&m);
  if (!bn) return false;
  check<ConfigError>(bn->running.mean.defined(), "FullGrad: a batch normalization without running statistics is not affine in its input");
  Tensor scale = 1 / sqrt(bn->running.variance() + bn->options.eps);
  if (bn->weight.defined()) scale = scale * bn->weight();
  out.bias = -bn->running.mean() * scale;
  if (bn->bias.defined()) out.bias = out.bias + bn->bias();
  else out.drawn = false;
  return true;
}

template <class L>
bool plain_bias(Module& m, LayerBias& out) {
  auto* layer = dynamic_cast<L*>(&m);
  if (layer && layer->bias.defined()) out.bias = layer->bias();
  return layer != nullptr;
}

bool known_bias(Module& m, LayerBias& out) {
  return plain_bias<Conv2d>(m, out) || plain_bias<Linear>(m, out) || plain_bias<Conv1d>(m, out) || plain_bias<Conv3d>(m, out) || batch_norm_bias<2>(m, out) ||
         batch_norm_bias<1>(m, out) || batch_norm_bias<3>(m, out);
}

/// Layers f(z) = f'(z) z: their output is what their gradient says, without a bias.
bool homogeneous(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"ReLU", "LeakyReLU", "PReLU", "RReLU", "Flatten", "Unflatten", "Identity", "Permute", "Upsample", "UpsamplingBilinear2d",
                                                "UpsamplingNearest2d", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "LayerScale", "DropPath", "Fold", "Unfold"};
  static constexpr std::string_view kFamilies[] = {"MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "Dropout", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes) ||
         std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](std::string_view f) { return type.starts_with(f); });
}

/// Containers, and what users define of known parts.
bool only_passes_on(std::string_view type) {
  for (const Row& row : catalogue())
    if (row.name == type) return row.kind == Kind::container || row.kind == Kind::other;
  return true;
}

void refuse_smooth(std::string_view who, Module& model) {
  auto modules = model.modules();
  for (auto& [path, m] : modules) {
    LayerBias ignored;
    if (known_bias(*m, ignored) || homogeneous(m->type_name())) continue;
    std::string below = path.empty() ? "" : path + ".";
    bool has_children = std::any_of(modules.begin(), modules.end(), [&](auto& other) { return other.second != m && other.first.starts_with(below); });
    bool own_numbers = false;
    for (auto& e : m->parameters()) own_numbers = own_numbers || (e.name.find('.') == std::string::npos);
    check<ConfigError>(has_children && !own_numbers && only_passes_on(m->type_name()), who, ": layer \"", path, "\" (", m->type_name(),
                       ") is not known to be piecewise linear with an explicit bias; expected Conv, Linear, BatchNorm, rectifiers such as ReLU, and pooling");
  }
}

/// (C) along axis 1 of an output with `axes` axes; along the last axis for Linear.
Tensor spread_bias(const Tensor& bias, const Tensor& like, bool last) {
  Shape shape(like.dim(), 1);
  shape[last ? like.dim() - 1 : 1] = bias.numel();
  return reshape(bias.detach(), shape);
}

Tensor psi(const Tensor& t) {
  Shape all;
  for (int64_t a = 1; a < t.dim(); a++) all.push_back(a);
  Tensor a = abs(t);
  a = a - amin(a, all, true);
  return a / (amax(a, all, true) + 1e-6);
}

Tensor enlarged(const Tensor& t, const Tensor& x) {
  Tensor map = psi(t);
  Shape size = x.shape().slice(2);
  return sum(map.shape().slice(2) == size ? map : interpolate(map, {.size = size, .mode = "bilinear", .align_corners = true}), {1}, true);
}

Tensor map_of(const FullGradients& parts, const Tensor& x, bool with_bias) {
  Tensor map = sum(psi(parts.input_gradient * x), {1}, true);
  for (auto& b : parts.biases)
    if (b.has_map) map = map + enlarged(with_bias ? b.term : b.gradient, x);
  return map;
}

void check_image(std::string_view who, const Tensor& x) {
  check<ShapeError>(x.dim() == 4, who, ": expected images (N, C, H, W) but the input is ", x.shape());
}

}  // namespace

void FullGradOptions::visit(Visitor& v) { v.option("model", model); }

Tensor FullGradients::completeness_sum(const Tensor& x) const {
  auto per_sample = [](const Tensor& t) { return sum(reshape(t, {t.size(0), -1}), {1}); };
  Tensor total = per_sample(input_gradient * x.detach());
  for (auto& b : biases) total = total + per_sample(b.term);
  return total;
}

FullGradients full_gradients(std::string_view who, Module& model, const Tensor& x, const Tensor& target) {
  refuse_smooth(who, model);
  EvaluationScope scope(model);
  Tensor label = explained_class(who, model, x, target);
  Tensor point = x.detach().set_requires_grad();
  FullGradients out;
  std::vector<LayerBias> biases;
  Tensors wanted{point};
  std::vector<bool> last;
  Tensor score;
  {
    // Layers report when they are done, so that outputs and biases pair up however often a layer is called.
    auto observer = model.observe([&](const Module::Event& e) {
      LayerBias b;
      if (!known_bias(e.module, b) || !b.bias.defined()) return;
      wanted.push_back(e.outputs[0]);
      last.push_back(e.module.type_name() == Linear::type);
      out.biases.push_back({e.path, {}, {}, b.drawn && e.outputs[0].dim() == 4 && !last.back()});
      biases.push_back(b);
    });
    score = sum(gather(model.call({&point, 1})[0], 1, unsqueeze(label, 1)));
  }
  Tensors grads = grad({score}, wanted, {.allow_unused = true});
  NoGrad off;
  for (size_t i = 0; i < grads.size(); i++)
    if (!grads[i].defined()) grads[i] = zeros_like(wanted[i]);
  out.input_gradient = grads[0];
  for (size_t i = 0; i < biases.size(); i++) {
    out.biases[i].gradient = grads[i + 1];
    out.biases[i].term = grads[i + 1] * spread_bias(biases[i].bias, grads[i + 1], last[i]);
  }
  return out;
}

FullGrad::FullGrad(Options o) : options(std::move(o)) { model_of(type, options.model); }

FullGradients FullGrad::decompose(const Tensor& x, const Tensor& target) { return full_gradients(type, *options.model, x, target); }

FullGradOutput FullGrad::forward(const Tensor& x, const Tensor& target) {
  check_image(type, x);
  FullGradients parts = decompose(x, target);
  Tensor clean = x.detach();
  return {map_of(parts, clean, true), parts.input_gradient, parts.completeness_sum(clean)};
}

SimpleFullGrad::SimpleFullGrad(Options o) : options(std::move(o)) { model_of(type, options.model); }

Tensor SimpleFullGrad::forward(const Tensor& x, const Tensor& target) {
  check_image(type, x);
  return map_of(full_gradients(type, *options.model, x, target), x.detach(), false);
}

template class Layer<FullGrad>;
template class Layer<SimpleFullGrad>;

}  // namespace tare::nn
