// Methods that divide by the Hessian's diagonal D. An estimate comes with the step (Step::hessians), or, with step(closure), is made by
// Hutchinson's method every `hessian_every` steps (optim/hutchinson.h); between estimates the averages stay.
//
//   AdaHessian (Yao et al., 2021, arXiv:2006.00719):  v <- beta2 v + (1 - beta2) D^2
//       w <- (1 - lr weight_decay) w - lr / (1 - beta1^t) m / ((v / (1 - beta2^t))^(hessian_power / 2) + eps)
//   Sophia (Liu et al., 2023, arXiv:2305.14342):      h <- beta2 h + (1 - beta2) D
//       w <- (1 - lr weight_decay) w - lr clip(m / max(gamma h, eps), -1, 1)
#pragma once

#include "optim/hutchinson.h"
#include "optim/method.h"

namespace tare::optim {

struct AdaHessianOptions {
  double lr = 0.15;
  std::vector<double> betas = {0.9, 0.999};
  double hessian_power = 1;
  double eps = 1e-4;
  double weight_decay = 0;  ///< decoupled
  int64_t hessian_every = 1;  ///< with a closure: steps between estimates; 0: never
  void visit(Visitor& v);
};

struct AdaHessianState {
  Tensor exp_avg, exp_hessian_diag_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdaHessian : public Method<AdaHessian, AdaHessianOptions, AdaHessianState> {
 public:
  static constexpr std::string_view type = "AdaHessian";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return options().hessian_every > 0; }
  void visit_global_state(Visitor& v) override;

 private:
  Hutchinson estimate_;
};

struct SophiaOptions {
  double lr = 1e-4;
  std::vector<double> betas = {0.965, 0.99};
  double gamma = 0.01;
  double eps = 1e-12;
  double weight_decay = 0;  ///< decoupled
  int64_t hessian_every = 10;  ///< with a closure: steps between estimates; 0: never
  void visit(Visitor& v);
};

struct SophiaState {
  Tensor exp_avg, hessian;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Sophia : public Method<Sophia, SophiaOptions, SophiaState> {
 public:
  static constexpr std::string_view type = "Sophia";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return options().hessian_every > 0; }
  void visit_global_state(Visitor& v) override;

 private:
  Hutchinson estimate_;
};

extern template class Method<AdaHessian, AdaHessianOptions, AdaHessianState>;
extern template class Method<Sophia, SophiaOptions, SophiaState>;

}  // namespace tare::optim
