// Adam: A Method for Stochastic Optimization (Kingma and Ba, 2015, arXiv:1412.6980), and AdamW: Decoupled Weight Decay Regularization
// (Loshchilov and Hutter, 2019, arXiv:1711.05101), as in PyTorch:
//
//   Adam:  g <- g + weight_decay * w            AdamW:  w <- w - lr * weight_decay * w
//   1. m <- beta1 m + (1 - beta1) g
//   2. v <- beta2 v + (1 - beta2) g^2
//   3. w <- w - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// With amsgrad the largest v so far replaces v in 3. eps stands outside the root and after the bias correction.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct AdamOptions {
  double lr = 1e-3;                          ///< at least 0
  std::vector<double> betas = {0.9, 0.999};  ///< two numbers in [0, 1)
  double eps = 1e-8;                         ///< at least 0
  double weight_decay = 0;                   ///< L2, added to the gradient
  bool amsgrad = false;
  bool maximize = false;
  bool decoupled_weight_decay = false;       ///< true: AdamW's decay
  void visit(Visitor& v);
};

struct AdamWOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< decoupled: w shrinks by lr * weight_decay
  bool amsgrad = false;
  bool maximize = false;
  void visit(Visitor& v);
};

class Adam : public Method<Adam, AdamOptions, MaxMomentsState> {
 public:
  static constexpr std::string_view type = "Adam";
  using Method::Method;
  void apply(Step& s) override;
};

class AdamW : public Method<AdamW, AdamWOptions, MaxMomentsState> {
 public:
  static constexpr std::string_view type = "AdamW";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Adam, AdamOptions, MaxMomentsState>;
extern template class Method<AdamW, AdamWOptions, MaxMomentsState>;

}  // namespace tare::optim
