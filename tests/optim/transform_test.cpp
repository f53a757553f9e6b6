// Transforms and wrappers against what they are made of.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/update_batch_norm.h"
#include "nn/sequential.h"
#include "optim/adam.h"
#include "optim/chain.h"
#include "optim/hutchinson.h"
#include "optim/measure.h"
#include "optim/sgd.h"
#include "optim/state_size.h"
#include "optim/transform/accumulate.h"
#include "optim/transform/loss_scale.h"
#include "optim/transform/masked.h"
#include "optim/weight_average.h"
#include "tests/optim/catalogue_samples.h"

using namespace tare;
using namespace tare::optim;
using samples::Problem;

namespace {

std::vector<double> after(const char* json, int steps = 4) {
  Problem p;
  manual_seed(3);
  auto o = build(Json::parse(json), p.params);
  samples::steps(*o, p, steps);
  return p.values();
}

void check_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance = 1e-13) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, std::abs(a[i] - b[i]));
  CHECK(worst <= tolerance);
}

/// The gradients a transform makes of these.
Tensors transformed(const char* json, const Tensors& grads) {
  ParameterList params;
  for (size_t i = 0; i < grads.size(); i++) params.push_back({text("p", i), ones_like(grads[i]).set_requires_grad()});
  auto o = build(Json::parse(json), params);
  Step s{.params = o->params(), .groups = o->groups(), .grads = grads};
  o->step_with(s);
  return s.grads;
}

}  // namespace

TEST_CASE("transforms: chains are the methods they spell out") {
  check_close(after(R"({"type": "Chain", "parts": [{"type": "DecoupledDecay", "lr": 0.1, "weight_decay": 0.2}, {"type": "Adam", "lr": 0.1}]})"),
              after(R"({"type": "AdamW", "lr": 0.1, "weight_decay": 0.2})"));
  check_close(after(R"({"type": "Chain", "parts": [{"type": "TrustRatio", "trust_coefficient": 0.1, "weight_decay": 0.2}, {"type": "SGD", "lr": 0.1,
                        "momentum": 0.9}]})"),
              after(R"({"type": "LARS", "lr": 0.1, "momentum": 0.9, "trust_coefficient": 0.1, "weight_decay": 0.2})"));
  check_close(after(R"({"type": "Chain", "parts": [{"type": "AverageGradients", "decay": 0.9, "debias": false}, {"type": "SignGradients"},
                        {"type": "SGD", "lr": 0.1}]})"),
              after(R"({"type": "SignSGD", "lr": 0.1, "momentum": 0.9})"));
  check_close(after(R"({"type": "LookSAM", "every": 1, "base": {"type": "SGD", "lr": 0.1}})"), after(R"({"type": "SAM", "base": {"type": "SGD", "lr": 0.1}})"));
  check_close(after(R"({"type": "GSAM", "alpha": 0, "base": {"type": "SGD", "lr": 0.1}})"), after(R"({"type": "SAM", "base": {"type": "SGD", "lr": 0.1}})"));
}

TEST_CASE("transforms: what they make of gradients") {
  Generator g(1);
  Tensor m = randn({4, 6}, DType::float64, &g), v = randn({5}, DType::float64, &g);
  CHECK(max_abs_of(mean(transformed(R"({"type": "CentralizeGradients"})", {m, v})[0], {1})) < 1e-15);
  CHECK(transformed(R"({"type": "CentralizeGradients"})", {m, v})[1].to_vector<double>() == v.to_vector<double>());
  CHECK(joint_norm_of(transformed(R"({"type": "NormalizeGradients"})", {m, v})) == doctest::Approx(1));
  for (auto& t : transformed(R"({"type": "NormalizeGradients", "per": "tensor"})", {m, v})) CHECK(norm_of(t) == doctest::Approx(1));
  CHECK(max_abs_of(sum(square(transformed(R"({"type": "NormalizeGradients", "per": "row"})", {m, v})[0]), {1}) - 1.0) < 1e-11);  // eps is 1e-12
  Tensor q = transformed(R"({"type": "OrthogonalizeGradients", "ns_steps": 12})", {m, v})[0];
  CHECK(max_abs_of(matmul(q, transpose(q)) - eye(4, 4, DType::float64)) < 0.35);  // Muon's quintic keeps singular values within about 0.3 of 1
  // The noise of a thousand numbers has the variance that is asked for, and falls with the steps.
  Tensor many = zeros({10000}, DType::float64);
  double size = rms_of(transformed(R"({"type": "GradientNoise", "eta": 0.04})", {many})[0]);
  CHECK(size == doctest::Approx(0.2).epsilon(0.05));
  Tensors frozen = transformed(R"({"type": "FreezeGradients", "params": ["p1"]})", {m, v});
  CHECK(frozen[0].defined());
  CHECK(!frozen[1].defined());
}

TEST_CASE("parts: each parameter has the method of the first part that selects it") {
  auto mixed = after(R"({"type": "PerGroup", "parts": [{"type": "Masked", "params": ["w"], "base": {"type": "SGD", "lr": 0.1}}, {"type": "Adam", "lr": 0.1}]})", 1);
  auto sgd = after(R"({"type": "SGD", "lr": 0.1})", 1), adam = after(R"({"type": "Adam", "lr": 0.1})", 1);
  CHECK(std::equal(mixed.begin(), mixed.begin() + 12, sgd.begin()));
  CHECK(std::equal(mixed.begin() + 12, mixed.end(), adam.begin() + 12));
  Problem p;
  auto nobody = build(Json::parse(R"({"type": "PerGroup", "parts": [{"type": "Masked", "params": ["w"], "base": {"type": "SGD"}}]})"), p.params);
  auto before = p.values();
  CHECK_THROWS_WITH_AS(nobody->step(p.closure()), doctest::Contains("no part takes parameter \"b\""), ConfigError);
  CHECK(p.values() == before);
  auto wrong = build(Json::parse(R"({"type": "FreezeGradients", "params": ["x*"]})"), p.params);
  CHECK_THROWS_WITH_AS(wrong->step(p.closure()), doctest::Contains("no parameter matches \"x*\""), ConfigError);
  // By role, and inverted: only the bias moves, then everything but the bias.
  for (bool invert : {false, true}) {
    Problem q;
    auto o = build(Json::parse(text(R"({"type": "Masked", "role": "bias", "invert": )", invert ? "true" : "false", R"(, "base": {"type": "SGD"}})")), q.params);
    auto w = q.params[0].tensor.to_vector<double>(), b = q.params[1].tensor.to_vector<double>();
    samples::steps(*o, q, 1);
    CHECK((q.params[0].tensor.to_vector<double>() == w) == !invert);
    CHECK((q.params[1].tensor.to_vector<double>() == b) == invert);
  }
}

TEST_CASE("accumulate: several small batches are one large one") {
  Problem p, q;
  Accumulate small(p.params, SGD{{.lr = 0.1, .momentum = 0.9}}, {.every = 4});
  SGD large(q.params, {.lr = 0.1, .momentum = 0.9});
  for (int k = 0; k < 3; k++) {
    for (int64_t part = 0; part < 4; part++) {
      auto before = p.values();
      small.step([&] { return narrow(p.loss(), 0, part, 1); });
      if (part < 3) CHECK(p.values() == before);
    }
    large.step(q.closure());
  }
  check_close(p.values(), q.values());
}

TEST_CASE("loss scale: the scale cancels, and steps that overflow are left out") {
  Problem p, q;
  LossScale scaled(p.params, SGD{{.lr = 0.1}}, {.init_scale = 1024, .growth_interval = 2});
  SGD plain(q.params, {.lr = 0.1});
  for (int k = 0; k < 3; k++) {
    scaled.step([&] { return scaled.scaled(p.loss()); });
    plain.step(q.closure());
  }
  check_close(p.values(), q.values());
  CHECK(scaled.scale() == 2048);
  auto before = p.values();
  scaled.step([&] { return p.loss() * std::numeric_limits<double>::infinity(); });
  CHECK(p.values() == before);
  CHECK(scaled.scale() == 1024);
  CHECK(scaled.skipped() == 1);
}

TEST_CASE("averages of weights: EMA and SWA are the averages of the path, and a scope swaps them in and out") {
  Problem p, q;
  EMA ema(p.params, SGD{{.lr = 0.1}}, {.decay = 0.8});
  SWA swa(q.params, SGD{{.lr = 0.1}}, {.start = 2, .every = 2});
  std::vector<double> expect_ema, expect_swa(p.values().size(), 0.0);
  for (int t = 1; t <= 6; t++) {
    samples::steps(ema, p, 1), samples::steps(swa, q, 1);
    auto now = p.values();
    if (t == 1) expect_ema = now;
    for (size_t i = 0; i < now.size(); i++) {
      expect_ema[i] = 0.8 * expect_ema[i] + 0.2 * now[i];
      if (t % 2 == 0) expect_swa[i] += now[i] / 3;
    }
  }
  auto own = p.values();
  {
    Optimizer::EvaluationScope a(ema), b(swa);
    check_close(p.values(), expect_ema);
    check_close(q.values(), expect_swa);
  }
  CHECK(p.values() == own);
}

TEST_CASE("update_batch_norm: running statistics are the equally weighted average of the batches") {
  nn::Sequential model(nn::Linear({.in_features = 3, .out_features = 2}), nn::BatchNorm1d({.num_features = 2, .momentum = 0.3}));
  Generator g(2);
  Tensors batches = {randn({5, 3}, DType::float32, &g), randn({7, 3}, DType::float32, &g)};
  model(batches[0]);  // statistics of nobody's interest
  model.eval();
  CHECK(nn::update_batch_norm(model, [&] { for (auto& b : batches) model(b); }) == 1);
  CHECK(!model.training());
  auto state = model.state();
  NoGrad off;
  Tensor weight, bias, running_mean, running_var, count;
  for (auto& [name, t] : state) {
    if (name == "0.weight") weight = t;
    if (name == "0.bias") bias = t;
    if (name == "1.running_mean") running_mean = t;
    if (name == "1.running_var") running_var = t;
    if (name == "1.num_batches_tracked") count = t;
  }
  Tensor means = zeros({2}), vars = zeros({2});
  for (auto& b : batches) {
    Tensor y = matmul(b, transpose(weight)) + bias;
    means = means + mean(y, {0}) / 2.0;
    vars = vars + var(y, {0}) / 2.0;
  }
  CHECK(max_abs_of(running_mean - means) < 1e-5);
  CHECK(max_abs_of(running_var - vars) < 1e-5);
  CHECK(count.item() == 2);
  // The momentum is what it was.
  model.train();
  model(batches[0]);
  Tensor y = matmul(batches[0], transpose(weight)) + bias;
  for (auto& [name, t] : model.state())
    if (name == "1.running_mean") CHECK(max_abs_of(t - (means * 0.7 + mean(y, {0}) * 0.3)) < 1e-5);
}

TEST_CASE("state that is measured: what keeps none really keeps none") {
  const std::vector<std::pair<std::string_view, double>> expected = {{"SGD", 0},   {"SWAN", 0},     {"SinkGD", 0},
                                                                     {"AdamW", 8}, {"Adan", 16},    {"SignSGD", 4},
                                                                     {"CAME", 4 + 4 * 4 * 64.0 / 4096}, {"Adafactor", 4 * 128.0 / 4096}, {"SM3", 4 * 128.0 / 4096}};
  for (const Row& row : catalogue())
    for (auto& [name, bytes] : expected)
      if (row.name == name) {
        CAPTURE(name);
        CHECK(state_bytes_per_number(*build(samples::config(name))) == doctest::Approx(bytes));
      }
}

TEST_CASE("Hutchinson's estimate and Hessian-vector products agree with the Hessian itself") {
  Problem p;
  NoGrad off;
  std::vector<uint32_t> groups(3);
  Closure closure = p.closure();
  Step s{.params = p.params, .groups = groups, .grads = Tensors(3), .closure = &closure};
  // The Hessian, column by column, from differences of gradients: the loss is quadratic, so that they are exact.
  auto gradient = [&] {
    s.evaluate();
    std::vector<double> all;
    for (auto& g : s.grads)
      for (double v : g.to_vector<double>()) all.push_back(v);
    return all;
  };
  std::vector<double> at = gradient();
  size_t n = at.size(), column = 0;
  std::vector<std::vector<double>> hessian(n);
  for (auto& e : p.params)
    for (int64_t i = 0; i < e.tensor.numel(); i++, column++) {
      double* x = e.tensor.mutable_data<double>() + i;
      *x += 0.5;
      auto moved = gradient();
      *x -= 0.5;
      for (size_t k = 0; k < n; k++) hessian[k].push_back((moved[k] - at[k]) / 0.5);
    }
  Generator g(4);
  Tensors z;
  std::vector<double> flat;
  for (auto& e : p.params) {
    z.push_back(randn(e.tensor.shape(), DType::float64, &g));
    for (double v : z.back().to_vector<double>()) flat.push_back(v);
  }
  std::vector<double> product;
  for (auto& t : hessian_vector_product(s, z, "test"))
    for (double v : t.to_vector<double>()) product.push_back(v);
  double worst = 0;
  for (size_t k = 0; k < n; k++) {
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += hessian[k][j] * flat[j];
    worst = std::max(worst, std::abs(sum - product[k]));
  }
  CHECK(worst < 1e-10);
  // z H z has the diagonal as its mean: 400 estimates come within a few standard errors.
  Hutchinson hutchinson;
  std::vector<double> mean_of(n);
  for (int r = 0; r < 400; r++) {
    s.hessians.clear();
    hutchinson.make(s, 1);
    size_t k = 0;
    for (auto& t : s.hessians)
      for (double v : t.to_vector<double>()) mean_of[k++] += v / 400;
  }
  for (size_t k = 0; k < n; k++) {
    double variance = 0;
    for (size_t j = 0; j < n; j++) variance += j == k ? 0 : hessian[k][j] * hessian[k][j];
    CHECK(std::abs(mean_of[k] - hessian[k][k]) < 5 * std::sqrt(variance / 400) + 1e-9);
  }
}
