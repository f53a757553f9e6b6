// From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step Sizes (Tyurin, 2024, arXiv:2412.08424).
// z_i = y_i x_i, y_i = +-1, L(w) = mean log(1 + exp(-z_i w)), s_i = 1 / (1 + exp(z_i w)), S = {i: z_i w <= 0}:
//
//   gd:                           w <- w + lr / n sum s_i z_i                     as lr grows, w / lr becomes the batch perceptron's
//   normalized:                   w <- w + lr sum s_i z_i / sum s_i               the factor n is gone from the number of steps
//   batch_perceptron:             w <- w + lr / n sum_S z_i                       nothing once S is empty
//   normalized_batch_perceptron:  w <- w + lr mean_S z_i
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// x (n, d), y (n) of +-1, w0 (d): the iterates (steps, d). Throws ConfigError for an unknown variant.
Tensor logistic_gd(const Tensor& x, const Tensor& y, const Tensor& w0, std::string_view variant, double lr, int64_t steps);

struct NormalizedLogisticGDOptions {
  double lr = 1;
  void visit(Visitor& v);
};

/// "normalized" for any model: step(closure), the closure returning the logistic loss of each sample; the loss's gradient is divided by the mean of
/// s_i = 1 - exp(-loss_i). For a linear model without bias (append a 1 to x) it is exactly the rule above.
class NormalizedLogisticGD : public Method<NormalizedLogisticGD, NormalizedLogisticGDOptions> {
 public:
  static constexpr std::string_view type = "NormalizedLogisticGD";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
};

extern template class Method<NormalizedLogisticGD, NormalizedLogisticGDOptions>;

}  // namespace tare::optim
