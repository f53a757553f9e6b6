// Norm Loss as part of an optimizer (Georgiou et al., 2021, arXiv:2103.06583): every row w_i of a weight of at least two dimensions is pulled to
// length 1, in place of weight decay. The pull is the gradient of lambda * sum_i (1 - ||w_i||)^2,
//
//     d_i = 2 lambda (1 - 1 / ||w_i||) w_i            0 at a row of zeros
//
//   coupled (default)   g <- g + d          before the method: it goes through momentum and scaling
//   decoupled           w <- w - lr * d     (as in Ranger21), lr this part's own
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct NormLossOptions {
  double lambda = 1e-4;
  bool decoupled = false;
  double lr = 1e-3;  ///< of the decoupled form
  void visit(Visitor& v);
};
class NormLoss : public Method<NormLoss, NormLossOptions> {
 public:
  static constexpr std::string_view type = "NormLoss";
  using Method::Method;
  void apply(Step& s) override;
};

/// d of the equation for a weight (out, ...); undefined below two dimensions.
Tensor norm_loss_gradient(const Tensor& w, double lambda);

extern template class Method<NormLoss, NormLossOptions>;

}  // namespace tare::optim
