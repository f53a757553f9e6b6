#include "nn/saliency/smoothgrad.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

void SmoothGradOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("stdev_spread", stdev_spread);
  v.option("nsamples", nsamples);
  v.option("magnitude", magnitude);
}

SmoothGrad::SmoothGrad(Options o) : options(std::move(o)) {
  model_of(type, options.model);
  check<ConfigError>(options.stdev_spread >= 0, "SmoothGrad: stdev_spread must be at least 0, not ", options.stdev_spread);
  check<ConfigError>(options.nsamples >= 1, "SmoothGrad: nsamples must be at least 1, not ", options.nsamples);
}

Tensor SmoothGrad::forward(const Tensor& x, const Tensor& target, const Tensor& noise) {
  Module& model = *options.model;
  EvaluationScope scope(model);
  Tensor clean = x.detach(), label = explained_class(type, model, clean, target);
  int64_t samples = clean.size(0);
  if (clean.numel() == 0) return zeros_like(clean);
  Shape copies = Shape{options.nsamples}.concat(clean.shape());
  check<ShapeError>(!noise.defined() || noise.shape() == copies, "SmoothGrad: expected noise ", copies, " but it is ", noise.defined() ? noise.shape() : Shape{});
  Tensor rows = reshape(clean, {samples, -1});
  Shape one_each(clean.dim(), 1);
  one_each[0] = samples;
  Tensor sigma = reshape(options.stdev_spread * (amax(rows, {1}) - amin(rows, {1})), one_each);
  // Copies are stacked as long as a batch stays small: samples do not interact.
  int64_t together = std::max<int64_t>(1, 64 / samples);
  Tensor total = zeros(clean.shape(), DType::float64);
  for (int64_t k = 0; k < options.nsamples; k += together) {
    int64_t count = std::min(together, options.nsamples - k);
    Shape some = Shape{count}.concat(clean.shape()), batch = Shape{count * samples}.concat(clean.shape().slice(1));
    Tensor eps = noise.defined() ? narrow(noise.detach(), 0, k, count) : randn(some, clean.dtype());
    Tensor g = reshape(tare::to(input_gradient(model, reshape(clean + sigma * eps, batch), tile(label, {count})), DType::float64), some);
    total = total + sum(options.magnitude ? square(g) : g, {0});
  }
  return tare::to(total / double(options.nsamples), clean.dtype());
}

template class Layer<SmoothGrad>;

}  // namespace tare::nn
