#include "nn/regularize/manifold_smoothness.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "core/context.h"

namespace tare::nn {
namespace {

/// ||a_i - a_j||^2 of all pairs, from differences: exact zeros for equal rows.
Tensor squared_distances(const Tensor& a) {
  Tensor rows = flatten(a, 1);
  return sum(square(unsqueeze(rows, 1) - unsqueeze(rows, 0)), {2});
}

}  // namespace

Tensor heat_kernel_weights(const Tensor& x, double t) {
  check<ShapeError>(x.dim() >= 2, "heat_kernel_weights: expected points of shape [N, d] but they are ", x.shape());
  check<ValueError>(t > 0, "heat_kernel_weights: t must be greater than 0, not ", t);
  return exp(squared_distances(x) / (-4 * t)) * (1 - eye(x.size(0), x.size(0), x.dtype()));
}

Tensor manifold_gradient_norm(const Tensor& f, const Tensor& x, double t) {
  check<ShapeError>(f.dim() >= 2 && x.dim() >= 2 && f.size(0) == x.size(0), "manifold_gradient_norm: expected values [N, o] at points [N, d] but they are ", f.shape(),
                    " and ", x.shape());
  Tensor w = heat_kernel_weights(x.detach(), t), total = sum(w, {1});
  Tensor share = w / unsqueeze(where(gt(total, 0), 2 * t * total, 1.0), 1);
  return sum(share * squared_distances(f), {1});
}

Tensor weighted_manifold_penalty(const Tensor& f, const Tensor& lambda, const Tensor& x, double t) {
  return mean(lambda.detach() * manifold_gradient_norm(f, x, t));
}

Tensor project_simplex(const Tensor& given, double total) {
  check<ShapeError>(given.dim() == 1 && given.numel() > 0, "project_simplex: expected a vector but the input is ", given.shape());
  check<ValueError>(total > 0, "project_simplex: total must be greater than 0, not ", total);
  NoGrad off;
  // The projection is max(v - theta, 0); with the numbers sorted downwards, theta comes from the longest prefix that stays positive.
  std::vector<double> sorted = sort(given.detach(), 0, true).values.to_vector<double>();
  double running = 0, theta = 0;
  for (size_t k = 0; k < sorted.size(); k++) {
    running += sorted[k];
    double candidate = (running - total) / double(k + 1);
    if (sorted[k] > candidate) theta = candidate;
  }
  return relu(given.detach() - theta);
}

void ManifoldSmoothnessOptions::visit(Visitor& v) {
  v.option("t", t);
  v.option("epsilon", epsilon);
  v.option("weight", weight);
  v.option("mu_lr", mu_lr);
  v.option("lambda_lr", lambda_lr);
  v.option("adaptive", adaptive);
  v.option("points", points);
}

ManifoldSmoothness::ManifoldSmoothness(Options o) : options(o) {
  check<ConfigError>(o.t > 0, type, ": t must be greater than 0, not ", o.t);
  check_factor(type, "weight", o.weight);
  check_factor(type, "mu_lr", o.mu_lr);
  check_factor(type, "lambda_lr", o.lambda_lr);
  mu = Buffer(ones({}));
  if (o.points > 0) lambda = Buffer(ones({o.points}));
}

void ManifoldSmoothness::visit(Visitor& v) {
  v.buffer("lambda", lambda);
  v.buffer("mu", mu);
}

void ManifoldSmoothness::start(const Tensor& f) {
  if (!lambda.defined()) {
    options.points = f.size(0);
    lambda = Buffer(ones({options.points}, f.dtype()));
  }
  check<ShapeError>(f.size(0) == options.points, type, ": it keeps a weight for each of ", options.points, " points but got ", f.size(0),
                    " values; hand it the same points at every call");
}

Tensor ManifoldSmoothness::forward(const Tensor& f, const Tensor& x) {
  start(f);
  return options.weight * weighted_manifold_penalty(f, lambda, x.detach(), options.t);
}

void ManifoldSmoothness::update(const Tensor& f, const Tensor& x, double labelled_loss) {
  start(f);
  NoGrad off;
  mu.update(relu(mu() + options.mu_lr * (labelled_loss - options.epsilon)));
  if (!options.adaptive) return;
  Tensor q = manifold_gradient_norm(f, x, options.t), average = mean(q);
  if (!(average.item<double>() > 0)) return;  // a constant function: nothing is steep
  lambda.update(project_simplex(lambda() + options.lambda_lr * (q - average) / average, double(options.points)));
}

template class Layer<ManifoldSmoothness>;

}  // namespace tare::nn
