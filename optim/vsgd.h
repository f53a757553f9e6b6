// VSGD: Variational Stochastic Gradient Descent for Deep Neural Networks (Chen et al., 2024, arXiv:2404.06549): gradient and noise as a
// probabilistic model. p = 2 ps, q = 2 ghattg ps, A = 2 ps + 1 + 1e-4:
//
//   s, S = B / A, C / A  (t = 1: p / (A - 1), q / (A - 1)),  m' = (g s + m S) / (s + S),  Q = m'^2 + s S / (s + S)
//   B, C move by t^-tau1, t^-tau2 towards p + Q - 2 m' m + m^2 and q + Q - 2 g m' + g^2,  m <- m'
//   w <- (1 - lr weight_decay) w - lr m' / (sqrt(Q) + eps)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct VSGDOptions {
  double lr = 0.1;
  double ghattg = 30;  ///< ratio of the variances of observed and true gradient, positive
  double ps = 1e-8;    ///< strength of the prior, positive
  double tau1 = 0.81;
  double tau2 = 0.9;
  double weight_decay = 0;  ///< decoupled
  double eps = 1e-8;
  void visit(Visitor& v);
};

struct VSGDState {
  Tensor mug, bg, bhg;
  int64_t step = 0;
  void visit(Visitor& v);
};

class VSGD : public Method<VSGD, VSGDOptions, VSGDState> {
 public:
  static constexpr std::string_view type = "VSGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const VSGDOptions& o);
};

extern template class Method<VSGD, VSGDOptions, VSGDState>;

}  // namespace tare::optim
