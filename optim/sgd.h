// Stochastic gradient descent (Robbins and Monro, 1951; momentum: Polyak, 1964; Sutskever et al., 2013), as in PyTorch:
//
//   1. g   <- g + weight_decay * w
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
  void visit(Visitor& v);
};

class SGD : public Method<SGD, SGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "SGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SGDOptions& o);
};

}  // namespace tare::optim
