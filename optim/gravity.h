// Gravity: A Kinematic Approach on Optimization in Deep Learning (Bahrami and Zadeh, 2021, arXiv:2101.09192).
//
//   b = (beta t + 1) / (t + 2),  z = g / (1 + (g max|g|)^2),  V <- b V + (1 - b) z,  w <- w - lr V        V_0 ~ N(0, (alpha / lr)^2)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GravityOptions {
  double lr = 0.1;
  double beta = 0.9;
  double alpha = 0.01;  ///< deviation of the first step; 0: none
  void visit(Visitor& v);
};

struct GravityState {
  Tensor v;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Gravity : public Method<Gravity, GravityOptions, GravityState> {
 public:
  static constexpr std::string_view type = "Gravity";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const GravityOptions& o);
};

extern template class Method<Gravity, GravityOptions, GravityState>;

}  // namespace tare::optim
