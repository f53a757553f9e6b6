#include "nn/reparam/autosparse.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/context.h"

namespace tare::nn {
namespace {
constexpr std::string_view kAnnealingNames[] = {"sigmoid_cosine", "cosine", "sigmoid", "linear"};
}

void AutoSparseOptions::visit(Visitor& v) {
  v.option("threshold_init", threshold_init);
  v.option("alpha", alpha);
  v.option("alpha0", alpha0);
  v.option("anneal_steps", anneal_steps);
  v.option("schedule", schedule, kAnnealingNames);
}

AutoSparse::AutoSparse(Options o) : options(o) {
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1 && o.alpha0 >= 0 && o.alpha0 <= 1, "AutoSparse: alpha and alpha0 must be between 0 and 1, not ", o.alpha, " and ", o.alpha0);
  check<ConfigError>(o.anneal_steps >= 1, "AutoSparse: anneal_steps must be at least 1, not ", o.anneal_steps);
  alpha = Buffer(full({}, o.alpha, default_dtype()));
}

void AutoSparse::visit(Visitor& visitor) {
  visitor.parameter("weight", raw);
  visitor.parameter("threshold", threshold, Role::other);
  visitor.buffer("alpha", alpha);
}

Tensor AutoSparse::weight() {
  Tensor w = raw(), s = threshold(), value, slope;
  {
    NoGrad off;
    Tensor beyond = abs(w) - sigmoid(s);
    value = sign(w) * relu(beyond);
    slope = where(gt(beyond, 0.0), 1.0, alpha());
  }
  auto backward = [slope](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    Tensor passed = grads[0] * slope, t = sigmoid(in[1]);
    return Tensors{passed, needs[1] ? -sum(passed * sign(in[0])) * t * (1 - t) : Tensor()};
  };
  return custom_vjp("autosparse", value, {w, s}, backward, Gradient::approximate);
}

void AutoSparse::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  threshold.start(full({}, options.threshold_init, w.dtype()), path);
  alpha = Buffer(full({}, options.alpha, w.dtype()));
  raw.start(w + sign(w) * sigmoid(threshold()), path);
}

void AutoSparse::set_step(int64_t i) { alpha = full({}, autosparse_alpha(i, options.alpha0, options.anneal_steps, options.schedule), alpha().dtype()); }

Tensor AutoSparse::export_mask() const {
  NoGrad off;
  return gt(abs(raw()), sigmoid(threshold()));
}

double AutoSparse::sparsity() const {
  Tensor active = export_mask();
  return active.numel() ? 1 - double(sum(active).item<int64_t>()) / double(active.numel()) : 0;
}

double autosparse_alpha(int64_t i, double alpha0, int64_t total_steps, AutoSparseOptions::Schedule schedule) {
  using Schedule = AutoSparseOptions::Schedule;
  check<ValueError>(total_steps >= 1 && i >= 0, "autosparse_alpha: expected a step of at least 0 and total_steps of at least 1, not ", i, " and ", total_steps);
  if (i >= total_steps) return 0;
  double t = double(i) / double(total_steps);
  double cosine = (1 + std::cos(M_PI * t)) / 2, logistic = 1 - 1 / (1 + std::exp(6 - 12 * t));
  switch (schedule) {
    case Schedule::cosine: return alpha0 * cosine;
    case Schedule::sigmoid: return alpha0 * logistic;
    case Schedule::linear: return alpha0 * (1 - t);
    default: return alpha0 * std::max(cosine, logistic);
  }
}

template class Reparam<AutoSparse>;

}  // namespace tare::nn
