#include "nn/init/meta_init.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::nn::init {

Tensor gradient_quotient(const Tensor& loss, const Tensors& parameters, double eps) {
  check<ShapeError>(loss.numel() == 1, "gradient_quotient: expected a loss of one number, not ", loss.shape());
  check<ValueError>(!parameters.empty() && eps > 0, "gradient_quotient: expected parameters and a positive eps, not ", parameters.size(), " and ", eps);
  Tensors g = grad({loss}, parameters, {.create_graph = true});
  Tensor half_square;
  for (const Tensor& t : g) half_square = half_square.defined() ? half_square + sum(square(t)) * 0.5 : sum(square(t)) * 0.5;
  // The gradient of |g|^2 / 2 is H g. Where the loss is linear there is none.
  Tensors hg = half_square.requires_grad() ? grad({half_square}, parameters, {.create_graph = true, .allow_unused = true}) : Tensors(g.size());
  Tensor total = zeros({}, loss.dtype());
  int64_t count = 0;
  for (size_t i = 0; i < g.size(); i++) {
    Tensor sign_of = where(ge(g[i].detach(), 0.0), 1.0, full_like(g[i], -1.0));
    Tensor quotient = (hg[i].defined() ? g[i] - hg[i] : g[i]) / (g[i] + sign_of * eps);
    total = total + sum(abs(quotient - 1));
    count += g[i].numel();
  }
  return total / double(count);
}

std::vector<double> meta_init(const ParameterList& parameters, const std::function<Tensor()>& loss, const MetaInitOptions& options) {
  Tensors weights;
  for (auto& p : parameters)
    if (p.tensor.requires_grad() && p.tensor.dim() >= 2) weights.push_back(p.tensor);
  check<ValueError>(!weights.empty(), "meta_init: no parameter has two axes or more");
  Tensors all;
  for (auto& p : parameters)
    if (p.tensor.requires_grad()) all.push_back(p.tensor);
  std::vector<double> velocity(weights.size(), 0), history;
  for (int64_t step = 0; step < options.steps; step++) {
    Tensor quotient = gradient_quotient(loss(), all, options.eps);
    history.push_back(quotient.item());
    Tensors slopes = grad({quotient}, weights, {.allow_unused = true});
    NoGrad off;
    for (size_t i = 0; i < weights.size(); i++) {
      double length = norm(weights[i]).item(), along = slopes[i].defined() ? sum(weights[i] * slopes[i]).item() / length : 0;
      velocity[i] = options.momentum * velocity[i] - options.lr * double((along > 0) - (along < 0));
      if (length > 0) mul_(weights[i], (length + velocity[i]) / length);
    }
  }
  return history;
}

}  // namespace tare::nn::init
