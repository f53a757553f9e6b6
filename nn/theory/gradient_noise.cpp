#include "nn/theory/gradient_noise.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/per_sample_grad.h"

namespace tare::nn {

GradientStatistics gradient_statistics(const Tensor& g) {
  check<ShapeError>(g.dim() == 2 && g.size(0) >= 1, "gradient_statistics: expected gradients [n, p] of at least one sample but they are ", g.shape());
  Tensor average = mean(g, {0}), spread = sum(square(g - average));
  double n = double(g.size(0));
  return {spread / n, spread / (n - 1), sum(square(average))};
}

Tensor expected_gap_change(const Tensor& trace, double lr, int64_t train_size) {
  check<ValueError>(train_size >= 1, "expected_gap_change: train_size must be at least 1, not ", train_size);
  return trace * (lr / double(train_size));
}

Tensor sgd_minus_gd_shift(const Tensor& grad_trace, double lr, int64_t steps, int64_t train_size) {
  check<ValueError>(steps >= 1 && train_size >= 1 && train_size % steps == 0, "sgd_minus_gd_shift: ", steps, " steps use each of ", train_size,
                    " samples once only if they divide them");
  return grad_trace * (-lr * lr * double(steps) * double(steps - 1) / (4 * double(train_size)));
}

void GradientNoiseOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
}

GradientNoise::GradientNoise(Options o) : options(std::move(o)) {
  check<ConfigError>(bool(options.model) && bool(options.loss), "GradientNoise: model and loss must be given");
}

void GradientNoise::visit(Visitor& v) {
  v.exchangeable("model", options.model);
  v.exchangeable("loss", options.loss);
}

Tensor GradientNoise::losses(const Tensor& x, const Tensor& y) {
  Tensor prediction = options.model(x);
  check<ShapeError>(prediction.dim() >= 1 && y.dim() >= 1 && prediction.size(0) == y.size(0), "GradientNoise: ", prediction.shape(), " predictions but ", y.shape(), " targets");
  Tensors all;
  for (int64_t i = 0; i < y.size(0); i++) all.push_back(reshape(options.loss(narrow(prediction, 0, i, 1), narrow(y, 0, i, 1)), {}));
  return stack(all);
}

GradientStatistics GradientNoise::forward(const Tensor& x, const Tensor& y) {
  Tensors rows;
  for (auto& [name, g] : per_sample_grad(*options.model, {x, y}, [this](const Tensors& batch) { return losses(batch[0], batch[1]); })) rows.push_back(tare::flatten(g, 1));
  check<ConfigError>(!rows.empty(), "GradientNoise: the model has no parameter that requires a gradient");
  return gradient_statistics(cat(rows, 1).detach());
}

NamedTensors GradientNoise::grad_noise_trace(const Tensor& x, const Tensor& y, bool unbiased) {
  NamedTensors out;
  Tensors leaves;
  for (auto& e : options.model->parameters())
    if (e.tensor.requires_grad()) out.emplace_back(e.name, zeros_like(e.tensor).detach()), leaves.push_back(e.tensor);
  int64_t n = x.size(0);
  double factor = unbiased && n > 1 ? double(n) / double(n - 1) : 1;
  // ||g||^2 by the parameters is 2 H g.
  auto add = [&](const Tensor& loss, double weight) {
    Tensors g = grad({loss}, leaves, {.create_graph = true, .allow_unused = true});
    Tensor size = scalar(0.0, loss.dtype());
    for (const Tensor& part : g)
      if (part.defined()) size += sum(square(part));
    if (!size.requires_grad()) return;  // gradients that do not depend on the parameters
    Tensors h = grad({size}, leaves, {.allow_unused = true});
    for (size_t i = 0; i < h.size(); i++)
      if (h[i].defined()) out[i].second += weight * h[i];
  };
  for (int64_t i = 0; i < n; i++) add(sum(losses(narrow(x, 0, i, 1), narrow(y, 0, i, 1))), factor / double(n));
  add(mean(losses(x, y)), -factor);
  return out;
}

template class Layer<GradientNoise>;

}  // namespace tare::nn
