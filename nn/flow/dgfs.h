// Diffusion generative flow samplers (Zhang, Chen, Liu, Courville, Bengio, Improving learning signals through partial trajectory optimization, 2023,
// arXiv:2310.02679): sampling from an unnormalised density R by a steered diffusion, trained on every part of a trajectory.
//
// Steps n = 0 .. N of length h, t_n = n h, x_0 = 0, noise sigma:
//     forward   log PF = log N(x_{n+1}; x_n + sigma h u(t_n, x_n), sigma^2 h I)
//     backward  log PB = log N(x_n; x_{n+1} (t - h) / t, sigma^2 h (t - h) / t I), t = t_{n+1}: the bridge to 0 of the process without control; 0 for the
//               first step, whose start is known
//     flow      log F_n = NN3(t_n, x_n) + Rtilde_n,  Rtilde_n = (t_n / t_end) log R(x_n) + (1 - t_n / t_end) log N(x_n; 0, (c_n sigma)^2 I),
//               c_n = max(sqrt(0.01 t_end), sqrt(t_n));  log F_N = log R(x_N).  log F_0 estimates log Z
//     A_ij = log F_i - log F_j + sum over l = i .. j-1 of log PF_l - log PB_l;   loss = sum over i < j of w_ij mean((A_ij / dim)^2),
//     w_ij = lambda^(j-i) / sum of lambda^(j-i)
//     u(t, x) = clip(NN1(t, x), 1e4) - NN2(t) clip(dE/dx, 1e4), E = -log R
//
// Trajectories are constants: the gradient reaches log PF (through u) and NN3 alone, and trajectories may come from anywhere. log Z is at least
// mean log w and about logsumexp(log w) - log n, log w = log R(x_N) - sum of (log PF - log PB).
#pragma once

#include "autograd/transforms.h"
#include "nn/sequential.h"

namespace tare::nn {

/// log_flow (B, N+1), log_pf, log_pb (B, N) -> a number. Weights are formed of logarithms: lambda^N may overflow.
Tensor dgfs_subtb_loss(const Tensor& log_flow, const Tensor& log_pf, const Tensor& log_pb, double subtb_lambda, int64_t data_ndim);
/// x, x_next, u (B, d) -> (B).
Tensor dgfs_log_pf(const Tensor& x, const Tensor& x_next, const Tensor& u, double sigma, double dt);
/// t_next (B), x_next, x_prev (B, d) -> (B); 0 where t_next <= dt.
Tensor dgfs_log_pb(const Tensor& t_next, const Tensor& x_next, const Tensor& x_prev, double sigma, double dt);
/// x (B, d), log_reward, t (B) -> Rtilde (B).
Tensor dgfs_intermediate_log_reward(const Tensor& x, const Tensor& log_reward, const Tensor& t, double sigma, double t_end);

struct DiffusionGenerativeFlowSamplerOptions {
  int64_t dim = 0;
  double dt = 0.01;
  int64_t steps = 100;
  double sigma = 1;
  double subtb_lambda = 2;
  int64_t hidden = 64;
  bool langevin = true;    ///< the energy's gradient helps the control, through NN2
  double lr = 1e-4;        ///< of NN1 and NN2; for who makes the optimizer
  double flow_lr = 1e-3;   ///< of NN3
};

/// An energy (B, d) -> (B), differentiable: score is its gradient.
class DiffusionGenerativeFlowSampler {
 public:
  using Options = DiffusionGenerativeFlowSamplerOptions;
  DiffusionGenerativeFlowSampler(Options options, TensorFunction energy);

  struct Trajectory {
    Tensors x;       ///< x_0 .. x_N, each (B, d), constants
    Tensors energy;  ///< E of each, (B); constants
    Tensors score;   ///< dE/dx of each, clipped, NaN as 0; constants
  };
  /// Drawn from the present policy; `control` false: from the process without control.
  Trajectory sample(int64_t batch, bool control = true);
  /// u at step n, tracked.
  Tensor control(const Trajectory& t, int64_t n);
  /// The loss over i, j within [first, last]; whole trajectories by default.
  Tensor loss(const Trajectory& t, int64_t first = 0, int64_t last = -1);
  /// log w of each trajectory (B); with `controlled` false that of u = 0.
  Tensor log_weights(const Trajectory& t, bool controlled = true);
  /// log F of x_0: the model's own log Z.
  double log_z();
  ParameterList policy_parameters();
  ParameterList flow_parameters();

  Options options;
  Sequential policy, gate, flow;  ///< NN1, NN2, NN3 on [x, time features]

 private:
  Tensor time_features(double t, int64_t batch) const;
  Tensor log_flow(const Trajectory& t, int64_t n);
  void observe(Trajectory& t, const Tensor& x) const;
  double end() const { return options.dt * double(options.steps); }
  TensorFunction energy_;
};

}  // namespace tare::nn
