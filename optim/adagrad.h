// Adagrad: Adaptive Subgradient Methods (Duchi, Hazan, Singer, 2011), as in PyTorch.
//
//   1. a = lr / (1 + (t - 1) lr_decay)
//   2. S <- S + g^2,  S_0 = initial_accumulator_value
//   3. w <- w - a g / (sqrt(S) + eps)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;  ///< L2
  double initial_accumulator_value = 0;  ///< at least 0
  double eps = 1e-10;
  bool maximize = false;
  void visit(Visitor& v);
};

struct AdagradState {
  Tensor sum;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adagrad : public Method<Adagrad, AdagradOptions, AdagradState> {
 public:
  static constexpr std::string_view type = "Adagrad";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdagradOptions& o);
};

extern template class Method<Adagrad, AdagradOptions, AdagradState>;

}  // namespace tare::optim
