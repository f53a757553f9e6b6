// Optimal Sets and Solution Paths of ReLU Networks (Mishkin and Pilanci, 2023, arXiv:2306.00119).
//
// A two-layer ReLU network without biases, f(X) = sum_i a_i relu(X u_i), trained with weight decay,
//
//     F(U, a) = 1/2 ||f(X) - y||^2 + lam/2 sum_i (||u_i||^2 + a_i^2)
//
// has the optimal value of a convex group lasso over activation patterns D_j = diag(1[X g_j >= 0]):
//
//     min over v_j, w_j in the cones (2 D_j - I) X v >= 0:   1/2 ||sum_j D_j X (v_j - w_j) - y||^2 + lam sum_j (||v_j|| + ||w_j||)
//
// A block v_j is the neuron u = v_j / sqrt||v_j||, a = sqrt||v_j||; a block w_j the same with a negative. Pruning: with q_i = a_i relu(X u_i) and any
// beta != 0 with sum_i beta_i q_i = 0, scaling neuron i's contribution by s_i = 1 - beta_i / beta_k, k = argmax |beta_i|, removes neuron k, keeps
// every s_i >= 0 and changes no prediction; at an optimum the penalty stays too. Repeated until the q_i are independent, at most as many neurons are
// left as there are samples.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct TwoLayerReLUOptions {
  int64_t in_features = 0, hidden_features = 0;
  void visit(Visitor& v);
};
/// (N, in_features) -> (N). Weights start as those of two Linear layers.
class TwoLayerReLU : public Layer<TwoLayerReLU> {
 public:
  static constexpr std::string_view type = "TwoLayerReLU";
  using Options = TwoLayerReLUOptions;
  explicit TwoLayerReLU(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;  ///< U (hidden_features, in_features)
  Parameter output;  ///< a (hidden_features)
};

/// x (n, d), gates g (P, d) -> (n, P) of 0 and 1: 1 where x_i . g_j >= 0. Off the tape.
Tensor relu_patterns(const Tensor& x, const Tensor& g);
/// v, w (P, d), x (n, d), y (n), d (n, P) the patterns. The cone constraints are not checked.
Tensor convex_relu_objective(const Tensor& v, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& d, double lam);
/// F: u (p, d), a (p), x (n, d), y (n).
Tensor relu_network_objective(const Tensor& u, const Tensor& a, const Tensor& x, const Tensor& y, double lam);

struct ReluNeurons {
  Tensor u;  ///< (p, d)
  Tensor a;  ///< (p)
};
/// v, w (P, d) -> 2P neurons, those of v first. A zero block is a zero neuron.
ReluNeurons convex_to_network(const Tensor& v, const Tensor& w);
/// The same function with ||u_i|| = |a_i|, the split of least penalty. A neuron with a zero half becomes zero.
ReluNeurons balance_neurons(const Tensor& u, const Tensor& a);

struct OptimalPrunerOptions {
  double tol = 1e-9;          ///< singular values below tol times the largest count as 0
  bool penalty_safe = false;  ///< beta's sign with sum beta_i |a_i| ||u_i|| >= 0 and k = argmax beta_i: the penalty of a balanced network cannot rise, optimum or not (ours)
  void visit(Visitor& v);
};
/// The neurons that are left, in their order. x (n, d). The network is not balanced first: do that where the penalty matters. Off the tape. Throws
/// ShapeError.
ReluNeurons prune_relu_network(const Tensor& u, const Tensor& a, const Tensor& x, const OptimalPrunerOptions& options = {});

/// OptimalPruner{}(net, x): a smaller network that predicts the same on x.
class OptimalPruner {
 public:
  using Options = OptimalPrunerOptions;
  explicit OptimalPruner(Options o = {}) : options(o) {}
  TwoLayerReLU operator()(const TwoLayerReLU& net, const Tensor& x) const;
  Options options;
};

extern template class Layer<TwoLayerReLU>;

}  // namespace tare::nn
