// Apollo: An Adaptive Parameter-wise Diagonal Quasi-Newton Method (Ma, 2021, arXiv:2009.13586). Sums and norms over each tensor:
//
//   1. D = g - m,  a = (1 - beta) / (1 - beta^t),  m <- m + a D
//   2. d <- d / (|d|_4 + e),  B <- B + (-a sum(D / (|d|_4 + e) d) - sum(B d^2)) d^2
//   3. den = max(|B|, 0.01), e = eps / 0.01 (constant);  den = max(|B|, max|D|) + eps / a, e = eps (belief)
//   4. d = m / den,  w <- w - lr d
//
// Warm-up: step t of the first warmup_steps takes the rate init_lr + (lr - init_lr) (t - 1) / warmup_steps.
// Decay: "l2" g <- g + weight_decay w;  "decoupled" d <- d + weight_decay w;  "stable" d <- d + weight_decay / mean(den) w.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ApolloOptions {
  double lr = 0.01;
  double beta = 0.9;  ///< in [0, 1)
  double eps = 1e-4;
  std::string rebound = "constant";  ///< or "belief"
  int64_t warmup_steps = 0;
  std::optional<double> init_lr{};  ///< rate the warm-up begins with; absent: lr / 1000
  double weight_decay = 0;
  std::string weight_decay_type = "l2";  ///< or "decoupled", "stable"
  void visit(Visitor& v);
};

struct ApolloState {
  Tensor exp_avg_grad, approx_hessian, update;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Apollo : public Method<Apollo, ApolloOptions, ApolloState> {
 public:
  static constexpr std::string_view type = "Apollo";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const ApolloOptions& o);
};

extern template class Method<Apollo, ApolloOptions, ApolloState>;

}  // namespace tare::optim
