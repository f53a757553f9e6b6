#include "nn/diffusion/p2.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

/// One number of a table for each sample, with axes of 1 behind: (B, 1, ...).
Tensor at_steps(const Tensor& table, const Tensor& t, const Tensor& like) {
  Shape shape(like.dim(), 1);
  shape[0] = t.size(0);
  return reshape(index_select(to(table, like.dtype()), 0, t), shape);
}

void check_batch(std::string_view who, const Tensor& a, const Tensor& b, const Tensor& t) {
  check<ShapeError>(a.dim() >= 1 && a.shape() == b.shape() && t.shape() == Shape{a.size(0)} && t.dtype() == DType::int64, who,
                    ": expected two tensors (B, *) of one shape and int64 steps (B) but they are ", a.shape(), ", ", b.shape(), " and ", t.dtype(), " ", t.shape());
}

Tensor weights_of(const Tensor& snr, double k, double gamma) {
  check<ConfigError>(k > 0, "p2_k must be greater than 0, not ", k);
  return pow(snr + k, -gamma);
}

Tensor weighted(const Tensor& eps, const Tensor& eps_pred, const Tensor& t, const Tensor& weights) {
  Tensor losses = at_steps(weights, t, eps_pred) * square(eps_pred - eps);
  return losses.dim() > 1 ? mean(flatten(losses, 1), {1}) : losses;
}

P2Options table_options(const P2LossOptions& o) { return {.schedule = o.schedule, .timesteps = o.timesteps, .p2_k = o.p2_k, .p2_gamma = o.p2_gamma}; }

}  // namespace

void P2Options::visit(Visitor& v) {
  v.option("schedule", schedule);
  v.option("timesteps", timesteps);
  v.option("p2_k", p2_k);
  v.option("p2_gamma", p2_gamma);
}

Tensor diffusion_alphas_cumprod(const P2Options& o) {
  bool is_linear = o.schedule == "linear";
  check<ConfigError>(is_linear || o.schedule == "cosine", "schedule must be \"linear\" or \"cosine\", not \"", o.schedule, "\"");
  check<ConfigError>(o.timesteps >= (is_linear ? 25 : 1), "timesteps must be at least ", is_linear ? 25 : 1, " for the ", o.schedule, " schedule, not ", o.timesteps);
  double steps = double(o.timesteps), product = 1;
  auto f = [](double u) { return std::pow(std::cos((u + 0.008) / 1.008 * M_PI / 2), 2); };
  std::vector<double> bars;
  for (int64_t i = 0; i < o.timesteps; i++) {
    double beta = is_linear ? 0.1 / steps + (20 - 0.1) / steps * double(i) / (steps - 1) : std::min(1 - f(double(i + 1) / steps) / f(double(i) / steps), 0.999);
    bars.push_back(product *= 1 - beta);
  }
  return from_vector(bars, {o.timesteps}, DType::float64);
}

Tensor diffusion_snr(const P2Options& o) {
  Tensor bar = diffusion_alphas_cumprod(o);
  return bar / (1.0 - bar);
}
Tensor p2_weights(const P2Options& o) { return weights_of(diffusion_snr(o), o.p2_k, o.p2_gamma); }

Tensor p2_weighted_mse(const Tensor& eps, const Tensor& eps_pred, const Tensor& t, const P2Options& o) {
  check_batch("p2_weighted_mse", eps, eps_pred, t);
  return weighted(eps, eps_pred, t, p2_weights(o));
}

void P2LossOptions::visit(Visitor& v) {
  v.option("schedule", schedule);
  v.option("timesteps", timesteps);
  v.option("p2_k", p2_k);
  v.option("p2_gamma", p2_gamma);
  v.option("reduction", reduction);
}

P2Loss::P2Loss(Options o) : options(o) {
  check<ConfigError>(o.reduction == "none" || o.reduction == "mean" || o.reduction == "sum", type, ": reduction must be \"none\", \"mean\" or \"sum\", not \"", o.reduction, "\"");
  alphas_cumprod = Buffer(tare::to(diffusion_alphas_cumprod(table_options(o)), default_dtype()));
  snr = Buffer(tare::to(diffusion_snr(table_options(o)), default_dtype()));
  weights_of(snr(), o.p2_k, o.p2_gamma);
}

void P2Loss::visit(Visitor& v) {
  v.buffer("alphas_cumprod", alphas_cumprod);
  v.buffer("snr", snr);
}

Tensor P2Loss::forward(const Tensor& eps, const Tensor& eps_pred, const Tensor& t) {
  check_batch(type, eps, eps_pred, t);
  Tensor losses = weighted(eps, eps_pred, t, weights_of(snr(), options.p2_k, options.p2_gamma));
  return options.reduction == "none" ? losses : options.reduction == "mean" ? mean(losses) : sum(losses);
}

Tensor P2Loss::noised(const Tensor& x0, const Tensor& eps, const Tensor& t) const {
  check_batch(type, x0, eps, t);
  Tensor bar = at_steps(alphas_cumprod(), t, x0);
  return sqrt(bar) * x0 + sqrt(1.0 - bar) * eps;
}

template class Layer<P2Loss>;

}  // namespace tare::nn
