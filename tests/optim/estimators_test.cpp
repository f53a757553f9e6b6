// Methods that see no derivative of what they optimize: policy gradients for general utilities, zeroth-order Adam in a subspace.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "optim/general_utilities.h"
#include "optim/subspace_zo_adam.h"
#include "optim/zeroth_order.h"

using namespace tare;
using namespace tare::optim;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

/// Three states on a ring, two actions: stay, or move on with probability 0.8.
struct Ring {
  static constexpr int64_t kHorizon = 6;
  static constexpr double kGamma = 0.9;
  static double next(int64_t s, int64_t a, int64_t to) { return a == 0 ? double(to == s) : to == (s + 1) % 3 ? 0.8 : to == s ? 0.2 : 0; }
  static std::pair<Tensor, Tensor> walk(const std::vector<double>& policy, Generator& g) {
    std::vector<int64_t> states, actions;
    int64_t s = 0;
    for (int64_t h = 0; h < kHorizon; h++) {
      int64_t a = g.uniform() < policy[size_t(2 * s)] ? 0 : 1;
      states.push_back(s), actions.push_back(a);
      if (a == 1 && g.uniform() < 0.8) s = (s + 1) % 3;
    }
    return {from_vector(states, {kHorizon}), from_vector(actions, {kHorizon})};
  }
  static Tensor occupancy(const std::vector<double>& policy) {
    std::vector<double> p{1, 0, 0}, lam(6);
    double discount = 1;
    for (int64_t h = 0; h < kHorizon; h++, discount *= kGamma) {
      std::vector<double> q(3);
      for (int64_t s = 0; s < 3; s++)
        for (int64_t a = 0; a < 2; a++) {
          double here = p[size_t(s)] * policy[size_t(2 * s + a)];
          lam[size_t(2 * s + a)] += discount * here;
          for (int64_t t = 0; t < 3; t++) q[size_t(t)] += here * next(s, a, t);
        }
      p = q;
    }
    return from_vector(lam, {3, 2}, DType::float64);
  }
};

}  // namespace

TEST_CASE("occupancy: right on average, also for other parameters by importance weights") {
  Tensor theta = 0.5 * gauss({3, 2}, 1), other = theta + 0.3 * gauss({3, 2}, 2);
  std::vector<double> policy = softmax(theta, 1).to_vector<double>(), target = softmax(other, 1).to_vector<double>();
  Generator g(3);
  int n = 3000;
  Tensor s1 = zeros({3, 2}, DType::float64), q1 = s1, s2 = s1, q2 = s1;
  for (int i = 0; i < n; i++) {
    auto [states, actions] = Ring::walk(policy, g);
    Tensor lam = occupancy_estimate(states, actions, 3, 2, Ring::kGamma), weighted = lam * trajectory_importance_weight(other, theta, states, actions);
    s1 = s1 + lam, q1 = q1 + square(lam), s2 = s2 + weighted, q2 = q2 + square(weighted);
  }
  auto standard_errors = [&](const Tensor& s, const Tensor& q, const Tensor& exact) {
    Tensor average = s / double(n), error = sqrt((q / double(n) - square(average)) / double(n));
    return max(abs(average - exact) / (error + 1e-12)).item();
  };
  CHECK(standard_errors(s1, q1, Ring::occupancy(policy)) < 5);
  CHECK(standard_errors(s2, q2, Ring::occupancy(target)) < 5);
}

TEST_CASE("general utilities: a linear one is REINFORCE, steps have length alpha, eta = 1 is the plain estimator") {
  Generator g(4);
  Tensor theta = 0.3 * gauss({3, 2}, 5), r = gauss({3, 2}, 6);
  NVRPG method(theta, [&](const Tensor& lam) { return sum(lam * r); }, {.gamma = 0.9, .horizon = 6, .alpha0 = 0.2, .alpha_power = 0.5, .eta_power = 0});
  for (int t = 0; t < 4; t++) {
    Tensor before = method.theta();
    auto [states, actions] = Ring::walk(softmax(before, 1).to_vector<double>(), g);
    method.step(states, actions);
    Tensor d = policy_gradient_estimate(before, states, actions, r, 0.9), moved = method.theta() - before;
    double alpha = 0.2 * std::sqrt(2.0 / (t + 2));
    CHECK(norm(moved).item() == doctest::Approx(alpha));
    CHECK(apart(moved, alpha * d / norm(d)) < 1e-12);
    CHECK(apart(method.occupancy(), occupancy_estimate(states, actions, 3, 2, 0.9)) < 1e-12);
  }
  // REINFORCE by the tape
  auto [states, actions] = Ring::walk(softmax(theta, 1).to_vector<double>(), g);
  std::vector<int64_t> s = states.to_vector<int64_t>(), a = actions.to_vector<int64_t>();
  Tensor leaf = theta.detach().set_requires_grad(), log_p = log_softmax(leaf, 1), total;
  for (size_t t = 0; t < 6; t++) {
    double to_go = 0;
    for (size_t h = t; h < 6; h++) to_go += std::pow(0.9, h) * r.to_vector<double>()[size_t(2 * s[h] + a[h])];
    Tensor part = to_go * select(select(log_p, 0, s[t]), 0, a[t]);
    total = total.defined() ? total + part : part;
  }
  CHECK(apart(policy_gradient_estimate(theta, states, actions, r, 0.9), grad(total, leaf)) < 1e-12);
  CHECK_THROWS_AS(occupancy_estimate(indices({3}), indices({0}), 3, 2, 0.9), IndexError);
  CHECK_THROWS_AS(method.step(indices({0}), indices({0})), ShapeError);
}

TEST_CASE("zeroth-order gradient: right on average, the parameter is as before, nothing is on the tape") {
  Tensor p = gauss({4}, 1).set_requires_grad(), before = p.detach() + 0.0, a = gauss({4, 4}, 2);
  bool taped = false;
  auto loss = [&] {
    Tensor l = sum(square(mv(a, p)));
    taped = taped || l.requires_grad();
    return l;
  };
  int64_t n = 20000;
  ZeroOrderGradient z = zo_gradient(loss, p, 1e-3, n, 7);
  Tensor exact = 2 * mv(transpose(a), mv(a, before));
  CHECK(norm(z.g / double(n) - exact).item() < 0.05 * norm(exact).item());
  CHECK(apart(p, before) == 0);
  CHECK(!taped);
  CHECK_THROWS_AS(zo_gradient([&]() -> Tensor { throw ValueError("no"); }, p), ValueError);
  CHECK(apart(zo_gradient(loss, p, 1e-3, 2, 9).g, zo_gradient(loss, p, 1e-3, 2, 9).g) == 0);
  Tensor w = gauss({50}, 3);
  CHECK(apart(dequantize_int8(quantize_int8(w), DType::float64), w) <= 0.5 * quantize_int8(w).scale + 1e-12);
  Generator g(1);
  Tensor t = partial_uniform_timesteps(1000, 500, 900, &g);
  CHECK(min(t).item<int64_t>() >= 500);
  CHECK(max(t).item<int64_t>() < 900);
}

TEST_CASE("SubspaceZOAdam: removed directions are orthonormal and the step has none of them; nu = 0 removes nothing") {
  for (double nu : {0.0, 0.2}) {
    Tensor w = gauss({12}, 1);
    SubspaceZOAdam opt({.lr = 0.05, .betas = {0, 0.999}, .eps = 1e6, .n = 1, .tau = 5, .nu = nu});  // so large an eps: the step goes along g
    SubspaceZOAdamState state;
    for (uint64_t t = 0; t < 10; t++) opt.update(w, gauss({12}, 10 + t), state, opt.options());
    if (nu == 0) {
      CHECK(!state.directions.defined());
      continue;
    }
    REQUIRE(state.directions.defined());
    Tensor v = state.directions;
    int64_t rows = v.size(0);
    CHECK(rows >= 1);
    CHECK(rows < 5);
    CHECK(apart(matmul(v, transpose(v)), eye(rows, rows, DType::float64)) < 1e-12);
    opt.update(w, gauss({12}, 30), state, opt.options());
    CHECK(max(abs(mv(v, state.exp_avg))).item() < 1e-12);
  }
  Tensor constant = ones({3}, DType::float64) * 1e4;
  SubspaceZOAdam still({.lr = 0, .n = 1, .tau = 2, .nu = 0.5});
  SubspaceZOAdamState state;
  for (uint64_t t = 0; t < 2; t++) still.update(constant, gauss({3}, t), state, still.options());
  CHECK(!state.directions.defined());
}
