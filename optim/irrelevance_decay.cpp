#include "optim/irrelevance_decay.h"

#include "autograd/ops/factory.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/scalar_math.h"

namespace tare::optim {
namespace {

template <class T>
struct IrrelevanceRule {
  static constexpr auto tensors = std::tuple{&MomentumState::momentum_buffer};
  T lr, decay, scale, momentum;
  IrrelevanceRule(MomentumState& s, const IrrelevanceDecaySGDOptions& o)
      : lr(T(o.lr)), decay(T(o.irrelevance_decay)), scale(T(o.sensitivity_scale)), momentum(T(o.momentum)) {
    s.step++;
  }
  void operator()(T& w, T g, T& buffer) const {
    buffer = momentum * buffer + (g + decay * exponential(-scale * std::abs(g)) * w);
    w -= lr * buffer;
  }
};

}  // namespace

void IrrelevanceDecaySGDOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "irrelevance_decay", irrelevance_decay, "sensitivity_scale", sensitivity_scale, "momentum", momentum);
}

void IrrelevanceDecaySGD::check_options(const IrrelevanceDecaySGDOptions& o) {
  Method::check_options(o);
  check_rate(type, "irrelevance_decay", o.irrelevance_decay);
  check_rate(type, "sensitivity_scale", o.sensitivity_scale);
}

void IrrelevanceDecaySGD::apply(Step& s) { fuse<IrrelevanceRule>(s, *this); }

Pruned magnitude_threshold_prune(const Tensor& w, double threshold) {
  check_rate("magnitude_threshold_prune", "threshold", threshold);
  Tensor keep = kernels::ge(kernels::abs(w), threshold);
  return {kernels::to(keep, DType::int64), kernels::where(keep, w, 0)};
}

void IterativePrunerOptions::visit(Visitor& v) {
  list_options(v, "tolerance", tolerance, "max_rounds", max_rounds, "bisection_steps", bisection_steps);
}

IterativePruner::IterativePruner(ParameterList params, IterativePrunerOptions options) : params_(std::move(params)), options_(options) {
  check<ConfigError>(!params_.empty(), "IterativePruner: the parameter list is empty");
  check<ConfigError>(options_.tolerance >= 0 && options_.max_rounds >= 1 && options_.bisection_steps >= 1,
                     "IterativePruner: tolerance must be at least 0, max_rounds and bisection_steps at least 1");
  for (auto& e : params_) masks_.push_back(ones(e.tensor.shape(), e.tensor.dtype()));
}

void IterativePruner::apply_masks() const {
  NoGrad off;
  for (size_t i = 0; i < params_.size(); i++) assign(params_[i].tensor, kernels::mul(params_[i].tensor, masks_[i]));
}

double IterativePruner::sparsity() const {
  double kept = 0;
  for (const Tensor& m : masks_) kept += sum_of(m);
  return 1 - kept / double(params_.numel());
}

double IterativePruner::round(const std::function<double()>& metric) {
  NoGrad off;
  apply_masks();
  Tensors weights = copies(params_.tensors());
  double before = 1 - sparsity(), best = metric(), lo = 0, hi = 0;
  for (const Tensor& w : weights) hi = std::max(hi, max_abs_of(w));
  auto prune = [&](double threshold) {
    for (size_t i = 0; i < params_.size(); i++) assign(params_[i].tensor, magnitude_threshold_prune(weights[i], threshold).w);
  };
  for (int64_t k = 0; k < options_.bisection_steps; k++) {
    double middle = (lo + hi) / 2;
    prune(middle);
    (metric() >= best - options_.tolerance ? lo : hi) = middle;
  }
  prune(lo);
  for (size_t i = 0; i < params_.size(); i++)
    masks_[i] = kernels::mul(masks_[i], kernels::to(kernels::ge(kernels::abs(weights[i]), lo), masks_[i].dtype()));
  return before > 0 ? (before - (1 - sparsity())) / before : 0;
}

void IterativePruner::run(const std::function<double()>& metric, const std::function<void()>& train) {
  for (int64_t k = 0; k < options_.max_rounds; k++) {
    train();
    if (round(metric) < 0.01) return;
  }
}

template class Method<IrrelevanceDecaySGD, IrrelevanceDecaySGDOptions, MomentumState>;

}  // namespace tare::optim
