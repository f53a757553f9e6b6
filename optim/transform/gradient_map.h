// A gradient transform that looks at one parameter at a time.
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// Self has `Tensor transform(const Tensor& g, const Tensor& w, State& state, const Options& o)`: what takes g's place. Parameters without a gradient
/// keep none, and no state.
template <class Self, class Options, class State = NoState>
class GradientMap : public Method<Self, Options, State> {
 public:
  using Method<Self, Options, State>::Method;
  void apply(Step& s) override {
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined()) s.grads[i] = this->self().transform(s.grads[i], s.param(i), this->state(i), this->options(s.groups[i]));
  }
};

}  // namespace tare::optim
