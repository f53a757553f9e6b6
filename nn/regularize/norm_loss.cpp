#include "nn/regularize/norm_loss.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"

namespace tare::nn {

void NormLossOptions::visit(Visitor& v) { v.option("lambda", lambda); }

NormLoss::NormLoss(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }

Tensor NormLoss::forward(const Tensors& weights) { return norm_loss(weights, options.lambda); }

Tensor norm_loss(const Tensors& weights, double lambda) {
  Tensors terms;
  // norm's derivative at a row of zeros is 0, which is the one wanted here.
  for (const Tensor& w : weights) terms.push_back(sum(square(1 - norm(as_rows(w, "norm_loss"), 2, {1}))));
  return lambda * add_up(terms, "norm_loss");
}

template class Layer<NormLoss>;

}  // namespace tare::nn
