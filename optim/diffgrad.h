// diffGrad: An Optimization Method for Convolutional Neural Networks (Dubey et al., 2020, arXiv:1909.11015): Adam whose step is damped by a
// friction in [1/2, 1) where the gradient hardly changes.
//
//   1. g <- g + weight_decay w;  m, v as in Adam
//   2. xi <- 1 / (1 + e^-|g_prev - g|),  g_prev <- g        g_prev starts at 0
//   3. w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) * xi m / (sqrt(v) + eps)
//
// xi damps the step alone, not m. eps is added to the UNcorrected root, so that friction "none" is not PyTorch's Adam unless eps = 0. The
// authors' first code aliased g_prev and g, which made xi a constant 1/2; friction "half" is that.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct DiffGradOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;              ///< L2, added to the gradient
  std::string friction = "difference";  ///< "difference", "half" or "none"
  void visit(Visitor& v);
};

struct DiffGradState {
  Tensor exp_avg, exp_avg_sq, previous_grad;
  int64_t step = 0;
  void visit(Visitor& v);
};

class DiffGrad : public Method<DiffGrad, DiffGradOptions, DiffGradState> {
 public:
  static constexpr std::string_view type = "DiffGrad";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const DiffGradOptions& o);
};

extern template class Method<DiffGrad, DiffGradOptions, DiffGradState>;

}  // namespace tare::optim
