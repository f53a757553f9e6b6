// Aida: On Suppressing Range of Adaptive Stepsizes of Adam to Improve Generalisation (Zhang, Niwa, Kleijn, 2023, arXiv:2302.01029). The second
// moment is that of mutual projections of the gradient and its average, in each tensor:
//
//   k times, from x = g, y = m:  x, y <- x <x, y> / (|x|^2 + xi), y <x, y> / (|y|^2 + xi)
//   v <- beta2 v + (1 - beta2)(y - x)^2 + eps,  w <- w - lr / (1 - beta1^t) m sqrt(1 - beta2^t) / sqrt(v)
//
// x and y stay multiples of g and m, so that three inner products are enough.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AidaOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  int64_t k = 2;
  double xi = 1e-20;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct AidaState {
  Tensor exp_avg, exp_avg_var;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Aida : public Method<Aida, AidaOptions, AidaState> {
 public:
  static constexpr std::string_view type = "Aida";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AidaOptions& o);
};

extern template class Method<Aida, AidaOptions, AidaState>;

}  // namespace tare::optim
