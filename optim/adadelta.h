// Adadelta: An Adaptive Learning Rate Method (Zeiler, 2012, arXiv:1212.5701), as in PyTorch. eps stands inside both roots.
//
//   1. s <- rho s + (1 - rho) g^2
//   2. d = sqrt(D + eps) / sqrt(s + eps) g
//   3. D <- rho D + (1 - rho) d^2,  w <- w - lr d
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.9;  ///< in [0, 1)
  double eps = 1e-6;
  double weight_decay = 0;  ///< L2
  bool maximize = false;
  void visit(Visitor& v);
};

struct AdadeltaState {
  Tensor square_avg, acc_delta;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adadelta : public Method<Adadelta, AdadeltaOptions, AdadeltaState> {
 public:
  static constexpr std::string_view type = "Adadelta";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const AdadeltaOptions& o);
};

extern template class Method<Adadelta, AdadeltaOptions, AdadeltaState>;

}  // namespace tare::optim
