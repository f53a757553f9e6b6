// Adamax (Kingma and Ba, 2015, arXiv:1412.6980, section 7.1), Adam with the infinity norm, as in PyTorch; and AdamaxW, with decoupled decay.
//
//   1. g <- g + weight_decay w                  AdamaxW: w <- (1 - lr weight_decay) w in 4., with the old w
//   2. m <- beta1 m + (1 - beta1) g
//   3. u <- max(beta2 u, |g| + eps)
//   4. w <- w - lr / (1 - beta1^t) m / u
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdamaxOptions {
  double lr = 2e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;        ///< added to |g|
  double weight_decay = 0;  ///< L2
  bool maximize = false;
  void visit(Visitor& v);
};

struct AdamaxState {
  Tensor exp_avg, exp_inf;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adamax : public Method<Adamax, AdamaxOptions, AdamaxState> {
 public:
  static constexpr std::string_view type = "Adamax";
  using Method::Method;
  void apply(Step& s) override;
};

struct AdamaxWOptions {
  double lr = 2e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-4;  ///< decoupled
  bool maximize = false;
  void visit(Visitor& v);
};

class AdamaxW : public Method<AdamaxW, AdamaxWOptions, AdamaxState> {
 public:
  static constexpr std::string_view type = "AdamaxW";
  using Method::Method;
  void apply(Step& s) override;
};

extern template class Method<Adamax, AdamaxOptions, AdamaxState>;
extern template class Method<AdamaxW, AdamaxWOptions, AdamaxState>;

}  // namespace tare::optim
