// What the papers' methods promise, on problems small enough to work out: invariances, exact steps on quadratics, calls of the closure.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "optim/adam.h"
#include "optim/adamp.h"
#include "optim/catalogue.h"
#include "optim/chain.h"
#include "optim/class_gradients.h"
#include "optim/gradient_mask_tuning.h"
#include "optim/irrelevance_decay.h"
#include "optim/l1_sgd.h"
#include "optim/lens.h"
#include "optim/logistic_gd.h"
#include "optim/measure.h"
#include "optim/normalized_gd.h"
#include "optim/novograd.h"
#include "optim/private_gradient.h"
#include "optim/ranger21.h"
#include "optim/sgd.h"
#include "optim/sgdw.h"
#include "optim/sharpness/amp.h"
#include "optim/sharpness/gam.h"
#include "optim/sharpness/gradient_regularizer.h"
#include "optim/sharpness/sam.h"
#include "optim/transform/adaptive_grad_clip.h"
#include "optim/transform/clip.h"
#include "optim/weight_projection.h"

using namespace tare;
using namespace tare::optim;
using Entry = ParameterList::Entry;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
ParameterList one(const Tensor& w, Role role = Role::weight) {
  return ParameterList(std::vector<Entry>{{"w", kernels::copy(w).set_requires_grad(), "", role, ""}});
}
double apart(const Tensor& a, const Tensor& b) { return max_abs_of(kernels::sub(a.detach(), b.detach())); }
/// A symmetric positive definite matrix.
Tensor spd(int64_t n, uint64_t seed) {
  Tensor a = gauss({n, n}, seed);
  return matmul(a, transpose(a)) * (1.0 / double(n)) + 0.3 * eye(n, n, DType::float64);
}
struct Quadratic {
  Tensor h = spd(4, 1), w0 = gauss({4}, 2);
  ParameterList params = one(w0);
  int calls = 0;
  Closure loss = [this] {
    calls++;
    Tensor w = params[0].tensor;
    return 0.5 * sum(w * mv(h, w));
  };
  Tensor gradient(const Tensor& w) const { return mv(h, w); }
  const Tensor& w() const { return params[0].tensor; }
};
/// Steps `o` with the same stream of gradients, scaled; returns the weights.
Tensor run(Optimizer& o, const Tensor& w0, int steps, const std::function<Tensor(int)>& gradient) {
  o.bind(one(w0));
  for (int k = 0; k < steps; k++) {
    o.params()[0].tensor.set_grad(gradient(k));
    o.step();
  }
  return o.params()[0].tensor.detach();
}
Tensor run(Optimizer&& o, const Tensor& w0, int steps, const std::function<Tensor(int)>& gradient) { return run(o, w0, steps, gradient); }
Tensor noise(int k) { return gauss({3, 4}, 100 + uint64_t(k)); }
const SGD kPlain{SGDOptions{.lr = 1}};

}  // namespace

TEST_CASE("decoupled decay shrinks every weight alike, L2 in Adam does not") {
  Tensor w0 = gauss({3, 4}, 1);
  Tensor still = run(AdamWPaper({.weight_decay = 0.1, .schedule = {1, 0.5}}), w0, 3, [](int) { return zeros({3, 4}, DType::float64); });
  CHECK(apart(still, w0 * (0.9 * 0.95 * 0.95)) < 1e-15);
  // SGDW is SGD with an L2 term of weight_decay / lr.
  CHECK(apart(run(SGDW({.lr = 0.1, .weight_decay = 0.02}), w0, 5, noise), run(SGD({.lr = 0.1, .weight_decay = 0.2}), w0, 5, noise)) < 1e-14);
  CHECK(apart(run(AdamW({.weight_decay = 0}), w0, 5, noise), run(Adam(), w0, 5, noise)) == 0);
  CHECK(apart(run(AdamWPaper({.lr = 0.01, .weight_decay = 0.002}), w0, 5, noise), run(AdamW({.lr = 0.01, .weight_decay = 0.2}), w0, 5, noise)) < 1e-14);
  CHECK(normalized_weight_decay(0.05, 128, 50000, 100) == doctest::Approx(0.05 * std::sqrt(128 / 5e6)));
  // Columns with gradients 0.01, 1 and 100 times the same noise, and equal coefficients of decay.
  Tensor scale = tensor({0.01, 1, 100}), start = ones({200, 3}, DType::float64);
  auto kept = [&](Optimizer&& o) {
    Tensor w = run(o, start, 300, [&](int k) { return gauss({200, 3}, uint64_t(k)) * kernels::to(scale, DType::float64); });
    return mean(w, {0}).to_vector<double>();
  };
  auto decoupled = kept(AdamW({.lr = 1e-3, .weight_decay = 1})), coupled = kept(Adam({.lr = 1e-3, .weight_decay = 1}));
  CHECK(std::abs(decoupled[2] / decoupled[0] - 1) < 0.02);
  CHECK(std::log(coupled[2]) / std::log(coupled[0]) < 0.1);
}

TEST_CASE("AdamP and SGDP: with the projection the norm grows by the step alone") {
  // f(w) = F(w / |w|): its gradient is orthogonal to w.
  Tensor d = linspace(0.01, 1, 20, DType::float64), w0 = gauss({1, 20}, 3);
  auto walk = [&](Optimizer&& o) {
    o.bind(one(w0));
    double growth = 0;
    for (int k = 0; k < 50; k++) {
      const Tensor& w = o.params()[0].tensor;
      double before = dot_of(w.detach(), w.detach());
      Tensor old = kernels::copy(w);
      o.step([&] { return 0.5 * sum(d * square(w)) / sum(square(w)); });
      CHECK(std::abs(dot_of(w.detach(), w.detach()) - before - dot_of(kernels::sub(w.detach(), old), kernels::sub(w.detach(), old))) < 1e-12 * (1 + before));
      growth = norm_of(w.detach()) / norm_of(w0);
    }
    return growth;
  };
  double projected = walk(SGDP({.lr = 0.5, .momentum = 0.9, .eps = 1e-15, .delta = 1e9})), adam = walk(AdamP({.lr = 0.01, .eps = 1e-15, .delta = 1e9}));
  CHECK(projected < 1.5);
  CHECK(adam < 1.5);
  // Vectors are never projected; a gradient along w is not either.
  Tensor w = gauss({4}, 1), g = gauss({2, 3}, 2);
  CHECK(project_scale_invariant(w, w, w, 1e9, 0.1, 1e-8).decay_ratio == 1);
  CHECK(project_scale_invariant(g, g, g, 0.1, 0.1, 1e-8).decay_ratio == 1);
}

TEST_CASE("NovoGrad, NormalizedGD, AGC: what scaling gradients does") {
  Tensor w0 = gauss({3, 4}, 5);
  auto scaled = [](double c) { return [c](int k) { return noise(k) * c; }; };
  CHECK(apart(run(NovoGrad({.eps = 0}), w0, 6, scaled(1)), run(NovoGrad({.eps = 0}), w0, 6, scaled(1e3))) < 1e-10);
  CHECK(norm_of(run(NovoGrad({.lr = 1}), w0, 1, noise) - w0) == doctest::Approx(1));
  CHECK(norm_of(run(NormalizedGD({.lr = 0.1}), w0, 1, scaled(7)) - w0) == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(apart(run(NormalizedGD({.lr = 0.1, .beta = 0}), w0, 3, noise), run(SGD({.lr = 0.1}), w0, 3, noise)) < 1e-15);
  CHECK(apart(run(NormalizedGD(), w0, 2, scaled(0)), w0) == 0);
  Tensor once = adaptive_grad_clip(w0, noise(1), 0.01);
  CHECK(apart(adaptive_grad_clip(w0, once, 0.01), once) < 1e-16);
  for (int64_t i = 0; i < 3; i++) CHECK(norm_of(select(once, 0, i)) <= 0.01 * norm_of(select(w0, 0, i)) * (1 + 1e-12));
  CHECK(apart(adaptive_grad_clip(w0, noise(1), INFINITY), noise(1)) == 0);
  CHECK(apart(adaptive_grad_clip(w0 * 5, noise(1) * 5, 0.01), once * 5) < 1e-15);
  Clipped c = clip_grad_norm({noise(1), Tensor(), noise(2)}, 1);
  CHECK(joint_norm_of(c.grads) == doctest::Approx(c.norm / (c.norm + 1e-6)));
  CHECK_THROWS_AS(clip_grad_norm({noise(1) * NAN}, 1, 2, true), ValueError);
}

TEST_CASE("diffGrad: a constant gradient halves the step, a wild one leaves Adam's") {
  Tensor w0 = zeros({2}, DType::float64);
  auto gradient = [](int k) { return from_vector({3.0, k % 2 ? 400.0 : -400.0}, {2}, DType::float64); };
  auto path = [&](const char* friction, int steps) {
    Json json = Json::parse(R"({"type": "DiffGrad", "lr": 0.1, "eps": 0})");
    json.set("friction", friction);
    auto o = build(json);
    return run(*o, w0, steps, gradient).to_vector<double>();
  };
  auto damped = path("difference", 9), before = path("difference", 8), half = path("half", 9), half_before = path("half", 8), none = path("none", 9),
       none_before = path("none", 8);
  CHECK(damped[0] - before[0] == doctest::Approx(half[0] - half_before[0]));
  CHECK(damped[1] - before[1] == doctest::Approx(none[1] - none_before[1]));
}

TEST_CASE("Ranger21: its schedule, and one option changes one thing") {
  Ranger21Options o{.lr = 1, .num_epochs = 10, .num_batches_per_epoch = 10, .num_warmup_iterations = 4, .warmdown_min_lr = 0.1};
  CHECK(o.rate(1) == 0.25);
  CHECK(o.rate(4) == 1);
  CHECK(o.rate(71) == 1);
  CHECK(o.rate(72) == doctest::Approx(1 - 0.9 / 29));
  CHECK(o.rate(100) == doctest::Approx(0.1));
  CHECK(Ranger21Options{.num_epochs = 10, .num_batches_per_epoch = 10}.rate(11) == doctest::Approx(1e-3 * 11 / 22));
  Tensor w0 = gauss({3, 4}, 7), reference = run(Ranger21(), w0, 6, noise);
  int changed = 0;
  for (const char* option : {"use_adaptive_gradient_clipping", "using_gc", "using_normgc", "softplus", "normloss_active", "lookahead_active"}) {
    Json json = Json::parse(R"({"type": "Ranger21"})");
    json.set(option, false);
    changed += apart(run(*build(json), w0, 6, noise), reference) > 1e-9;
  }
  CHECK(changed >= 5);  // clipping changes nothing before normalization of a matrix whose rows are all clipped alike
}

TEST_CASE("SAM, GAM, AMP and gradient regularization take exact steps on a quadratic") {
  auto step = [](Optimizer&& o, int calls) {
    Quadratic q;
    o.bind(q.params);
    o.step(q.loss);
    CHECK(q.calls == calls);
    return q.w().detach();
  };
  Quadratic q;
  Tensor g = q.gradient(q.w0), unit = g * (1 / norm_of(g));
  auto after = [&](const Tensor& gradient) { return q.w0 - gradient; };  // the base steps with rate 1
  SUBCASE("SAM") { CHECK(apart(step(SAM(kPlain, {.rho = 0.3}), 2), after(q.gradient(q.w0 + unit * 0.3))) < 1e-12); }
  SUBCASE("ASAM: the offset has length rho relative to the weights") {
    SAM sam(kPlain, {.rho = 0.3, .adaptive = true});
    std::vector<uint32_t> groups(1);
    Step here{.params = q.params, .groups = groups, .grads = {g}};
    CHECK(norm_of(sam.offsets(here)[0] / (abs(q.w0) + 0.01)) == doctest::Approx(0.3).epsilon(1e-10));
  }
  SUBCASE("AMP: inside the ball the offset is the gradient, outside it is clipped") {
    CHECK(apart(step(AMP(kPlain, {.epsilon = 1e3}), 2), after(q.gradient(q.w0 + g))) < 1e-12);
    CHECK(apart(step(AMP(kPlain, {.epsilon = 1e-2}), 2), after(q.gradient(q.w0 + unit * 1e-2))) < 1e-11);
    CHECK(apart(step(AMP(kPlain, {.inner_iter = 0}), 1), after(g)) < 1e-14);
  }
  SUBCASE("GAM") {
    CHECK(apart(step(GAM(kPlain, {.grad_rho = 0, .grad_norm_rho = 0, .grad_gamma = 0}), 4), after(g)) < 1e-12);
    GAMOptions o;
    Tensor g1 = q.gradient(q.w0 + unit * o.grad_rho), h = g1 - g, w2 = q.w0 + h * (o.grad_norm_rho / norm_of(h)), g2 = q.gradient(w2);
    Tensor g3 = q.gradient(w2 + g2 * (o.grad_rho / norm_of(g2))), f = g1 * 0.6 + g3 * 0.4, r = g + g2 * 0.5;
    CHECK(apart(step(GAM(kPlain, o), 4), after(f - (r - f * (dot_of(r, f) / dot_of(f, f))) * o.grad_gamma)) < 1e-9);
    CHECK(apart(step(GAM(SGD(SGDOptions{.lr = 0}), o), 4), q.w0) == 0);
    // The largest gradient norm in a ball of radius rho lies within rho lambda_max of |g|.
    double flat = first_order_flatness(q.params, q.loss, 0.1, 5);
    CHECK(flat > 0.1 * norm_of(g));
    CHECK(apart(q.w(), q.w0) == 0);
  }
  SUBCASE("gradient regularization: every mode is g + gamma H g") {
    Tensor exact = after(g + q.gradient(g) * 0.2);
    for (const char* mode : {"forward", "backward", "central", "double_backward"})
      CHECK(apart(step(GradientRegularizer(kPlain, {.gamma = 0.2, .epsilon = 0.05, .mode = mode}), std::string_view(mode) == "central" ? 3 : 2), exact) < 1e-11);
    CHECK(apart(step(GradientRegularizer(kPlain, {.gamma = 0.05, .epsilon = 0.05}), 2), after(q.gradient(q.w0 + g * 0.05))) < 1e-11);
  }
  SUBCASE("flooding turns round below its level") {
    double height = q.loss().item();
    auto flood = [&](double level) { return step(Chain({Flooding({.level = level}), kPlain}), 1); };
    CHECK(apart(flood(height - 1), after(g)) < 1e-14);
    CHECK(apart(flood(height + 1), after(-g)) < 1e-14);
    CHECK(flooded(scalar(0.2, DType::float64), 0.5).item() == doctest::Approx(0.8));
  }
  SUBCASE("a closure that throws leaves the weights as they were") {
    SAM sam(q.params, kPlain, {.rho = 0.3});
    int calls = 0;
    CHECK_THROWS_AS(sam.step([&] {
      if (calls++) throw ValueError("no");
      return q.loss();
    }),
                    ValueError);
    CHECK(apart(q.w(), q.w0) == 0);
  }
}

TEST_CASE("cubic: forward probes overshoot the regularized gradient, backward ones fall short") {
  double slope[2];
  for (int k = 0; k < 2; k++) {
    ParameterList p = one(full({1}, 1.0, DType::float64));
    GradientRegularizer o(p, kPlain, {.gamma = 0.1, .epsilon = 1e-3, .mode = k ? "backward" : "forward"});
    o.step([&] { return sum(pow(p[0].tensor, 3)); });
    slope[k] = 1 - p[0].tensor.item() - (3 + 0.1 * 6 * 3);  // what the step has beyond g + gamma H g
  }
  CHECK(slope[0] == doctest::Approx(0.1 * 1e-3 * 3 * 9).epsilon(1e-3));  // gamma epsilon L''' / 2 g^2
  CHECK(slope[1] == doctest::Approx(-slope[0]).epsilon(1e-2));
}

TEST_CASE("SAM-ON perturbs normalization parameters alone") {
  Tensor a = gauss({3}, 1), b = gauss({3}, 2);
  auto with_roles = [&](Role first, const char* perturb) {
    ParameterList p(std::vector<Entry>{{"a", kernels::copy(a).set_requires_grad(), "", first, ""}, {"b", kernels::copy(b).set_requires_grad(), "", Role::weight, ""}});
    SAM o(p, kPlain, {.rho = 0.5, .perturb = perturb});
    o.step([&] { return sum(square(p[0].tensor) * p[1].tensor); });
    return std::pair{p[0].tensor.detach(), p[1].tensor.detach()};
  };
  auto [a1, b1] = with_roles(Role::norm_scale, "only_norm");
  Tensor g = 2 * a * b, away = a + g * (0.5 / norm_of(g));
  CHECK(apart(b1, b - square(away)) < 1e-12);
  CHECK(apart(a1, a - 2 * away * b) < 1e-12);
  CHECK(apart(with_roles(Role::weight, "only_norm").first, a - g) < 1e-14);  // none: the base optimizer
  CHECK(build(Json::parse(R"({"type": "SAMON", "base": {"type": "SGD"}})"))->get("perturb").as_string() == "only_norm");
}

TEST_CASE("Spider: on one fixed batch it is normalized gradient descent") {
  Quadratic q, r;
  Spider spider(q.params, {.lr = 0.05, .q = 3});
  NormalizedGD plain(r.params, {.lr = 0.05});
  CHECK(spider.batch_size() == 256);
  for (int k = 0; k < 7; k++) spider.step(q.loss), plain.step(r.loss);
  CHECK(spider.batch_size() == 16);
  CHECK(apart(q.w(), r.w()) < 1e-12);
}

TEST_CASE("norms are held: WeightProjection, NaP, LAWN") {
  Tensor w0 = gauss({3, 4}, 1);
  ParameterList p = one(w0);
  WeightProjection rows(p, kPlain, {.project = {"w"}});
  p[0].tensor.set_grad(noise(1));
  rows.step();
  for (int64_t i = 0; i < 3; i++) CHECK(norm_of(select(p[0].tensor.detach(), 0, i)) == doctest::Approx(1).epsilon(1e-12));
  CHECK_THROWS_WITH_AS(WeightProjection(p, kPlain, {.project = {"v*"}}).step(), doctest::Contains("no parameter matches \"v*\""), ConfigError);

  Tensor held = run(NaP(kPlain, {.project = {"*"}}), w0, 4, noise);
  CHECK(norm_of(held) == doctest::Approx(norm_of(w0)).epsilon(1e-12));
  CHECK(norm_of(run(NaP(kPlain, {.project = {"w"}, .every = 3}), w0, 2, noise)) > 1.2 * norm_of(w0));
  CHECK(apart(run(LAWN(Adam({.lr = 0.1}), {.constrained = {"w"}, .free_steps = 100}), w0, 5, noise), run(Adam({.lr = 0.1}), w0, 5, noise)) == 0);
  Tensor two = run(LAWN(Adam({.lr = 0.1}), {.constrained = {"w"}, .free_steps = 2}), w0, 2, noise);
  Tensor five = run(LAWN(Adam({.lr = 0.1}), {.constrained = {"w"}, .free_steps = 2, .warmup_steps = 2}), w0, 5, noise);
  CHECK(norm_of(five) == doctest::Approx(norm_of(two)).epsilon(1e-12));
  CHECK(effective_learning_rate(w0, 0.1, "adam").item() == doctest::Approx(0.1 / norm_of(w0)));
}

TEST_CASE("gradient masks: as many zeros as asked for, ties by position, accumulation") {
  Tensors m = largest_entries({from_vector({1, -3, 2, 2}, {4}, DType::float64)}, 0.5);
  CHECK(m[0].to_vector<double>() == std::vector<double>{0, 1, 0, 1});
  CHECK(sum_of(largest_entries({ones({100}, DType::float64)}, 0.29)[0]) == 71);
  Tensor w0 = gauss({3, 4}, 1);
  AdamW base{AdamWOptions{.lr = 0.05}};
  CHECK(apart(run(GradientMaskTuning(base, {.mask_ratio = 0}), w0, 4, noise), run(AdamW({.lr = 0.05}), w0, 4, noise)) == 0);
  GradientMaskTuning slow(base, {.mask_ratio = 0, .accumulation_steps = 2});
  auto half = [](int k) { return noise(k / 2); };
  CHECK(apart(run(slow, w0, 3, half), run(AdamW({.lr = 0.05}), w0, 1, noise)) < 1e-15);
  Tensor frozen = run(GradientMaskTuning(base, {.mask_ratio = 0.5, .freeze_masked = true}), w0, 1, noise);
  CHECK(sum_of(kernels::to(kernels::eq(frozen, w0), DType::int64)) == 6);
}

TEST_CASE("subgradients of |w| never reach zero, the proximal step does; irrelevant weights decay") {
  Tensor start = full({1}, 0.05, DType::float64);
  auto none = [](int) { return zeros({1}, DType::float64); };
  CHECK(run(L1SubgradientSGD({.lr = 0.1, .l1 = 1}), start, 100, none).item() == doctest::Approx(0.05));
  CHECK(run(L1SubgradientSGD({.lr = 0.1, .l1 = 1}), start, 101, none).item() == doctest::Approx(-0.05));
  CHECK(run(ProximalSGD({.lr = 0.1, .l1 = 1}), start, 1, none).item() == 0);
  Tensor w0 = gauss({3, 4}, 1);
  CHECK(apart(run(ProximalSGD({.lr = 0.1}), w0, 3, noise), run(SGD({.lr = 0.1}), w0, 3, noise)) < 1e-15);
  CHECK(apart(run(IrrelevanceDecaySGD({.lr = 0.1, .irrelevance_decay = 0.5}), w0, 1, [](int) { return zeros({3, 4}, DType::float64); }), w0 * 0.95) < 1e-15);
  CHECK(apart(run(IrrelevanceDecaySGD({.lr = 0.1, .irrelevance_decay = 0.5, .sensitivity_scale = 0}), w0, 3, noise),
              run(SGD({.lr = 0.1, .weight_decay = 0.5}), w0, 3, noise)) < 1e-14);
  // Prunes what the metric does not need: w[0] and w[1] are all it looks at.
  ParameterList p = one(from_vector({2, -1, 0.5, 0.1, 0.02}, {5}, DType::float64));
  IterativePruner pruner(p, {.tolerance = 0.01});
  auto metric = [&] { return select(p[0].tensor, 0, 0).item() - select(p[0].tensor, 0, 1).item(); };
  pruner.run(metric, [] {});
  CHECK(pruner.sparsity() == doctest::Approx(0.6));
  CHECK(metric() == 3);
}

TEST_CASE("classes share the direction; private steps are bounded") {
  Tensor grads = gauss({3, 5}, 1), direction = per_class_normalized_gradient(grads);
  CHECK(norm_of(direction) <= 3);
  Tensor stretched = grads * from_vector({1, 1e6, 1e-6}, {3, 1}, DType::float64);
  CHECK(apart(per_class_normalized_gradient(stretched), direction) < 1e-10);
  Tensor two = narrow(grads, 0, 0, 2), both = per_class_normalized_gradient(two);
  for (int64_t c = 0; c < 2; c++) CHECK(dot_of(both, select(two, 0, c)) >= 0);
  CHECK_THROWS_AS(per_class_normalized_gradient(grads, {}, "pcnsgd_r"), ShapeError);
  ParameterList p = one(gauss({2}, 1));
  Tensor w0 = kernels::copy(p[0].tensor);
  PerClassNormalizedSGD o(p, {.lr = 0.1});
  o.step([&] { return stack({sum(p[0].tensor), -3 * sum(p[0].tensor)}); });
  CHECK(apart(p[0].tensor, w0) < 1e-15);  // opposed unit gradients cancel

  Tensor theta = zeros({5}, DType::float64), sample = gauss({8, 5}, 2) * 10, other = kernels::copy(sample);
  kernels::fill(narrow(other, 0, 3, 1), 1e9);
  Tensor u = m_ngp_step(theta, sample, theta, 0.1, 0).u, v = m_ngp_step(theta, other, theta, 0.1, 0).u;
  CHECK(norm_of(u - v) <= 2.0 / 8);
  CHECK(norm_of(u) <= 1);
  CHECK(apart(m_ngp_step(theta, sample * 1e-3, theta, 0.1, 0).u, mean(sample * 1e-3, {0})) < 1e-16);
  MNGP budget(p, {.lr = 0.1, .epsilon = 1e6, .steps = 1, .num_samples = 2});
  auto losses = [&] { return square(p[0].tensor); };
  budget.step(losses);
  CHECK_THROWS_WITH_AS(budget.step(losses), doctest::Contains("budget of 1 steps is spent"), StateError);
  // Gradients of samples from elsewhere, too short to be clipped: the same step.
  w0 = 0.01 * w0;
  ParameterList q = one(w0), r = one(w0);
  MNGPOptions twice{.lr = 0.1, .epsilon = 2, .steps = 2, .num_samples = 2, .seed = 3};
  MNGP evaluating(q, twice), given(r, twice);
  evaluating.step([&] { return square(q[0].tensor); });
  given.step_samples({{q[0].name, kernels::mul(diag(w0), 2)}});
  CHECK(apart(q[0].tensor, r[0].tensor) < 1e-15);
  CHECK_THROWS_WITH_AS(given.step_samples({}), doctest::Contains("no gradients of parameter"), ValueError);
  CHECK_THROWS_AS(given.step_samples({{q[0].name, zeros({2, 3}, DType::float64)}}), ShapeError);
}

TEST_CASE("logistic descent becomes the perceptron; normalizing takes the factor n away") {
  int64_t n = 100;
  Tensor x = ones({n, 2}, DType::float64) * from_vector({1, 0.1}, {1, 2}, DType::float64), y = ones({n}, DType::float64), w0 = zeros({2}, DType::float64);
  kernels::copy_into(narrow(x, 0, 0, 1), from_vector({-0.5, 0.2}, {1, 2}, DType::float64));
  auto needed = [&](const char* variant, double lr, int64_t most) {
    Tensor path = logistic_gd(x, y, w0, variant, lr, most), worst = amin(matmul(path, transpose(x)), {1});
    auto margins = worst.to_vector<double>();
    int64_t k = 0;
    while (k < most && margins[size_t(k)] <= 0) k++;
    return k + 1;
  };
  CHECK(needed("gd", 1e4, 200) == 83);
  CHECK(needed("batch_perceptron", 1, 300) == 164);
  CHECK(needed("normalized", 100, 10) == 3);
  CHECK(needed("normalized_batch_perceptron", 1, 10) == 3);
  // The optimizer form.
  ParameterList p = one(w0);
  NormalizedLogisticGD o(p, {.lr = 2});
  for (int k = 0; k < 4; k++) o.step([&] { return log1p(exp(-mv(x, p[0].tensor))); });
  CHECK(apart(p[0].tensor, select(logistic_gd(x, y, w0, "normalized", 2, 4), 0, 3)) < 1e-12);
}

TEST_CASE("lenses: laws, the tape, and the ordinary optimizers") {
  using L = Lens<Tensors, Tensor>;
  using U = Lens<Tensor, Tensor>;
  auto unary = [](Tensor (*f)(const Tensor&)) {
    L whole = tape_lens([f](const Tensors& x) { return f(x[0]); });
    return U{[whole](const Tensor& x) {
      auto r = whole.run({x});
      return U::Result{r.value, [r](const Tensor& d) { return r.rev(d)[0]; }};
    }};
  };
  U f = unary(tare::tanh), g = unary(tare::exp), h = unary(tare::square);
  Tensor x = gauss({3}, 1), d = gauss({3}, 2);
  U left = (f >> g) >> h, right = f >> (g >> h), id = identity_lens<Tensor>() >> f;
  CHECK(apart(left.fwd(x), right.fwd(x)) < 1e-14);
  CHECK(apart(left.rev(x, d), right.rev(x, d)) < 1e-14);
  CHECK(apart(id.rev(x, d), f.rev(x, d)) < 1e-16);
  CHECK(apart(left.rev(x, d), 2 * exp(2 * tanh(x)) * (1 - square(tanh(x))) * d) < 1e-13);
  auto crossed = (f * g) >> (g * h), parallel = (f >> g) * (g >> h);
  std::pair<Tensor, Tensor> in{x, d}, change{d, x};
  CHECK(apart(crossed.rev(in, change).first, parallel.rev(in, change).first) < 1e-14);
  CHECK(apart(crossed.rev(in, change).second, parallel.rev(in, change).second) < 1e-14);
  std::function<Tensor(const Tensor&, const Tensor&)> plus = [](const Tensor& a, const Tensor& b) { return a + b; };
  CHECK(apart(copy_lens<Tensor>(plus).rev(x, {d, x}), d + x) == 0);

  Tensor w0 = gauss({3, 4}, 1);
  CHECK(apart(run(LensSGD({.lr = 0.1}), w0, 100, noise), run(SGD({.lr = 0.1}), w0, 100, noise)) < 1e-13);
  CHECK(apart(run(LensMomentum({.lr = 0.1}), w0, 100, noise), run(SGD({.lr = 0.1, .momentum = 0.9}), w0, 100, noise)) < 1e-12);
  CHECK(apart(run(LensAdam(), w0, 100, noise), run(Adam(), w0, 100, noise)) < 1e-13);
  auto adagrad = build(Json::parse(R"({"type": "Adagrad", "lr": 0.01, "eps": 1e-7})"));
  CHECK(apart(run(LensAdagrad(), w0, 100, noise), run(*adagrad, w0, 100, noise)) < 1e-13);
  Quadratic q;
  LensNesterov nesterov(q.params, {.lr = 0.05, .momentum = 0.8});
  for (int k = 0; k < 6; k++) nesterov.step(q.loss);
  CHECK(apart(q.w(), select(lens_nesterov_quadratic(q.w0, q.h, 0.05, 0.8, 6), 0, 5)) < 1e-13);
  CHECK(q.calls == 12);
  // A step of descent is one composite lens; two parameters are updated by two of its updates side by side.
  auto dense = linear_lens() >> bias_lens();
  Tensor m = gauss({2, 3}, 4).set_requires_grad(), b = gauss({2}, 5).set_requires_grad(), y = gauss({2}, 6);
  auto step = (((gd_lens(0.1) * gd_lens(0.1)) * identity_lens<Tensor>()) >> dense.lens) >> (sigmoid_lens() >> squared_error_lens(y));
  auto after = step.run({{b.detach(), m.detach()}, x});
  Tensor loss = 0.5 * sum(square(sigmoid(mv(m, x) + b) - y));
  Tensors by_tape = grad({loss}, {b, m});
  CHECK(apart(after.value, loss.detach()) < 1e-15);
  auto [parameters, dx] = after.rev(ones({}, DType::float64));
  CHECK(apart(parameters.first, b.detach() - 0.1 * by_tape[0]) < 1e-15);
  CHECK(apart(parameters.second, m.detach() - 0.1 * by_tape[1]) < 1e-15);
  // The boolean learner: one pass over all inputs of a table makes it exact.
  int64_t bits = 4;
  Tensor target = kernels::to(kernels::gt(gauss({16}, 3), 0), DType::int64), table = kernels::to(zeros({16}), DType::int64);
  for (int64_t i = 0; i < 16; i++) {
    std::vector<int64_t> digits;
    for (int64_t k = bits - 1; k >= 0; k--) digits.push_back(i >> k & 1);
    auto learn = ((z2_gd_lens() * identity_lens<Tensor>()) >> z2_lookup_lens().lens) >> z2_error_lens(select(target, 0, i));
    table = learn.rev({table, from_vector(digits, {bits})}, scalar(1, DType::int64)).first;
  }
  CHECK(table.to_vector<int64_t>() == target.to_vector<int64_t>());
}
