// Improving Generalization Performance by Switching from Adam to SGD (Keskar and Socher, 2017, arXiv:1712.07628). Adam until the rate that gradient
// descent would need for the same progress settles; then gradient descent with that rate. <., .> is over all tensors, as in the paper (libraries
// decide for each tensor); g includes the L2 decay.
//
//   Adam:  p = -lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + eps),  w <- w + p
//          if <p, g> != 0:  y = <p, p> / -<p, g>,  l <- beta2 l + (1 - beta2) y;  when t > 1, L = l / (1 - beta2^t) > 0 and |L - y| < eps:
//          from the next step on
//   SGD:   b <- beta1 b + g,  w <- w - L (1 - beta1) b          nesterov: L ((1 - beta1) b + beta1 b)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SWATSOptions {
  double lr = 1e-3;  ///< of the first phase
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-9;  ///< in Adam's divisor, and how close y must come to its average
  double weight_decay = 0;  ///< L2
  bool nesterov = false;
  void visit(Visitor& v);
};

struct SWATSState {
  Tensor exp_avg, exp_avg_sq, momentum_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

class SWATS : public Method<SWATS, SWATSOptions, SWATSState> {
 public:
  static constexpr std::string_view type = "SWATS";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  bool switched() const { return phase_ == 1; }

 private:
  int64_t phase_ = 0, step_ = 0;  // 0: Adam, 1: SGD
  double exp_avg2_ = 0, sgd_lr_ = 0;
};

extern template class Method<SWATS, SWATSOptions, SWATSState>;

}  // namespace tare::optim
