// Regularizing Neural Networks via Adversarial Model Perturbation (Zheng et al., 2021, arXiv:2010.04925): the gradient at the worst point of a ball around
// EACH tensor.
//
//   d = 0;  inner_iter times, for every tensor:  d <- d + inner_lr g,  d <- d min(1, epsilon / (|d| + 1e-12));  g <- gradient at w + d
//   weights back; the base optimizer steps with the last g
//
// The offset is clipped to the ball, where SAM's always reaches its surface, and every tensor has a ball of its own. Running statistics follow the perturbed
// evaluations, as in the authors' code, unless freeze_bn. inner_iter = 0 or epsilon = 0 is the base optimizer.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AMPOptions {
  double epsilon = 0.5;    ///< radius of each tensor's ball, at least 0
  double inner_lr = 1;     ///< at least 0
  int64_t inner_iter = 1;  ///< at least 0
  bool freeze_bn = false;
  void visit(Visitor& v);
};

class AMP : public Wrapper<AMP, AMPOptions> {
 public:
  static constexpr std::string_view type = "AMP";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const AMPOptions& o);
};

/// The loss at the perturbed weights that AMP would take its last gradient at; the weights are put back.
double amp_loss(const ParameterList& params, const Closure& loss, const AMPOptions& options);

extern template class Wrapper<AMP, AMPOptions>;

}  // namespace tare::optim
