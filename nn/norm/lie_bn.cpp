#include "nn/norm/lie_bn.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/spectral.h"
#include "core/context.h"

namespace tare::nn {
namespace {

using Metric = LieBNSPDOptions::Metric;
constexpr std::string_view kLieMetrics[] = {"AIM", "LEM", "LCM"};
constexpr double kLieEps = 1e-5;
constexpr double kKarcherTolerance = 0.1;

Tensor conjugate(const Tensor& a, const Tensor& x) { return matmul(matmul(a, x), transpose(a)); }
Tensor on_diagonal(const Tensor& x) { return diagonal(x, 0, -2, -1); }
/// x with f of its diagonal, nothing above it.
template <class F>
Tensor with_diagonal(const Tensor& x, F f) {
  return tril(x, -1) + diag_embed(f(on_diagonal(x)));
}

}  // namespace

void LieBNSPDOptions::visit(Visitor& v) {
  v.option("n", n);
  v.option("metric", metric, kLieMetrics);
  v.option("power", power);
  v.option("alpha", alpha);
  v.option("beta", beta);
  v.option("momentum", momentum);
  v.option("karcher_steps", karcher_steps);
}

LieBNSPD::LieBNSPD(Options o) : options(o) {
  check<ConfigError>(o.n >= 1, "LieBNSPD: n must be at least 1, not ", o.n);
  check<ConfigError>(o.power != 0 && o.power == o.power, "LieBNSPD: power must not be ", o.power);
  check<ConfigError>(o.alpha > 0 && o.beta > -o.alpha / double(o.n), "LieBNSPD: expected alpha > 0 and beta > -alpha / n, not ", o.alpha, " and ", o.beta);
  check<ConfigError>(o.momentum >= 0 && o.momentum <= 1, "LieBNSPD: momentum must lie between 0 and 1, not ", o.momentum);
  check<ConfigError>(o.karcher_steps >= 0, "LieBNSPD: karcher_steps must be at least 0, not ", o.karcher_steps);
  weight = Parameter(eye(o.n));
  weight.manifold = "spd";
  shift = Parameter(ones({1}));
  running_mean = Buffer(o.metric == Metric::AIM ? eye(o.n) : zeros({o.n, o.n}));
  running_var = Buffer(ones({1}));
}
LieBNSPD::LieBNSPD(int64_t n) : LieBNSPD(Options{.n = n}) {}

void LieBNSPD::visit(Visitor& v) {
  v.parameter("weight", weight, Role::norm_shift);
  v.parameter("shift", shift, Role::norm_scale);
  v.buffer("running_mean", running_mean);
  v.buffer("running_var", running_var);
}

Tensor LieBNSPD::deform(const Tensor& x) const {
  if (options.metric == Metric::LEM) return logm(x);
  Tensor powered = spd_power(x, options.power);
  return options.metric == Metric::AIM ? powered : with_diagonal(cholesky(powered), [](const Tensor& d) { return log(d); });
}

Tensor LieBNSPD::restore(const Tensor& d) const {
  if (options.metric == Metric::LEM) return symmetric_exp(d);
  if (options.metric == Metric::AIM) return spd_power(d, 1 / options.power);
  Tensor l = with_diagonal(d, [](const Tensor& e) { return exp(e); });
  return spd_power(matmul(l, transpose(l)), 1 / options.power);
}

Tensor LieBNSPD::mean_of(const Tensor& d) const {
  Tensor m = mean(d, {0});
  if (options.metric != Metric::AIM) return m;
  for (int64_t k = 0; k < options.karcher_steps; k++) {
    Tensor root = sqrtm(m), t = mean(logm(conjugate(inverse_sqrtm(m), d)), {0});
    if (norm(t).item() <= kKarcherTolerance) break;
    m = conjugate(root, symmetric_exp(t));
  }
  return m;
}

Tensor LieBNSPD::centre(const Tensor& d, const Tensor& m) const {
  if (options.metric != Metric::AIM) return d - m;
  Tensor l = cholesky(m);
  return symmetric_part(solve_triangular(l, transpose(solve_triangular(l, d, false)), false));
}

// Mean of |C|^2, as (1).
Tensor LieBNSPD::variance_of(const Tensor& c) const {
  const LieBNSPDOptions& o = options;
  Tensor flat = o.metric == Metric::AIM ? logm(c) : c;
  Tensor size = sum(square(flat), {1, 2});
  if (o.metric != Metric::LCM) size = size * o.alpha + square(sum(on_diagonal(flat), {1})) * o.beta;
  if (o.metric != Metric::LEM) size = size / (o.power * o.power);
  return mean(size, {0}, true);
}

void LieBNSPD::average(const Tensor& m, const Tensor& variance) {
  const Tensor& r = running_mean();
  double f = options.momentum;
  if (options.metric == Metric::AIM) running_mean.update(conjugate(sqrtm(r), spd_power(conjugate(inverse_sqrtm(r), m), f)));
  else running_mean.update(r * (1 - f) + m * f);
  running_var.update(running_var() * (1 - f) + variance * f);
}

Tensor LieBNSPD::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 3 && x.shape()[1] == options.n && x.shape()[2] == options.n, "LieBNSPD: expected an input (B, ", options.n, ", ", options.n,
                    ") but it is ", x.shape());
  if (x.shape()[0] == 0) return x;
  Tensor d = deform(x), w = deform(weight()), c, variance = running_var();
  if (training()) {
    Tensor m;
    {
      NoGrad off;
      m = mean_of(d);
    }
    c = centre(d, m);
    NoGrad off;
    variance = variance_of(c);
    average(m, variance);
  } else {
    c = centre(d, running_mean());
  }
  Tensor factor = shift() / sqrt(variance + kLieEps);
  if (options.metric == Metric::AIM) return restore(conjugate(cholesky(w), symmetric_exp(logm(c) * factor)));
  return restore(c * factor + w);
}

template class Layer<LieBNSPD>;

}  // namespace tare::nn
