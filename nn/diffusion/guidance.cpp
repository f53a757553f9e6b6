#include "nn/diffusion/guidance.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"

namespace tare::nn {
namespace {

Tensor per_sample(const Tensor& x) { return reshape(x, {x.size(0), -1}); }

/// Regressors of step i as columns: eps_c of 0 .. i and eps_u of 0 .. i - 1.
Tensor regressors(const Tensors& conditional, const Tensors& unconditional, size_t i) {
  Tensors columns;
  for (size_t k = 0; k <= i; k++) columns.push_back(reshape(conditional[k], {-1}));
  for (size_t k = 0; k < i; k++) columns.push_back(reshape(unconditional[k], {-1}));
  return stack(columns, 1);
}

void check_levels(std::string_view who, const Tensor& x, const std::vector<double>& alpha_bars) {
  check<ShapeError>(x.dim() >= 2, who, ": expected samples (B, *) but x_T has shape ", x.shape());
  check<ValueError>(alpha_bars.size() >= 2, who, ": expected at least two noise levels, not ", alpha_bars.size());
}

}  // namespace

Tensor cfg_combine(const Tensor& eps_c, const Tensor& eps_u, double scale) { return eps_u + scale * (eps_c - eps_u); }

Tensor guidance_alignment(const Tensor& eps_c, const Tensor& eps_u) {
  check<ShapeError>(eps_c.dim() >= 1 && eps_c.shape() == eps_u.shape(), "guidance_alignment: expected two predictions (B, *) of one shape but they are ", eps_c.shape(), " and ",
                    eps_u.shape());
  Tensor c = per_sample(eps_c), u = per_sample(eps_u);
  return sum(c * u, {1}) / clamp(norm(c, 2, {1}) * norm(u, 2, {1}), 1e-12);
}

Tensor ddim_step(const Tensor& x, const Tensor& eps, double alpha_bar, double alpha_bar_prev) {
  for (double a : {alpha_bar, alpha_bar_prev}) check<ValueError>(a > 0 && a <= 1, "ddim_step: alpha_bar and alpha_bar_prev must lie in (0, 1], not ", a);
  Tensor x0 = (x - std::sqrt(1 - alpha_bar) * eps) / std::sqrt(alpha_bar);
  return std::sqrt(alpha_bar_prev) * x0 + std::sqrt(1 - alpha_bar_prev) * eps;
}

// A ridge is the same problem with sqrt(ridge) I below X and zeros below y, which keeps the condition of X where the normal equations would square it.
Tensor linear_ag_fit(const Tensor& X, const Tensor& y, double ridge) {
  check<ShapeError>(X.dim() == 2 && y.shape() == Shape{X.size(0)}, "linear_ag_fit: expected X (n, k) and y (n) but they are ", X.shape(), " and ", y.shape());
  check<ValueError>(ridge >= 0, "linear_ag_fit: ridge must be at least 0, not ", ridge);
  if (ridge == 0) return lstsq(X, y);
  int64_t k = X.size(1);
  return lstsq(cat({X, std::sqrt(ridge) * eye(k, k, X.dtype())}), cat({y, zeros({k}, y.dtype())}));
}

void AdaptiveGuidanceOptions::visit(Visitor& v) {
  v.option("scale", scale);
  v.option("gamma_bar", gamma_bar);
  v.option("min_full_steps", min_full_steps);
  v.option("solver", solver);
}

AdaptiveGuidance::AdaptiveGuidance(AdaptiveGuidanceOptions o) : options(std::move(o)) {
  check<ConfigError>(options.solver == "ddim", "AdaptiveGuidance: solver must be \"ddim\", not \"", options.solver, "\"");
}

GuidedSample AdaptiveGuidance::sample(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars) const {
  NoGrad off;
  check_levels("AdaptiveGuidance", x_T, alpha_bars);
  Tensor x = x_T, guided = ones({x.size(0)}, DType::boolean);
  GuidedSample out;
  out.nfe = zeros({x.size(0)}, DType::int64);
  for (size_t i = 0; i + 1 < alpha_bars.size(); i++) {
    Tensor eps = conditional(x, alpha_bars[i]);
    Tensor rows = select(nonzero(guided), 1, 0), gamma = full({x.size(0)}, NAN, x.dtype());
    out.nfe = out.nfe + 1 + to(guided, DType::int64);
    if (rows.numel() > 0) {
      bool all = rows.numel() == x.size(0);
      auto theirs = [&](const Tensor& t) { return all ? t : index_select(t, 0, rows); };
      Tensor eps_c = theirs(eps), eps_u = unconditional(theirs(x), alpha_bars[i]);
      Tensor cosine = guidance_alignment(eps_c, eps_u), combined = cfg_combine(eps_c, eps_u, options.scale);
      eps = all ? combined : index_copy(eps, 0, rows, combined);
      gamma = all ? cosine : index_copy(gamma, 0, rows, cosine);
      // A comparison with NaN is false: a sample that is done stays done.
      if (int64_t(i) + 1 >= options.min_full_steps) guided = le(gamma, options.gamma_bar);
    }
    out.gamma.push_back(gamma);
    x = ddim_step(x, eps, alpha_bars[i], alpha_bars[i + 1]);
  }
  out.x0 = x;
  return out;
}

LinearAG::LinearAG(std::vector<Tensor> b, double s) : betas(std::move(b)), scale(s) {}

LinearAG LinearAG::fit(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars, double scale, double ridge) {
  NoGrad off;
  check_levels("LinearAG", x_T, alpha_bars);
  Tensor x = x_T;
  Tensors c, u, betas;
  for (size_t i = 0; i + 1 < alpha_bars.size(); i++) {
    c.push_back(conditional(x, alpha_bars[i]));
    u.push_back(unconditional(x, alpha_bars[i]));
    betas.push_back(linear_ag_fit(regressors(c, u, i), reshape(u[i], {-1}), ridge));
    x = ddim_step(x, cfg_combine(c[i], u[i], scale), alpha_bars[i], alpha_bars[i + 1]);
  }
  return LinearAG(betas, scale);
}

GuidedSample LinearAG::sample(const NoiseModel& conditional, const NoiseModel& unconditional, const Tensor& x_T, const std::vector<double>& alpha_bars) const {
  NoGrad off;
  check_levels("LinearAG", x_T, alpha_bars);
  size_t steps = alpha_bars.size() - 1, early = steps / 2;
  check<StateError>(betas.size() >= early, "LinearAG: the coefficients are those of ", betas.size(), " steps but ", early, " are to be guided");
  Tensor x = x_T;
  Tensors c, u;
  GuidedSample out;
  int64_t calls = 0;
  for (size_t i = 0; i < steps; i++) {
    Tensor eps = conditional(x, alpha_bars[i]), gamma = full({x.size(0)}, NAN, x.dtype());
    calls++;
    if (i < early) {
      c.push_back(eps);
      bool full_step = i % 2 == 0;
      u.push_back(full_step ? unconditional(x, alpha_bars[i]) : reshape(matmul(regressors(c, u, i), betas[i]), x.shape()));
      calls += full_step;
      gamma = guidance_alignment(eps, u[i]);
      eps = cfg_combine(eps, u[i], scale);
    }
    out.gamma.push_back(gamma);
    x = ddim_step(x, eps, alpha_bars[i], alpha_bars[i + 1]);
  }
  out.x0 = x;
  out.nfe = full({x.size(0)}, calls, DType::int64);
  return out;
}

}  // namespace tare::nn
