// Reinforcement Learning with General Utilities: Simpler Variance Reduction and Large State-Action Space (Barakat et al., 2023, arXiv:2306.01854).
//
// Maximizes F(lambda), lambda [S, A] the discounted state-action occupancy of a tabular softmax policy pi_theta, theta [S, A]. grad F(lambda) acts as
// a reward, but lambda is unknown: it and the policy gradient are both estimated from ONE trajectory a step, with a recursive momentum corrected by
// the importance weight w of the last parameters over the present ones. With tau_t drawn from theta_t:
//
//     lam(tau)[s, a] = sum_h gamma^h [s_h = s, a_h = a]
//     g(tau, theta, r) = sum_t (sum_{h >= t} gamma^h r(s_h, a_h)) grad log pi_theta(a_t | s_t)      the discount counts from the start of the episode
//     w = prod_h pi_theta_{t-1}(a_h | s_h) / pi_theta_t(a_h | s_h)
//     lam_t = eta lam(tau_t) + (1 - eta) (lam_{t-1} + (1 - w) lam(tau_t))
//     d_t = eta g(tau_t, theta_t, r_{t-1}) + (1 - eta) (d_{t-1} + g(tau_t, theta_t, r_{t-1}) - w g(tau_t, theta_{t-1}, r_{t-2}))
//     r_t = grad F(lam_t);  theta_{t+1} = theta_t + alpha_t d_t / ||d_t||                            no move when ||d_t|| < 1e-12
//
// eta_t = (2 / (t + 2))^eta_power. Step 0 has plain estimates, r_{-1} = r_0. The rewards are one step late on purpose: r_t would couple the two
// estimators. lam_t may have negative entries. Off the tape throughout, except occupancy_entropy.
#pragma once

#include <functional>
#include <optional>

#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::optim {

/// states, actions: int64 (H) -> (num_states, num_actions), float64. Throws IndexError.
Tensor occupancy_estimate(const Tensor& states, const Tensor& actions, int64_t num_states, int64_t num_actions, double gamma);
/// g: theta and reward (S, A) -> (S, A).
Tensor policy_gradient_estimate(const Tensor& theta, const Tensor& states, const Tensor& actions, const Tensor& reward, double gamma);
/// The probability of the actions under the first parameters over that under the second, from a sum of logarithms.
double trajectory_importance_weight(const Tensor& theta_num, const Tensor& theta_den, const Tensor& states, const Tensor& actions);
/// -sum_s m_s log(m_s + eps), m the state marginal of lam (S, A). Differentiable.
Tensor occupancy_entropy(const Tensor& lam, double eps = 1e-3);

struct NVRPGStep {
  Tensor theta, lam, d;
};
struct NVRPGStepOptions {
  double gamma, eta, alpha;
  std::optional<double> w_max{};  ///< the importance weight is cut there
  bool clamp_occupancy = false;   ///< lam at 0 from below
};
/// One step t >= 1 from theta_{t-1}, theta_t, lam_{t-1}, d_{t-1}, r_{t-1}, r_{t-2}.
NVRPGStep nvrpg_step(const Tensor& theta_prev, const Tensor& theta, const Tensor& lam_prev, const Tensor& d_prev, const Tensor& r_prev, const Tensor& r_prev2,
                     const Tensor& states, const Tensor& actions, const NVRPGStepOptions& options);

struct NVRPGOptions {
  double gamma = 0.95;
  int64_t horizon = 20;            ///< length of the trajectories
  double alpha0 = 0.3;
  double alpha_power = 2.0 / 3;    ///< alpha_t = alpha0 (2 / (t + 2))^alpha_power
  double eta_power = 2.0 / 3;
  std::optional<double> w_max{};   ///< absent: no limit
  bool clamp_occupancy = false;
  void visit(Visitor& v);
};
class NVRPG {
 public:
  using Options = NVRPGOptions;
  using Utility = std::function<Tensor(const Tensor& lam)>;
  /// theta (S, A) is the start; F is differentiated by the tape. Throws ShapeError, ConfigError.
  NVRPG(Tensor theta, Utility utility, Options options = {});
  /// A trajectory of theta(): int64 (horizon) each.
  void step(const Tensor& states, const Tensor& actions);
  const Tensor& theta() const { return theta_; }
  const Tensor& occupancy() const { return lam_; }
  /// theta, theta_prev, lam, d, r_prev, r_prev2, t.
  void visit(Visitor& v);
  Options options;

 private:
  Utility utility_;
  Tensor theta_, theta_prev_, lam_, d_, r_prev_, r_prev2_;
  int64_t t_ = 0;
};

}  // namespace tare::optim
