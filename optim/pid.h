// PID: A PID Controller Approach for Stochastic Optimization of Deep Networks (An et al., 2018, CVPR). I and D are moving averages.
//
//   I <- momentum I + (1 - dampening) g,  D <- momentum D + (1 - momentum)(g - g_prev)        (the difference is 0 at t = 1)
//   w <- w - lr (g + integral I + derivative D)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct PIDOptions {
  double lr = 1e-3;
  double momentum = 0.9;
  double dampening = 0;
  double integral = 5;
  double derivative = 10;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct PIDState {
  Tensor i_buffer, d_buffer, grad_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class PID : public Method<PID, PIDOptions, PIDState> {
 public:
  static constexpr std::string_view type = "PID";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<PID, PIDOptions, PIDState>;

}  // namespace tare::optim
