// Gradient Norm Aware Minimization Seeks First-Order Flatness and Improves Generalization (Zhang et al., 2023, arXiv:2303.03108), the accelerated form of
// the authors' code. It asks for a small gradient norm in the neighbourhood, where SAM asks for a small loss. |.|: all tensors together, eps = 1e-12.
//
//   1. g0 = gradient at w                                   2. g1 = gradient at w + grad_rho g0 / (|g0| + eps)
//   3. e = grad_norm_rho h / (|h| + eps), h = g1 - g0        (h: a Hessian-vector product up to scale)
//   4. g2 = gradient at w + e                               5. g3 = gradient at w + e + grad_rho g2 / (|g2| + eps)
//   6. f = beta1 g1 + (1 - beta1) g3,  r = g0 + (1 - beta0) g2
//      g <- f - gamma (r - c |r| f / (|f| + eps)),  c = r . f / (|r| |f| + eps)        the part of r orthogonal to f is taken away
//   7. weights back; the base optimizer steps with g
//
// adaptive: offsets are multiplied by w^2 and their norms taken of g |w|. Running statistics are frozen in 2, 4 and 5. Four evaluations a step.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GAMOptions {
  double grad_rho = 0.02;      ///< length of the small probe
  double grad_norm_rho = 0.2;  ///< length of the ascent
  double grad_beta_0 = 0.5;    ///< beta0
  double grad_beta_1 = 0.6;    ///< beta1
  double grad_gamma = 0.03;
  bool adaptive = false;
  void visit(Visitor& v);
};

class GAM : public Wrapper<GAM, GAMOptions> {
 public:
  static constexpr std::string_view type = "GAM";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const GAMOptions& o);
};

/// rho times the largest gradient norm that `steps` steps of ascent on it find within `rho` of the weights: first-order flatness. `loss` evaluates the model
/// that holds `params`, which are put back.
double first_order_flatness(const ParameterList& params, const Closure& loss, double rho, int64_t steps);

extern template class Wrapper<GAM, GAMOptions>;

}  // namespace tare::optim
