// SOAP: Improving and Stabilizing Shampoo using Adam (Vyas et al., 2024, arXiv:2409.11321). Adam in the eigenbasis of Shampoo's preconditioners. Axes
// of tensors of rank > 1 (and vectors, with precondition_1d) no longer than max_precond_dim have a basis Q_i; Q^T x is x times every Q_i^T.
//
//   t = 1:  L_i = (1 - b) G_i G_i^T, b = shampoo_beta or beta2;  Q_i = its eigenvectors, largest first;  w stays
//   k = t - 1 = 1, 2, ...:
//   1. m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) (Q^T g)^2
//   2. w <- w - lr sqrt(1 - beta2^k) / (1 - beta1^k) Q (Q^T m / (sqrt(v) + eps)),  w <- (1 - lr weight_decay) w       correct_bias false: lr alone
//   3. L_i <- b L_i + (1 - b) G_i G_i^T;  at every precondition_frequency-th k one step of the power method: columns of Q_i (and v) in order of
//      diag(Q_i^T L_i Q_i),  Q_i <- orthogonal part of the QR decomposition of L_i Q_i
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SOAPOptions {
  double lr = 3e-3;
  std::vector<double> betas = {0.95, 0.95};
  std::optional<double> shampoo_beta{};  ///< what L decays with; absent: beta2
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< decoupled
  int64_t precondition_frequency = 10;  ///< at least 1
  int64_t max_precond_dim = 10000;
  bool precondition_1d = false;
  bool correct_bias = true;
  void visit(Visitor& v);
};

struct SOAPState {
  Tensor exp_avg, exp_avg_sq;
  Tensors GG, Q;  ///< by axis; undefined where there is no basis
  int64_t step = 0;
  void visit(Visitor& v);
};

class SOAP : public PerParameter<SOAP, SOAPOptions, SOAPState> {
 public:
  static constexpr std::string_view type = "SOAP";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, SOAPState& s, const SOAPOptions& o);
  static void check_options(const SOAPOptions& o);
};

extern template class Method<SOAP, SOAPOptions, SOAPState>;

}  // namespace tare::optim
