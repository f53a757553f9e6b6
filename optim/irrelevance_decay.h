// Regularization-based Pruning of Irrelevant Weights in Deep Neural Architectures (Bonetta et al., 2022, arXiv:2204.04977): decay for weights
// whose loss gradient is small, then pruning by size. The paper's relevance function was not at hand; ours is
//
//   I = exp(-sensitivity_scale |g|),   d = g + irrelevance_decay I w,   buf <- momentum buf + d,   w <- w - lr buf
//
// I is a constant of the step: it is not differentiated. g is the gradient of the loss alone. It is meant for weights: leave biases and the
// parameters of normalization layers to a group with irrelevance_decay = 0.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct IrrelevanceDecaySGDOptions {
  double lr = 1e-3;
  double irrelevance_decay = 0;  ///< lambda, at least 0
  double sensitivity_scale = 1;  ///< about 1 / mean |g|: 1 is nearly plain L2 where gradients are small, 0 is L2
  double momentum = 0;
  void visit(Visitor& v);
};

class IrrelevanceDecaySGD : public Method<IrrelevanceDecaySGD, IrrelevanceDecaySGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "IrrelevanceDecaySGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const IrrelevanceDecaySGDOptions& o);
};

struct Pruned {
  Tensor mask;  ///< int64, 1 where |w| >= threshold
  Tensor w;     ///< w there, 0 elsewhere
};
/// Throws ConfigError for a negative threshold.
Pruned magnitude_threshold_prune(const Tensor& w, double threshold);

struct IterativePrunerOptions {
  double tolerance = 0.01;       ///< how far below the best metric a pruned model may be
  int64_t max_rounds = 10;
  int64_t bisection_steps = 12;  ///< halvings of the interval that holds the threshold
  void visit(Visitor& v);
};

/// Prunes the parameters by one threshold for all, again and again: find the largest threshold at which the metric stays within `tolerance` of
/// the best, keep the mask, train on (the caller's business; call apply_masks() after each step), repeat until a round removes less than 1 %
/// of what is left.
class IterativePruner {
 public:
  /// `params` are what is pruned: weights, without biases and normalization.
  explicit IterativePruner(ParameterList params, IterativePrunerOptions options = {});
  /// One round; `metric` evaluates the model as it stands, larger is better. Returns the share of the remaining weights it removed.
  double round(const std::function<double()>& metric);
  /// All rounds, `train` between them.
  void run(const std::function<double()>& metric, const std::function<void()>& train);
  void apply_masks() const;
  double sparsity() const;
  const Tensors& masks() const { return masks_; }

 private:
  ParameterList params_;
  IterativePrunerOptions options_;
  Tensors masks_;
};

extern template class Method<IrrelevanceDecaySGD, IrrelevanceDecaySGDOptions, MomentumState>;

}  // namespace tare::optim
