#include "nn/saliency/saliency.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

Tensor logits_of(Module& model, const Tensor& x) { return model.call({&x, 1})[0]; }

Tensor score_of(const Tensor& logits, const Tensor& target) { return sum(gather(logits, 1, unsqueeze(target, 1))); }

}  // namespace

Module& model_of(std::string_view who, const AnyModule& box) {
  check<ConfigError>(bool(box), who, ": model must be given");
  return *box;
}

Tensor explained_class(std::string_view who, Module& model, const Tensor& x, const Tensor& target) {
  check<ShapeError>(x.dim() >= 1, who, ": expected a batch of inputs (N, ...) but the input is ", x.shape());
  NoGrad off;
  Tensor logits = logits_of(model, x.detach());
  check<ShapeError>(logits.dim() == 2 && logits.size(0) == x.size(0), who, ": expected the model to give logits (", x.size(0), ", classes) but it gives ", logits.shape());
  if (!target.defined()) return argmax(logits, 1);
  check<DTypeError>(target.dtype() == DType::int64, who, ": expected int64 labels as the target, not ", target.dtype());
  check<ShapeError>(target.dim() == 1 && target.size(0) == x.size(0), who, ": expected a target (", x.size(0), ") but it is ", target.shape());
  for (int64_t label : target.to_vector<int64_t>())
    check<IndexError>(label >= 0 && label < logits.size(1), who, ": target ", label, " is not one of the ", logits.size(1), " classes");
  return target;
}

Tensor input_gradient(Module& model, const Tensor& x, const Tensor& target) {
  Tensor point = x.detach().set_requires_grad();
  Tensor g = grad(Tensors{score_of(logits_of(model, point), target)}, Tensors{point}, {.allow_unused = true})[0];
  return g.defined() ? g : zeros_like(point);
}

std::vector<LayerGradient> layer_gradients(Module& model, const std::vector<std::string>& layers, const Tensor& x, const Tensor& target) {
  std::vector<LayerGradient> found(layers.size());
  for (const std::string& path : layers) model.at(path);
  auto observer = model.observe([&](const Module::Event& e) {
    for (size_t i = 0; i < layers.size(); i++)
      if (layers[i] == e.path && !e.outputs.empty())
        found[i] = {.activation = e.outputs[0], .gradient = {}, .input = e.inputs.empty() ? Tensor() : e.inputs[0], .layer = &e.module};
  });
  Tensor score = score_of(logits_of(model, x.detach().set_requires_grad()), target);
  Tensors outputs;
  for (size_t i = 0; i < layers.size(); i++) {
    check<StateError>(found[i].activation.defined(), "layer_gradients: the model did not call \"", layers[i], "\"");
    outputs.push_back(found[i].activation);
  }
  Tensors grads = grad({score}, outputs, {.allow_unused = true});
  for (size_t i = 0; i < layers.size(); i++) {
    found[i].gradient = grads[i].defined() ? grads[i] : zeros_like(outputs[i]);
    found[i].activation = outputs[i].detach();
    if (found[i].input.defined()) found[i].input = found[i].input.detach();
  }
  return found;
}

Tensor resize_to(const Tensor& map, const Shape& like) {
  Shape size = like.slice(like.size() - 2);
  return map.shape().slice(map.dim() - 2) == size ? map : interpolate(map, {.size = size, .mode = "bilinear", .align_corners = false});
}

Tensor saliency_to_image(const Tensor& map, double percentile) {
  check<ShapeError>(map.dim() == 4, "saliency_to_image: expected a map (N, C, H, W) but it is ", map.shape());
  check<ValueError>(percentile > 0 && percentile <= 100, "saliency_to_image: percentile must be in (0, 100], not ", percentile);
  Tensor image = sum(abs(map.detach()), {1}, true);
  Tensor top = reshape(quantile(flatten(image, 1), percentile / 100, 1), {map.size(0), 1, 1, 1});
  return minimum(image, top) / where(gt(top, 0), top, 1);
}

}  // namespace tare::nn
