// Implicit MAP filtering of the scalar system x' = x/2 + 25 x / (1 + x^2) + 8 cos(1.2 t) + 3 N(0, 1), y = x^2 / 20 + 2 N(0, 1): a few steps of Adam
// on each measurement, against the extended Kalman filter that knows both covariances. Trajectories are filtered side by side as one state: every
// map, the loss and Adam treat its numbers apart, and the Kalman filter's matrices stay diagonal.
#include <cmath>

#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::implicit_map_filter {
namespace {

constexpr int64_t kSteps = 200;

Tensor moved(const Tensor& x, int64_t t) { return x / 2 + 25 * x / (1 + square(x)) + 8 * std::cos(1.2 * 0.1 * double(t)); }
Tensor measured(const Tensor& x) { return square(x) / 20; }

struct Trajectories {
  Tensor x, y;  ///< (T, n)
};
Trajectories simulate(int64_t n) {
  Tensor x = randn({n});
  Tensors states, measurements;
  for (int64_t t = 1; t <= kSteps; t++) {
    x = moved(x, t) + 3 * randn({n});
    states.push_back(x), measurements.push_back(measured(x) + 2 * randn({n}));
  }
  return {stack(states), stack(measurements)};
}

struct Setting {
  int64_t k;
  double lr, beta;
};

/// Root mean square errors by trajectory of estimate(t, y_t), t = 1, 2, ...
Tensor errors(const Trajectories& all, const std::function<Tensor(int64_t t, const Tensor& y)>& estimate) {
  Tensor squares = zeros({all.x.size(1)});
  for (int64_t t = 1; t <= kSteps; t++) squares = squares + square(estimate(t, select(all.y, 0, t - 1)) - select(all.x, 0, t - 1));
  return sqrt(squares / kSteps);
}

Tensor implicit_errors(const Trajectories& all, const Setting& s) {
  int64_t now = 0;
  optim::ImplicitMapFilter filter(
      zeros({all.x.size(1)}), s.k, optim::Adam({.lr = s.lr, .betas = {s.beta, s.beta}}), [&](const Tensor& x) { return moved(x, now); },
      [](const Tensor& x, const Tensor& y) { return 0.5 * sum(square(y - measured(x))); });
  return errors(all, [&](int64_t t, const Tensor& y) {
    now = t;
    return filter.step(y);
  });
}

Tensor kalman_errors(const Trajectories& all) {
  int64_t n = all.x.size(1);
  optim::ExtendedKalmanFilter filter(zeros({n}), eye(n), {}, measured, 9 * eye(n), 4 * eye(n));
  return errors(all, [&](int64_t t, const Tensor& y) {
    filter.set_transition([t](const Tensor& x) { return moved(x, t); });
    return filter.step(y);
  });
}

}  // namespace

void run(Experiment& e) {
  e.rule("over 20 trajectories the mean error is below 0.7 of the extended Kalman filter's, and smaller on at least 16 of them");
  e.note("Adam is tuned over 90 settings on 5 other trajectories: K, the rate, beta1 = beta2. Its bias correction is the usual one, the authors' is"
         " constant. The Kalman filter: P0 = 1, Q = 9, R = 4, the true ones");
  DefaultDtype wide(DType::float64);
  for (int64_t seed : e.seeds(1)) {
    manual_seed(uint64_t(seed));
    Trajectories tuning = simulate(5), test = simulate(20);
    e.begin("implicit MAP", seed);
    Setting best{};
    double least = INFINITY;
    for (int64_t k : {1, 3, 5, 10, 25, 50})
      for (double lr : {1.0, 0.5, 0.1, 0.05, 0.01})
        for (double beta : {0.9, 0.5, 0.1}) {
          double error = mean(implicit_errors(tuning, {k, lr, beta})).item();
          if (error < least) least = error, best = {k, lr, beta};
        }
    Tensor implicit = implicit_errors(test, best);
    e.measure("error", mean(implicit).item());
    e.measure("error when tuned", least);
    e.measure("K", double(best.k)), e.measure("lr", best.lr), e.measure("beta", best.beta);
    e.begin("extended Kalman", seed);
    Tensor kalman = kalman_errors(test);
    e.measure("error", mean(kalman).item());
    e.begin("dynamics alone", seed);
    Tensor x = zeros({20});
    e.measure("error", mean(errors(test, [&](int64_t t, const Tensor&) { return x = moved(x, t); })).item());
    e.below(text("error / extended Kalman's, seed ", seed), mean(implicit).item() / mean(kalman).item(), 0.7);
    e.at_least(text("trajectories on which it is smaller, seed ", seed), double(sum(lt(implicit, kalman)).item<int64_t>()), 16);
  }
}

}  // namespace tare::papers::implicit_map_filter
