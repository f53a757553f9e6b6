// Efficient Sharpness-aware Minimization for Improved Training of Neural Networks (Du et al., 2022, arXiv:2110.03141): SAM on a part of the weights and of the
// samples.
//
//   1. stochastic weight perturbation:  e = m rho g / (beta (|g| + 1e-12)),  m = 1 with probability beta, else 0, for each number; so that the mean of e is SAM's e
//   2. sharpness-sensitive data selection:  the share gamma of the samples (at least one) whose loss rises most from w to w + e
//   3. g <- gradient at w + e of the mean loss of these samples;  weights back, bit for bit;  the base optimizer steps with this g
//
// Selection needs a closure that returns one loss per sample; with a single loss all samples count (gamma 1). beta = gamma = 1 is SAM. The norm is over the
// gradients of all tensors. The authors' code draws m for each tensor, which lets a framework leave out backward passes; the paper's m, and ours, is for each weight.
// The samples' losses are those of one evaluation at w + e: what SAM costs is what this costs; the saving of the smaller batch is for closures that skip
// samples by themselves.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ESAMOptions {
  double rho = 0.05;   ///< radius of the neighbourhood, at least 0
  double beta = 0.6;   ///< share of perturbed weights, in (0, 1]
  double gamma = 0.5;  ///< share of selected samples, in (0, 1]
  int64_t seed = 0;    ///< of the perturbed weights
  void visit(Visitor& v);
};

/// Needs step(closure).
class ESAM : public Wrapper<ESAM, ESAMOptions> {
 public:
  static constexpr std::string_view type = "ESAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  static void check_options(const ESAMOptions& o);

 private:
  int64_t position_ = 0;  // in the generator's stream
};

/// 1 / k at the k = max(1, floor(share n)) largest of n numbers (of equal ones the first), 0 elsewhere.
Tensor mean_of_largest(const Tensor& x, double share);

extern template class Wrapper<ESAM, ESAMOptions>;

}  // namespace tare::optim
