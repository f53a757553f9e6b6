// StableAdamW: Stable and low-precision training for large-scale vision-language models (Wortsman et al., 2023, arXiv:2304.13013): AdamW with
// Adafactor's update clipping for each tensor. Averages with beta (1 - beta^(t-1)) / (1 - beta^t), so that they need no correction:
//
//   a = lr / max(1, sqrt(mean(g^2 / max(v, eps^2)))),  w <- (1 - a weight_decay) w - a m / (sqrt(v) + eps)
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct StableAdamWOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.99};
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< decoupled
  void visit(Visitor& v);
};

class StableAdamW : public Method<StableAdamW, StableAdamWOptions, MomentsState> {
 public:
  static constexpr std::string_view type = "StableAdamW";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<StableAdamW, StableAdamWOptions, MomentsState>;

}  // namespace tare::optim
