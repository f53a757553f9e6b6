// FOCUS: First Order Concentrated Updating Scheme (Liu et al., 2025, arXiv:2501.12243): attracted by the average of past weights.
//
//   W: corrected average (beta2) of w before the step;  w <- w - lr (sign(m) + gamma sign(w - W) + weight_decay W)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct FOCUSOptions {
  double lr = 0.01;
  std::vector<double> betas = {0.9, 0.999};
  double gamma = 0.1;  ///< strength of the pull
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct FOCUSState {
  Tensor exp_avg, pbar;
  int64_t step = 0;
  void visit(Visitor& v);
};

class FOCUS : public Method<FOCUS, FOCUSOptions, FOCUSState> {
 public:
  static constexpr std::string_view type = "FOCUS";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<FOCUS, FOCUSOptions, FOCUSState>;

}  // namespace tare::optim
