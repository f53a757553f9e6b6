// Levenberg-Marquardt (Levenberg, 1944; Marquardt, 1963): damped Gauss-Newton steps. The closure returns losses of at least 0, one a residual or a
// sample; each is taken as half a square, l_i = r_i^2 / 2, so that for least squares J is the Jacobian of the residuals:
//
//   1. r_i = sqrt(2 l_i),  J_i = (gradient of l_i) / r_i,  g = mean of the gradients
//   2. d = (J^T J / n + damping I)^-1 g,  w <- w - lr d
//   3. adaptive: as long as the mean loss has not fallen, w goes back, the damping is multiplied by 10 and 2. is tried again, at most max_tries
//      times in all; after a step that was taken the damping is a tenth. Nothing moves when no trial was better.
//
// The signs of r_i cancel. A loss that is exactly 0 has no J_i and adds nothing. J^T J / n is the part of the Hessian without second derivatives of the
// residuals, and all of it where they are linear. Dense, in double, by Cholesky, in the smaller of the numbers of parameters and of losses; the gradients take
// one backward pass a loss: for small problems. Steps are of all parameters together; a group has its own lr.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GaussNewtonOptions {
  double lr = 1;
  double damping = 1e-3;  ///< positive, unless adaptive is false and J^T J regular
  bool adaptive = true;
  int64_t max_tries = 8;  ///< at least 1
  void visit(Visitor& v);
};

class GaussNewton : public Method<GaussNewton, GaussNewtonOptions> {
 public:
  static constexpr std::string_view type = "GaussNewton";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  void visit_global_state(Visitor& v) override;
  static void check_options(const GaussNewtonOptions& o);
  /// The damping of the next step.
  double damping() const { return damping_ > 0 ? damping_ : options().damping; }

 private:
  double damping_ = 0;  // 0: the option's, until the first adaptive step
};

/// (J^T J / n + damping I)^-1 g for J (n, P) and g (P). Throws LinAlgError when that is singular.
Tensor gauss_newton_direction(const Tensor& jacobian, const Tensor& gradient, double damping);

extern template class Method<GaussNewton, GaussNewtonOptions>;

}  // namespace tare::optim
