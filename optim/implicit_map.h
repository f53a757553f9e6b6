// Implicit Maximum a Posteriori Filtering via Adaptive Optimization (Bencomo et al., 2024, arXiv:2311.10580): filtering a drifting state without covariances. For
// each measurement the last estimate is pushed through the dynamics and K steps of an optimizer on the measurement's loss follow; stopping early is the prior.
//
//   Kalman filter, predicting first:  x <- F x, P <- F P F^T + Q;  S = H P H^T + R, G = P H^T S^-1;  x <- x + G (y - H x), P <- P - G S G^T
//
// In the linear case a preconditioner M makes K steps x <- x - M (A x - H^T R^-1 y), A = H^T R^-1 H, exactly the Kalman mean: with P = L L^T (predicted) and
//   L^T A L = V diag(w) V^T,   d_i = (1 - (1 + w_i)^(-1/K)) / w_i,  1/K where w_i <= 1e-12,   M = L V diag(d) V^T L^T
// for in the basis L V an error shrinks by (1 - d_i w_i)^K = 1 / (1 + w_i), Kalman's factor.
//
// The optimizer begins anew at every measurement. Its loss is 0.5 |y - h(x)|^2: the measurements' covariance is ignored. The authors' Adam has a constant
// bias correction; ours is the usual one.
#pragma once

#include "optim/optimizer.h"

namespace tare::optim {

struct Filtered {
  Tensor means;  ///< (T, n)
  Tensor covs;   ///< (T, n, n)
};
/// y (T, m), f (n, n), h (m, n), q (n, n), r (m, m), x0 (n), p0 (n, n).
Filtered kalman_filter(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& q, const Tensor& r, const Tensor& x0, const Tensor& p0);
/// M for K = k steps.
Tensor kalman_equivalent_lr(const Tensor& p, const Tensor& h, const Tensor& r, int64_t k);
/// The Kalman means by k preconditioned gradient steps a measurement.
Tensor implicit_map_kalman(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& q, const Tensor& r, const Tensor& x0, const Tensor& p0, int64_t k);
/// The means by k steps of an optimizer on 0.5 |y_t - H x|^2.
Tensor implicit_map_filter(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& x0, int64_t k, const Json& optimizer);

/// The same for any dynamics and any loss: step(y) gives the estimate after a measurement.
class ImplicitMapFilter {
 public:
  using Transition = std::function<Tensor(const Tensor& x)>;
  using Loss = std::function<Tensor(const Tensor& x, const Tensor& y)>;
  ImplicitMapFilter(Tensor x0, int64_t k, AnyOptimizer optimizer, Transition transition, Loss loss);
  Tensor step(const Tensor& y);
  const Tensor& state() const { return x_; }

 private:
  Tensor x_;
  int64_t k_;
  AnyOptimizer optimizer_;
  Transition transition_;
  Loss loss_;
};

/// The Kalman filter, measurement by measurement: step(y (m)) gives the mean after it.
class KalmanFilter {
 public:
  /// x0 (n), p0 (n, n), f (n, n), h (m, n), q (n, n), r (m, m). Throws ShapeError where they do not fit.
  KalmanFilter(Tensor x0, Tensor p0, Tensor f, Tensor h, Tensor q, Tensor r);
  Tensor step(const Tensor& y);
  const Tensor& state() const { return x_; }
  const Tensor& covariance() const { return p_; }

 private:
  Tensor x_, p_, f_, h_, q_, r_;
};

/// The extended Kalman filter: f and h are linearized at the estimate.
class ExtendedKalmanFilter {
 public:
  using Map = std::function<Tensor(const Tensor& x)>;
  ExtendedKalmanFilter(Tensor x0, Tensor p0, Map f, Map h, Tensor q, Tensor r);
  Tensor step(const Tensor& y);
  const Tensor& state() const { return x_; }
  const Tensor& covariance() const { return p_; }
  /// What f will be from the next step on (a transition that depends on time).
  void set_transition(Map f) { f_ = std::move(f); }

 private:
  Tensor x_, p_;
  Map f_, h_;
  Tensor q_, r_;
};

}  // namespace tare::optim
