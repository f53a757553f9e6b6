// Stochastic gradient descent (Robbins and Monro, 1951; momentum: Polyak, 1964; Sutskever et al., 2013), as in PyTorch:
//
//   1. g   <- g + weight_decay * w      (and Norm Loss, arXiv:2103.06583: + 2 norm_loss (1 - 1 / ||w_i||) w_i for every row w_i of a weight)
//   2. buf <- momentum * buf + (1 - dampening) * g      (first step: buf <- g)
//   3. d   <- g + momentum * buf  with nesterov, otherwise buf  (momentum 0: g)
//   4. w   <- w - lr * d
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct SGDOptions {
  double lr = 1e-3;          ///< at least 0
  double momentum = 0;       ///< at least 0
  double dampening = 0;      ///< must be 0 with nesterov
  double weight_decay = 0;   ///< L2, added to the gradient
  bool nesterov = false;     ///< needs momentum > 0
  bool maximize = false;     ///< ascend instead of descend
  double norm_loss = 0;      ///< pull of every row of a weight to length 1 (optim/transform/norm_loss.h, which any method can have)
  void visit(Visitor& v);
};

class SGD : public Method<SGD, SGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "SGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SGDOptions& o);
};

extern template class Method<SGD, SGDOptions, MomentumState>;

}  // namespace tare::optim
