#include "optim/general_utilities.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "optim/fields.h"

namespace tare::optim {
namespace {

struct Trajectory {
  std::vector<int64_t> states, actions;
  size_t size() const { return states.size(); }
};

Trajectory read_trajectory(std::string_view who, const Tensor& states, const Tensor& actions, int64_t num_states, int64_t num_actions) {
  check<DTypeError>(states.dtype() == DType::int64 && actions.dtype() == DType::int64, who, ": expected int64 states and actions, not ", states.dtype(), " and ", actions.dtype());
  check<ShapeError>(states.dim() == 1 && states.shape() == actions.shape(), who, ": expected states and actions of one length but they are ", states.shape(), " and ",
                    actions.shape());
  Trajectory out{states.to_vector<int64_t>(), actions.to_vector<int64_t>()};
  for (size_t h = 0; h < out.size(); h++)
    check<IndexError>(out.states[h] >= 0 && out.states[h] < num_states && out.actions[h] >= 0 && out.actions[h] < num_actions, who, ": step ", h, " is action ",
                      out.actions[h], " in state ", out.states[h], " but there are ", num_states, " states and ", num_actions, " actions");
  return out;
}

/// log pi(. | s) of a table of scores, row by row.
struct Policy {
  int64_t states, actions;
  std::vector<double> log_p;
  Policy(std::string_view who, const Tensor& theta) {
    check<ShapeError>(theta.dim() == 2 && theta.size(1) >= 1, who, ": expected parameters [S, A] but they are ", theta.shape());
    states = theta.size(0), actions = theta.size(1);
    log_p = theta.to_vector<double>();
    for (int64_t s = 0; s < states; s++) {
      double* row = log_p.data() + s * actions;
      double largest = *std::max_element(row, row + actions), sum = 0;
      for (int64_t a = 0; a < actions; a++) sum += std::exp(row[a] - largest);
      for (int64_t a = 0; a < actions; a++) row[a] -= largest + std::log(sum);
    }
  }
  double operator()(int64_t s, int64_t a) const { return log_p[size_t(s * actions + a)]; }
};

void check_table(std::string_view who, std::string_view what, const Tensor& t, const Tensor& theta) {
  check<ShapeError>(t.shape() == theta.shape(), who, ": expected ", what, " of the parameters' shape ", theta.shape(), " but it is ", t.shape());
}

Tensor unit_step(const Tensor& theta, const Tensor& d, double alpha) {
  double length = norm(d).item();
  return length < 1e-12 ? theta : theta + (alpha / length) * d;
}

}  // namespace

Tensor occupancy_estimate(const Tensor& states, const Tensor& actions, int64_t num_states, int64_t num_actions, double gamma) {
  Trajectory tau = read_trajectory("occupancy_estimate", states, actions, num_states, num_actions);
  std::vector<double> lam(size_t(num_states * num_actions));
  double discount = 1;
  for (size_t h = 0; h < tau.size(); h++, discount *= gamma) lam[size_t(tau.states[h] * num_actions + tau.actions[h])] += discount;
  return from_vector(lam, {num_states, num_actions}, DType::float64);
}

Tensor policy_gradient_estimate(const Tensor& theta, const Tensor& states, const Tensor& actions, const Tensor& reward, double gamma) {
  Policy policy("policy_gradient_estimate", theta);
  check_table("policy_gradient_estimate", "a reward", reward, theta);
  Trajectory tau = read_trajectory("policy_gradient_estimate", states, actions, policy.states, policy.actions);
  std::vector<double> r = reward.to_vector<double>(), g(r.size()), discount(tau.size(), 1);
  for (size_t h = 1; h < tau.size(); h++) discount[h] = discount[h - 1] * gamma;
  double to_go = 0;
  for (size_t h = tau.size(); h-- > 0;) {
    int64_t row = tau.states[h] * policy.actions;
    to_go += discount[h] * r[size_t(row + tau.actions[h])];
    // d log pi(a | s) / d theta[s, b] = [a = b] - pi(b | s)
    for (int64_t b = 0; b < policy.actions; b++) g[size_t(row + b)] += to_go * (double(b == tau.actions[h]) - std::exp(policy(tau.states[h], b)));
  }
  return from_vector(g, theta.shape(), theta.dtype());
}

double trajectory_importance_weight(const Tensor& theta_num, const Tensor& theta_den, const Tensor& states, const Tensor& actions) {
  Policy num("trajectory_importance_weight", theta_num), den("trajectory_importance_weight", theta_den);
  check_table("trajectory_importance_weight", "the second table", theta_den, theta_num);
  Trajectory tau = read_trajectory("trajectory_importance_weight", states, actions, num.states, num.actions);
  double log_w = 0;
  for (size_t h = 0; h < tau.size(); h++) log_w += num(tau.states[h], tau.actions[h]) - den(tau.states[h], tau.actions[h]);
  return std::exp(log_w);
}

Tensor occupancy_entropy(const Tensor& lam, double eps) {
  check<ShapeError>(lam.dim() == 2, "occupancy_entropy: expected an occupancy [S, A] but it is ", lam.shape());
  Tensor m = sum(lam, {1}) / sum(lam);
  return -sum(m * log(m + eps));
}

NVRPGStep nvrpg_step(const Tensor& theta_prev, const Tensor& theta, const Tensor& lam_prev, const Tensor& d_prev, const Tensor& r_prev, const Tensor& r_prev2,
                     const Tensor& states, const Tensor& actions, const NVRPGStepOptions& o) {
  NoGrad off;
  double w = trajectory_importance_weight(theta_prev, theta, states, actions);
  if (o.w_max) w = std::min(w, *o.w_max);
  Tensor seen = to(occupancy_estimate(states, actions, theta.size(0), theta.size(1), o.gamma), theta.dtype());
  Tensor g = policy_gradient_estimate(theta, states, actions, r_prev, o.gamma), old = policy_gradient_estimate(theta_prev, states, actions, r_prev2, o.gamma);
  Tensor lam = o.eta * seen + (1 - o.eta) * (lam_prev + seen * (1 - w));
  if (o.clamp_occupancy) lam = clamp(lam, 0.0);
  Tensor d = o.eta * g + (1 - o.eta) * (d_prev + g - w * old);
  return {unit_step(theta, d, o.alpha), lam, d};
}

void NVRPGOptions::visit(Visitor& v) {
  list_options(v, "gamma", gamma, "horizon", horizon, "alpha0", alpha0, "alpha_power", alpha_power, "eta_power", eta_power, "w_max", w_max, "clamp_occupancy", clamp_occupancy);
}

NVRPG::NVRPG(Tensor theta, Utility utility, Options o) : options(o), utility_(std::move(utility)), theta_(theta.detach()), theta_prev_(theta_) {
  check<ShapeError>(theta_.dim() == 2, "NVRPG: expected parameters [S, A] but they are ", theta_.shape());
  check<ConfigError>(o.gamma >= 0 && o.gamma <= 1 && o.horizon >= 1 && o.alpha0 >= 0, "NVRPG: gamma must be in [0, 1], horizon at least 1 and alpha0 at least 0, not ",
                     o.gamma, ", ", o.horizon, " and ", o.alpha0);
}

void NVRPG::step(const Tensor& states, const Tensor& actions) {
  check<ShapeError>(states.dim() == 1 && states.numel() == options.horizon, "NVRPG: expected a trajectory of ", options.horizon, " steps (horizon) but the states are ",
                    states.shape());
  double fall = 2 / double(t_ + 2), alpha = options.alpha0 * std::pow(fall, options.alpha_power), eta = std::pow(fall, options.eta_power);
  auto reward = [&](const Tensor& lam) {
    Tensor x = lam.detach().set_requires_grad();
    return grad(utility_(x), x);
  };
  if (t_ == 0) {
    NoGrad off;
    lam_ = to(occupancy_estimate(states, actions, theta_.size(0), theta_.size(1), options.gamma), theta_.dtype());
    {
      EnableGrad on;
      r_prev_ = r_prev2_ = reward(lam_);
    }
    d_ = policy_gradient_estimate(theta_, states, actions, r_prev_, options.gamma);
    theta_ = unit_step(theta_, d_, alpha);
  } else {
    NVRPGStep next = nvrpg_step(theta_prev_, theta_, lam_, d_, r_prev_, r_prev2_, states, actions,
                                {.gamma = options.gamma, .eta = eta, .alpha = alpha, .w_max = options.w_max, .clamp_occupancy = options.clamp_occupancy});
    theta_prev_ = theta_;
    theta_ = next.theta, lam_ = next.lam, d_ = next.d;
    r_prev2_ = r_prev_;
    r_prev_ = reward(lam_);
  }
  t_++;
}

void NVRPG::visit(Visitor& v) {
  list_states(v, "theta", theta_, "theta_prev", theta_prev_, "lam", lam_, "d", d_, "r_prev", r_prev_, "r_prev2", r_prev2_, "t", t_);
}

}  // namespace tare::optim
