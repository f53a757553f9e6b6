// Penalties on the derivative of a model's output by its input. All differentiate twice: the model's operations must allow that.
//
//   JacobianPenalty  lambda / 2 * mean over samples of ||dy/dx||_F^2, estimated with random unit vectors v of the output's size:
//                    C / num_projections * sum over projections of ||v^T dy/dx||^2, C numbers of output a sample
//                    (Hoffman, Roberts and Yaida, 2019, arXiv:1908.02729); num_projections 0: exact, one pass an output
//   R1Penalty        gamma / 2 * mean over samples of ||d(sum y)/dx||^2                    (Mescheder et al., 2018, arXiv:1801.04406)
//   gradient_penalty lambda * mean (||d critic(z)/dz|| - target)^2 at z = a real + (1 - a) fake, a ~ U(0, 1) a sample
//                    (WGAN-GP: Gulrajani et al., 2017, arXiv:1704.00028); one_sided counts only norms above the target
#pragma once

#include <functional>

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct JacobianPenaltyOptions {
  double lambda = 1e-2;
  int64_t num_projections = 1;
  void visit(Visitor& v);
};
/// forward(y, x): y (N, ...) computed from x (N, ...), which requires a gradient; sample by sample.
class JacobianPenalty : public Regularize<JacobianPenalty, Feed::pass> {
 public:
  static constexpr std::string_view type = "JacobianPenalty";
  using Options = JacobianPenaltyOptions;
  explicit JacobianPenalty(Options options = {});
  Tensor forward(const Tensor& y, const Tensor& x);
  Options options;
};

struct R1PenaltyOptions {
  double gamma = 10;
  void visit(Visitor& v);
};
class R1Penalty : public Regularize<R1Penalty, Feed::pass> {
 public:
  static constexpr std::string_view type = "R1Penalty";
  using Options = R1PenaltyOptions;
  explicit R1Penalty(Options options = {});
  Tensor forward(const Tensor& y, const Tensor& x);
  Options options;
};

struct GradientPenaltyOptions {
  double lambda = 10;
  double target = 1;
  bool one_sided = false;
};
/// critic maps (N, ...) to one number a sample; real and fake have the same shape.
Tensor gradient_penalty(const std::function<Tensor(const Tensor&)>& critic, const Tensor& real, const Tensor& fake, const GradientPenaltyOptions& options = {});

extern template class Layer<JacobianPenalty>;
extern template class Layer<R1Penalty>;

}  // namespace tare::nn
