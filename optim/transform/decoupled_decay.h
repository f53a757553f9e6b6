// Decoupled Weight Decay Regularization (Loshchilov and Hutter, 2019, arXiv:1711.05101) as a part of its own: before a method without decay it makes
// the decoupled form of it (chain(decoupled_decay, Adam) is AdamW).
//
//   w <- (1 - lr weight_decay) w          for parameters with a gradient; gradients stay
//
// lr is a schedule's like any other: in a chain a schedule sets it together with the method's.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct DecoupledDecayOptions {
  double lr = 1e-3;
  double weight_decay = 0.01;
  void visit(Visitor& v);
};

class DecoupledDecay : public Method<DecoupledDecay, DecoupledDecayOptions> {
 public:
  static constexpr std::string_view type = "DecoupledDecay";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<DecoupledDecay, DecoupledDecayOptions>;

}  // namespace tare::optim
