// Diffusion models: weights of noise levels, guidance with fewer calls.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "nn/diffusion/guidance.h"
#include "nn/diffusion/p2.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

}  // namespace

TEST_CASE("P2: gamma 0 is the plain loss, k = gamma = 1 weighs by 1 - alpha_bar, weights grow with noise, gradients are 2 w / n") {
  for (const char* schedule : {"linear", "cosine"}) {
    P2Options o{.schedule = schedule, .timesteps = 50};
    Tensor bar = diffusion_alphas_cumprod(o), w = p2_weights(o);
    CHECK(apart(w, 1.0 - bar) < 1e-12);
    CHECK(amin(diff(w)).item() > 0);
    o.p2_gamma = 0;
    CHECK(equal(p2_weights(o), ones({50}, DType::float64)));
    // Scaling k and SNR by c scales the weight by c^-gamma.
    o.p2_gamma = 0.5;
    o.p2_k = 3;
    CHECK(apart(p2_weights(o), pow(diffusion_snr(o) / 3 + 1.0, -0.5) * std::pow(3, -0.5)) < 1e-12);
    Tensor eps = gauss({2, 3}, 1), pred = gauss({2, 3}, 2).set_requires_grad(), t = indices({0, 40});
    Tensor g = grad(sum(p2_weighted_mse(eps, pred, t, o)), pred);
    CHECK(apart(select(g, 0, 1), select(2 / 3.0 * p2_weights(o), 0, 40) * select(pred - eps, 0, 1)) < 1e-12);
    P2Loss loss({.schedule = schedule, .timesteps = 50, .p2_k = 3, .p2_gamma = 0.5, .reduction = "mean"});
    loss.to(DType::float64);
    CHECK(apart(loss(eps, pred, t), mean(p2_weighted_mse(eps, pred, t, o))) < 1e-6);
  }
  CHECK_THROWS_WITH_AS(p2_weights({.timesteps = 20}), doctest::Contains("at least 25"), ConfigError);
  CHECK_THROWS_AS(p2_weighted_mse(gauss({1, 2}, 1), gauss({1, 2}, 1), indices({1000}), {}), IndexError);
}

TEST_CASE("adaptive guidance: a threshold above 1 is classifier-free guidance, one below -1 guides once, s = 1 needs none") {
  NoiseModel c = [](const Tensor& x, double bar) { return tanh(x * (1 + bar)); }, u = [](const Tensor& x, double bar) { return x * bar - 0.3; };
  std::vector<double> levels;
  for (int i = 0; i <= 10; i++) levels.push_back(0.05 + 0.09 * i);
  Tensor start = gauss({5, 3}, 1), x = start;
  for (size_t i = 0; i + 1 < levels.size(); i++) x = ddim_step(x, cfg_combine(c(x, levels[i]), u(x, levels[i]), 4), levels[i], levels[i + 1]);
  auto run = [&](AdaptiveGuidanceOptions o) { return AdaptiveGuidance(o).sample(c, u, start, levels); };
  GuidedSample full = run({.scale = 4, .gamma_bar = 2});
  CHECK(equal(full.x0, x));
  CHECK(full.nfe.to_vector<int64_t>() == std::vector<int64_t>(5, 20));
  CHECK(run({.gamma_bar = -2}).nfe.to_vector<int64_t>() == std::vector<int64_t>(5, 11));
  CHECK(run({.gamma_bar = -2, .min_full_steps = 3}).nfe.to_vector<int64_t>() == std::vector<int64_t>(5, 13));
  CHECK(apart(run({.scale = 1, .gamma_bar = 0.2}).x0, run({.scale = 1, .gamma_bar = 2}).x0) < 1e-12);
  // One decision for each sample: alone or in a batch, a sample is the same; and once done it stays done.
  GuidedSample some = run({.scale = 4, .gamma_bar = 0.6});
  for (int64_t n = 0; n < 5; n++) {
    GuidedSample alone = AdaptiveGuidance({.scale = 4, .gamma_bar = 0.6}).sample(c, u, narrow(start, 0, n, 1), levels);
    CHECK(apart(alone.x0, narrow(some.x0, 0, n, 1)) < 1e-12);
    bool done = false;
    for (const Tensor& g : some.gamma) {
      double v = g.to_vector<double>()[size_t(n)];
      CHECK(std::isnan(v) == done);
      done = done || v > 0.6;
    }
  }
  CHECK_THROWS_AS(AdaptiveGuidance({.solver = "euler"}), ConfigError);
}

TEST_CASE("guidance_alignment is a cosine of each sample; linear_ag_fit recovers what lies in the span, and LinearAG a linear relation") {
  Tensor a = gauss({4, 2, 3}, 1), b = gauss({4, 2, 3}, 2), cosine = guidance_alignment(a, b);
  CHECK(cosine.shape() == Shape{4});
  CHECK(amax(abs(cosine)).item() <= 1);
  CHECK(apart(guidance_alignment(1e3 * a, 1e-3 * b), cosine) < 1e-12);
  CHECK(apart(guidance_alignment(a, 0.0 * b), zeros({4}, DType::float64)) == 0);
  Tensor X = gauss({12, 3}, 3), beta = tensor({1.0, -2.0, 0.5});
  CHECK(apart(linear_ag_fit(X, mv(X, beta)), beta) < 1e-12);
  Tensor y = gauss({12}, 4), ridged = linear_ag_fit(X, y, 0.7);
  CHECK(apart(mv(matmul(transpose(X), X), ridged) + 0.7 * ridged, mv(transpose(X), y)) < 1e-10);
  // An unconditional model that is half the conditional one is predicted exactly: LinearAG then is full guidance in the first half.
  NoiseModel c = [](const Tensor& x, double bar) { return tanh(x) * (1 + bar); }, u = [&](const Tensor& x, double bar) { return 0.5 * tanh(x) * (1 + bar); };
  std::vector<double> levels{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  Tensor start = gauss({3, 4}, 5), x = start;
  LinearAG lag = LinearAG::fit(c, u, gauss({6, 4}, 6), levels, 2);
  GuidedSample got = lag.sample(c, u, start, levels);
  for (size_t i = 0; i + 1 < levels.size(); i++) x = ddim_step(x, i < 4 ? cfg_combine(c(x, levels[i]), u(x, levels[i]), 2) : c(x, levels[i]), levels[i], levels[i + 1]);
  CHECK(apart(got.x0, x) < 1e-9);
  CHECK(got.nfe.to_vector<int64_t>() == std::vector<int64_t>(3, 10));
}
