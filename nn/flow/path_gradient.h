// Path gradients (Vaitl, Winkler, Richter, Kessel, Fast and Unified Path Gradient Estimators for Normalizing Flows, 2024, arXiv:2403.15881).
//
// A flow x = g(z), z ~ N(0, I), with density q is trained against p(x) = exp(-S(x)) / Z. The gradient of KL(q | p) through samples contains the score
// d log q(x) / d theta at fixed x, whose mean is 0 and whose variance is not. Path gradients leave it out: their variance is 0 where q = p.
//
//     reparam       z ~ N(0, I):  mean of S(x) + log q0(z) - log |det|, everything differentiated
//     path_qp       the same value; the gradient is that of sum(g(z) . G), G = d/dx' mean(S(x') + log q(x')) at x' = g(z) a constant, with constant
//                   parameters in log q: through the inverse flow
//     fast_path_qp  the same gradient without the inverse: D = d log q / dx is carried along with x (below)
//     ml            x ~ p:  mean of -log q(x), maximum likelihood
//     path_pq       x ~ p:  value mean of -log q(x) - S(x), the forward KL up to log Z; the gradient is that of sum(g(z) . G), z = f(x) a constant,
//                   G = d/dx mean(log q(x) + S(x)) with constant parameters
//
// The recursion, D_0 = -z, for a coupling y_off = x_off, y_on = x_on exp(s) + t: density transforms as log q'(y) = log q(x) - sum s, so that
//     D'_on = D_on exp(-s),   D'_off = D_off - d/dx_off [sum(D'_on . (x_on exp(s) + t)) + sum s]    (D'_on and x_on constants in the bracket)
// and G = (D_L + dS/dx) / B. A wrong S biases path_pq, which maximum likelihood never reads.
#pragma once

#include "autograd/transforms.h"
#include "nn/flow/affine_coupling.h"

namespace tare::nn {

enum class PathEstimator { reparam, path_qp, fast_path_qp, ml, path_pq };
enum class Action { double_well, quadratic };

/// One number. `action` gives S of each row: (B, dim) -> (B). `samples`: of the base for reparam, path_qp and fast_path_qp, of p for ml and path_pq;
/// no gradient flows into them but for reparam and ml.
Tensor path_gradient_loss(AffineCouplingStack& flow, PathEstimator estimator, const Tensor& samples, const TensorFunction& action);

struct PathGradientLossOptions {
  PathEstimator estimator = PathEstimator::path_qp;
  int64_t dim = 0;
  int64_t blocks = 4;
  int64_t hidden = 64;
  Action action = Action::double_well;  ///< S(x) = action_coef times the sum of (x^2 - 1)^2; quadratic: of x^2
  double action_coef = 1;
  void visit(Visitor& v);
};

/// samples (B, dim) -> a number. Parameters are AffineCouplingStack's.
class PathGradientLoss : public Layer<PathGradientLoss> {
 public:
  static constexpr std::string_view type = "PathGradientLoss";
  using Options = PathGradientLossOptions;
  explicit PathGradientLoss(Options options);
  Tensor forward(const Tensor& samples);
  void visit(Visitor& v) override { flow.visit(v); }

  Options options;
  AffineCouplingStack flow;
};

extern template class Layer<PathGradientLoss>;

}  // namespace tare::nn
