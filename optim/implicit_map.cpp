#include "optim/implicit_map.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "optim/catalogue.h"

namespace tare::optim {
namespace {

struct Gaussian {
  Tensor x, p;
};

Tensor sandwich(const Tensor& a, const Tensor& p) { return matmul(matmul(a, p), transpose(a)); }

/// The measurement's update; `wrong` is y minus the prediction of it.
Gaussian corrected(const Gaussian& state, const Tensor& wrong, const Tensor& h, const Tensor& r) {
  Tensor s = sandwich(h, state.p) + r, gain = transpose(solve(transpose(s), matmul(h, transpose(state.p))));
  Tensor p = state.p - sandwich(gain, s);
  return {state.x + mv(gain, wrong), (p + transpose(p)) * 0.5};
}

void check_system(std::string_view who, const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& x0) {
  check<ShapeError>(y.dim() == 2 && x0.dim() == 1 && f.shape() == Shape({x0.size(0), x0.size(0)}) && h.shape() == Shape({y.size(1), x0.size(0)}), who,
                    ": expected y (T, m), F (n, n), H (m, n), x0 (n) but they are ", y.shape(), ", ", f.shape(), ", ", h.shape(), ", ", x0.shape());
}

Tensor rows(const Tensors& parts, const Tensor& like) { return parts.empty() ? zeros({0, like.size(0)}, like.dtype()) : stack(parts); }

/// (outputs, inputs), by one backward pass an output.
Tensor jacobian_of(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  EnableGrad on;
  Tensor at = x.detach().set_requires_grad(), y = f(at);
  Tensors found;
  for (int64_t k = 0; k < y.numel(); k++) {
    Tensor g = grad(select(y, 0, k), at, {.retain_graph = true, .allow_unused = true});
    found.push_back(g.defined() ? g.detach() : zeros_like(x));
  }
  return stack(found);
}

}  // namespace

Filtered kalman_filter(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& q, const Tensor& r, const Tensor& x0, const Tensor& p0) {
  check_system("kalman_filter", y, f, h, x0);
  KalmanFilter filter(x0, p0, f, h, q, r);
  Tensors means, covs;
  for (int64_t t = 0; t < y.size(0); t++) means.push_back(filter.step(select(y, 0, t))), covs.push_back(filter.covariance());
  return {rows(means, x0), covs.empty() ? zeros({0, p0.size(0), p0.size(1)}, p0.dtype()) : stack(covs)};
}

Tensor kalman_equivalent_lr(const Tensor& p, const Tensor& h, const Tensor& r, int64_t k) {
  check<ConfigError>(k >= 1, "kalman_equivalent_lr: k must be at least 1, not ", k);
  Tensor a = matmul(transpose(h), solve(r, h));
  // Any root of P gives the same M; this one exists for singular P too.
  auto [lambda, e] = eigh(p);
  Tensor l = e * sqrt(clamp(lambda, 0));
  Tensor inner = matmul(matmul(transpose(l), a), l);
  auto [w, v] = eigh((inner + transpose(inner)) * 0.5);
  // 1 - (1 + w)^(-1/K), without cancellation
  Tensor informed = gt(w, 1e-12), safe = where(informed, w, 1);
  Tensor d = where(informed, -expm1(log1p(safe) * (-1 / double(k))) / safe, 1 / double(k));
  Tensor b = matmul(l, v);
  return matmul(b * d, transpose(b));
}

Tensor implicit_map_kalman(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& q, const Tensor& r, const Tensor& x0, const Tensor& p0, int64_t k) {
  check_system("implicit_map_kalman", y, f, h, x0);
  Tensor precision = solve(r, h), a = matmul(transpose(h), precision), x = x0, p = p0;  // R^-1 H
  Tensors means;
  for (int64_t t = 0; t < y.size(0); t++) {
    x = mv(f, x);
    p = sandwich(f, p) + q;
    Tensor m = kalman_equivalent_lr(p, h, r, k), b = mv(transpose(precision), select(y, 0, t));
    p = corrected({x, p}, select(y, 0, t), h, r).p;
    for (int64_t i = 0; i < k; i++) x = x - mv(m, mv(a, x) - b);
    means.push_back(x);
  }
  return rows(means, x0);
}

Tensor implicit_map_filter(const Tensor& y, const Tensor& f, const Tensor& h, const Tensor& x0, int64_t k, const Json& optimizer) {
  check_system("implicit_map_filter", y, f, h, x0);
  ImplicitMapFilter filter(x0, k, AnyOptimizer(build(optimizer)), [&](const Tensor& x) { return mv(f, x); },
                           [&](const Tensor& x, const Tensor& now) { return 0.5 * sum(square(now - mv(h, x))); });
  Tensors means;
  for (int64_t t = 0; t < y.size(0); t++) means.push_back(filter.step(select(y, 0, t)));
  return rows(means, x0);
}

ImplicitMapFilter::ImplicitMapFilter(Tensor x0, int64_t k, AnyOptimizer optimizer, Transition transition, Loss loss)
    : x_(x0.detach()), k_(k), optimizer_(std::move(optimizer)), transition_(std::move(transition)), loss_(std::move(loss)) {
  check<ConfigError>(k >= 1, "ImplicitMapFilter: k must be at least 1, not ", k);
}

Tensor ImplicitMapFilter::step(const Tensor& y) {
  Tensor x;
  {
    NoGrad off;
    x = clone(contiguous(transition_(x_)));
  }
  x.set_requires_grad();
  std::unique_ptr<Optimizer> fresh = optimizer_->clone();
  fresh->bind(ParameterList(Tensors{x}));
  for (int64_t i = 0; i < k_; i++) fresh->step([&] { return loss_(x, y); });
  return x_ = x.detach();
}

KalmanFilter::KalmanFilter(Tensor x0, Tensor p0, Tensor f, Tensor h, Tensor q, Tensor r)
    : x_(std::move(x0)), p_(std::move(p0)), f_(std::move(f)), h_(std::move(h)), q_(std::move(q)), r_(std::move(r)) {
  int64_t n = x_.numel(), m = h_.dim() == 2 ? h_.size(0) : 0;
  Shape state{n, n}, measured{m, m};
  check<ShapeError>(x_.dim() == 1 && p_.shape() == state && f_.shape() == state && h_.shape() == Shape({m, n}) && q_.shape() == state && r_.shape() == measured,
                    "KalmanFilter: expected x0 (n), p0 (n, n), F (n, n), H (m, n), Q (n, n), R (m, m) but they are ", x_.shape(), ", ", p_.shape(), ", ", f_.shape(), ", ",
                    h_.shape(), ", ", q_.shape(), ", ", r_.shape());
}

Tensor KalmanFilter::step(const Tensor& y) {
  check<ShapeError>(y.shape() == Shape({h_.size(0)}), "KalmanFilter: expected a measurement (", h_.size(0), ") but it is ", y.shape());
  Gaussian state{mv(f_, x_), sandwich(f_, p_) + q_};
  state = corrected(state, y - mv(h_, state.x), h_, r_);
  x_ = state.x, p_ = state.p;
  return x_;
}

ExtendedKalmanFilter::ExtendedKalmanFilter(Tensor x0, Tensor p0, Map f, Map h, Tensor q, Tensor r)
    : x_(std::move(x0)), p_(std::move(p0)), f_(std::move(f)), h_(std::move(h)), q_(std::move(q)), r_(std::move(r)) {}

Tensor ExtendedKalmanFilter::step(const Tensor& y) {
  Tensor slope = jacobian_of(f_, x_);
  NoGrad off;
  Gaussian state{f_(x_), sandwich(slope, p_) + q_};
  state = corrected(state, y - h_(state.x), jacobian_of(h_, state.x), r_);
  x_ = state.x.detach(), p_ = state.p.detach();
  return x_;
}

}  // namespace tare::optim
