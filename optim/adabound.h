// AdaBound: Adaptive Gradient Methods with Dynamic Bound of Learning Rate (Luo et al., 2019, arXiv:1902.09843) and AdaMod: An Adaptive and
// Momental Bound Method (Ding et al., 2019, arXiv:1910.12249): Adam with bounds on every number's rate.
//
//   h = lr sqrt(1 - beta2^t) / (1 - beta1^t) / (sqrt(v) + eps)                             m, v: Adam's averages
//   AdaBound:  w <- w - clip(h, f (1 - 1 / (gamma t + 1)), f (1 + 1 / (gamma t))) m        f = final_lr lr / (the first lr); L2
//   AdaMod:    s <- beta3 s + (1 - beta3) h,  w <- w - min(h, s) m                         decoupled decay
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdaBoundOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double final_lr = 0.1;  ///< the rate at the end
  double gamma = 1e-3;    ///< speed of closing in, positive
  bool amsbound = false;  ///< divide by the largest v so far
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  std::optional<double> base_lr{};  ///< the rate final_lr belongs to; absent: that of the first step
  void visit(Visitor& v);
};

struct AdaBoundState {
  Tensor exp_avg, exp_avg_sq, max_exp_avg_sq;
  double base_lr = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaBound : public Method<AdaBound, AdaBoundOptions, AdaBoundState> {
 public:
  static constexpr std::string_view type = "AdaBound";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaBoundOptions& o);
};

struct AdaModOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double beta3 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct AdaModState {
  Tensor exp_avg, exp_avg_sq, exp_avg_lr;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaMod : public Method<AdaMod, AdaModOptions, AdaModState> {
 public:
  static constexpr std::string_view type = "AdaMod";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdaModOptions& o);
};

extern template class Method<AdaBound, AdaBoundOptions, AdaBoundState>;
extern template class Method<AdaMod, AdaModOptions, AdaModState>;

}  // namespace tare::optim
