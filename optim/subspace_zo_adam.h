// ZOODiP: Efficient Personalization of Quantized Diffusion Model without Backpropagation (Seo et al., 2025, arXiv:2503.14868): Adam on gradients
// estimated from losses alone, without the directions in which the parameter has hardly moved of late.
//
// The gradient handed in is the SUM G = sum_i g_i z_i of n two-point estimates (zo_gradient, optim/zeroth_order.h). With V the rows of removed
// directions,
//
//   1. g <- G / (n sqrt((d_eff + n - 1) / n)),  d_eff = dim - rows(V)
//   2. g <- g - V^T V g
//   3. m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;  p <- p - lr m^ / (sqrt(v^) + eps)      m^, v^ bias corrected
//   4. p goes into a ring of the last tau parameters
//   5. every tau steps: principal directions of the ring, its columns brought to mean 0 and deviation 1 (population; constant ones stay 0); with
//      r_j their shares of the variance, descending, and i the first with r_0 + ... + r_i > 1 - nu, V <- the directions j > i with r_j > 1e-10
//
// Directions orthogonal to the ring stay free, so tau should be well below dim. The directions belong to standardized coordinates but are used on
// plain gradients, as in the authors' code; null directions, which it keeps, are dropped. m and v are not reset. Each tensor is one flat parameter
// with directions of its own.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct SubspaceZOAdamOptions {
  double lr = 1e-2;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-3;  ///< large, because g is tiny
  int64_t n = 2;      ///< estimates summed in the gradient
  int64_t tau = 128;
  double nu = 1e-3;   ///< share of the variance given up, in [0, 1); 0 removes nothing
  void visit(Visitor& v);
};

struct SubspaceZOAdamState {
  Tensor exp_avg, exp_avg_sq;
  Tensor history;     ///< (tau, dim)
  Tensor directions;  ///< V; undefined while nothing is removed
  int64_t step = 0;
  void visit(Visitor& v);
};

class SubspaceZOAdam : public PerParameter<SubspaceZOAdam, SubspaceZOAdamOptions, SubspaceZOAdamState> {
 public:
  static constexpr std::string_view type = "SubspaceZOAdam";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, SubspaceZOAdamState& s, const SubspaceZOAdamOptions& o);
  static void check_options(const SubspaceZOAdamOptions& o);
};

extern template class Method<SubspaceZOAdam, SubspaceZOAdamOptions, SubspaceZOAdamState>;

}  // namespace tare::optim
