// Normalizations whose state moves in the backward pass too (online, power, unified), and what all of the papers' layers must stand: large means,
// constants, subnormals, second derivatives.
#include <doctest/doctest.h>

#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/norm/online_norm.h"
#include "nn/norm/power_norm.h"
#include "nn/norm/unified_norm.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

struct Wide : DefaultDtype {
  Wide() : DefaultDtype(DType::float64) {}
};
double norm_of(const Tensor& t) { return norm(t).item(); }

// A training step of a layer: the input's gradient for this gradient of the output.
Tensor step(nn::Module& m, const Tensor& x, const Tensor& grad) {
  Tensor in = clone(x).detach().set_requires_grad();
  m.call({&in, 1})[0].backward(grad);
  return in.grad();
}
double state_difference(nn::Module& a, nn::Module& b) {
  auto x = a.state(), y = b.state();
  double worst = 0;
  for (size_t i = 0; i < x.size(); i++) worst = std::max(worst, difference(x[i].second, y[i].second));
  return worst;
}

}  // namespace

TEST_CASE_FIXTURE(Wide, "online norm: a batch of 8 is 8 batches of one, forward and backward") {
  nn::OnlineNorm2d whole({.num_features = 3, .alpha_fwd = 0.9, .alpha_bkw = 0.8}), single = whole;
  Tensor x = sample({8, 3, 2, 2}, 1, DType::float64, 0.5, 1.5), g = sample({8, 3, 2, 2}, 2);
  Tensor dx = step(whole, x, g), y = [&] {
    nn::OnlineNorm2d copy({.num_features = 3, .alpha_fwd = 0.9, .alpha_bkw = 0.8});
    return copy(x);
  }();
  for (int64_t i = 0; i < 8; i++) {
    Tensor xi = contiguous(narrow(x, 0, i, 1));
    Tensor in = clone(xi).detach().set_requires_grad(), yi = single(in);
    yi.backward(contiguous(narrow(g, 0, i, 1)));
    CHECK(difference(yi, narrow(y, 0, i, 1)) < 1e-12);
    CHECK(difference(in.grad(), narrow(dx, 0, i, 1)) < 1e-12);
  }
  CHECK(state_difference(whole, single) < 1e-12);
}

TEST_CASE_FIXTURE(Wide, "online norm: without controllers the gradient is that of a constant scaling; with them its time averages against 1 and y vanish") {
  nn::OnlineNorm1d off({.num_features = 2, .alpha_bkw = 1, .ecm = nn::OnlineNormOptions::Guard::none});
  Tensor x = sample({1, 2}, 3), g = sample({1, 2}, 4);
  CHECK(difference(step(off, x, g), g / std::sqrt(1 + 1e-5)) < 1e-15);  // the first sample sees mean 0 and variance 1
  nn::OnlineNorm1d on({.num_features = 2, .alpha_fwd = 0.9, .alpha_bkw = 0.9, .ecm = nn::OnlineNormOptions::Guard::none});
  Tensor in = sample({4000, 2}, 5, DType::float64, 3, 2).set_requires_grad(), y = on(in);
  y.backward(0.5 + sample({4000, 2}, 6) + y.detach());  // a gradient with a mean and a part along y
  Tensor dx = in.grad(), rms = sqrt(mean(square(dx), {0}));
  for (const Tensor& part : {mean(dx, {0}), mean(dx * y.detach(), {0})})
    for (double v : (abs(part) / rms).to_vector<double>()) CHECK(v < 0.05);
  CHECK(norm_of(on.u()) < 100);
  CHECK(norm_of(on.v()) < 100);
}

TEST_CASE_FIXTURE(Wide, "online norm: guards, frozen statistics, evaluation, options") {
  Tensor x = sample({3, 2, 2, 2}, 7, DType::float64, 0, 4), g = sample({3, 2, 2, 2}, 8);
  nn::OnlineNorm2d clamped({.num_features = 2, .clamp_val = 1}), before = clamped;
  Tensor in = clone(x).set_requires_grad();
  {
    FrozenStatistics frozen;
    Tensor y = clamped(in);
    y.backward(g);
    CHECK(amax(abs(y)).item() == 1);
    for (int64_t i = 0; i < y.numel(); i++)
      if (std::abs(y.to_vector<double>()[size_t(i)]) == 1) CHECK(std::isfinite(in.grad().to_vector<double>()[size_t(i)]));
  }
  CHECK(state_difference(clamped, before) == 0);
  nn::OnlineNorm2d scaled({.num_features = 2, .ecm = nn::OnlineNormOptions::Guard::ls, .ls_eps = 0});
  CHECK(difference(mean(square(scaled(x)), {1, 2, 3}), ones({3})) < 1e-13);
  scaled.eval();
  CHECK(gradient_error(scaled, {x}) < 1e-7);
  CHECK_THROWS_WITH_AS(nn::OnlineNorm1d({.num_features = 2, .alpha_fwd = 1}), "OnlineNorm1d: alpha_fwd must lie between 0 and 1, not 1", ConfigError);
  CHECK_THROWS_WITH_AS(nn::OnlineNorm1d(2)(x), doctest::Contains("OnlineNorm1d: expected an input (N, 2, ...) of 2 dimensions"), ShapeError);
}

TEST_CASE_FIXTURE(Wide, "power norm: evaluation is linear without group scaling, a token's size does not count with it, ema_gz stays bounded") {
  Tensor x = sample({3, 2, 4}, 9), z = sample({3, 2, 4}, 10);
  nn::PowerNorm linear({.num_features = 4, .warmup_iters = 0, .group_scaling = false});
  linear(x);
  linear.eval();
  CHECK(difference(linear(x * 2 - z), linear(x) * 2 - linear(z)) < 1e-13);
  CHECK(gradient_error(linear, {x}) < 1e-7);
  nn::PowerNorm scaled({.num_features = 4, .warmup_iters = 3});
  Tensor size = exp(sample({3, 2, 1}, 11));
  CHECK(difference(scaled(x * size * 1e3), nn::PowerNorm({.num_features = 4, .warmup_iters = 3})(x * 1e3)) < 1e-8);  // but for the 1e-5 in the root
  nn::PowerNorm run({.num_features = 4, .alpha_bkw = 0.5, .warmup_iters = 0, .group_scaling = false});
  double half = 0, whole = 0;
  for (int i = 0; i < 1000; i++) {
    step(run, x, z);
    double now = norm_of(run.ema_gz());
    (i < 500 ? half : whole) = std::max(i < 500 ? half : whole, now);
  }
  CHECK(whole <= half + 1e-9);
  CHECK(run.iters().item<int64_t>() == 1000);
}

TEST_CASE_FIXTURE(Wide, "power norm: padded tokens count for nothing in the statistics") {
  nn::PowerNorm masked({.num_features = 2, .group_scaling = false}), shorter = masked;
  Tensor x = sample({3, 2, 2}, 12);  // (T, B, C)
  Tensor mask = from_vector(std::vector<int64_t>{0, 0, 1, 0, 0, 1}, {2, 3});  // (B, T): the last step of both
  Tensor y = masked(x, mask), cut = shorter(contiguous(narrow(x, 0, 0, 2)));
  CHECK(difference(narrow(y, 0, 0, 2), cut) < 1e-15);
  CHECK(state_difference(masked, shorter) < 1e-15);
  CHECK_THROWS_WITH_AS(masked(x, ones({2, 3}, DType::int64)), "PowerNorm: every token is marked as padding", ValueError);
  CHECK_THROWS_WITH_AS(masked(x, ones({2, 2}, DType::int64)), doctest::Contains("PowerNorm: expected a padding mask that fits the tokens [3, 2]"), ShapeError);
}

TEST_CASE_FIXTURE(Wide, "unified norm: evaluation folds into the next linear layer; a window of 1 never uses it; an outlier is thrown out") {
  nn::UnifiedNorm un({.num_features = 3, .warmup_iters = 6, .outlier_filtration = true}), one({.num_features = 3, .window_size = {1}, .warmup_iters = 0});
  Tensor x = sample({2, 4, 3}, 13), w = sample({5, 3}, 14), b = sample({5}, 15);
  for (uint64_t i = 0; i < 6; i++) un(sample({2, 4, 3}, 20 + i));
  scatter_parameters(un);
  Tensor window = clone(un.buffer_x2()), running = clone(un.running_var());
  CHECK(un.skip_counter().item<int64_t>() == 0);
  un(x * 100);
  CHECK(un.skip_counter().item<int64_t>() == 1);
  CHECK(difference(select(un.buffer_x2(), 0, 7 % 4), running) < 1e-15);
  CHECK(difference(select(un.buffer_x2(), 0, 0), select(window, 0, 0)) == 0);
  un.eval();
  nn::ChannelAffine f = un.inference_affine();
  CHECK(difference(linear(un(x), w, b), linear(x, w * f.scale, b + mv(w, f.shift))) < 1e-10);
  CHECK(gradient_error(un, {x}) < 1e-7);
  for (uint64_t i = 0; i < 3; i++) {
    Tensor in = sample({8, 3}, 30 + i);
    CHECK(difference(one(in), in / sqrt(mean(square(in), {0}) + 1e-5)) < 1e-14);
  }
  CHECK_THROWS_WITH_AS(nn::UnifiedNorm({.num_features = 3, .window_size = {0}}), "UnifiedNorm: expected a window_size of at least 1, not [0]", ConfigError);
}

TEST_CASE_FIXTURE(Wide, "approximate gradients: a second derivative takes statistics and controllers as constants") {
  // d/dg of |dx|^2 through the recorded rule: dx is affine in the incoming gradient.
  nn::OnlineNorm1d on({.num_features = 2, .alpha_bkw = 0.9, .ecm = nn::OnlineNormOptions::Guard::none});
  nn::PowerNorm power({.num_features = 2, .warmup_iters = 0, .group_scaling = false});
  nn::UnifiedNorm unified({.num_features = 2, .warmup_iters = 0});
  for (nn::Module* m : {static_cast<nn::Module*>(&on), static_cast<nn::Module*>(&power), static_cast<nn::Module*>(&unified)}) {
    CAPTURE(m->type_name());
    Tensor x = sample({4, 2}, 40).set_requires_grad(), c = sample({4, 2}, 41).set_requires_grad();
    FrozenStatistics frozen;
    Tensor dx = grad(sum(m->call({&x, 1})[0] * c), x, {.create_graph = true});
    Tensor second = grad(sum(square(dx)), c, {.retain_graph = true});
    CHECK(second.shape() == c.shape());
    CHECK(!any_nan(second));
  }
}

TEST_CASE("the papers' normalizations: float32 data with mean 1e4 and deviation 1 agree with float64") {
  Tensor x = sample({64, 3, 5, 4}, 50, DType::float32, 1e4), mask = to(lt(sample({64, 1, 5, 4}, 51), 0), DType::int64);
  for (const char* json : {R"({"type": "RegionNorm", "num_features": 3})", R"({"type": "AdaB2N", "num_features": 3, "num_tasks": 1})",
                           R"({"type": "AlphaBN", "num_features": 3})", R"({"type": "BatchChannelNorm", "num_features": 3, "num_groups": 3})",
                           R"({"type": "EstBatchNorm", "num_features": 3, "moving_speed": 1})", R"({"type": "MeanOnlyBatchNorm", "num_features": 3})",
                           R"({"type": "EvoNormS0", "num_features": 3, "groups": 3})", R"({"type": "SCNorm", "num_features": 3})"}) {
    CAPTURE(json);
    auto m = build(json, DType::float32), wide = build(json, DType::float64);
    Tensors in{x}, exact{to(x, DType::float64)};
    if (m->type_name() == "RegionNorm") in.push_back(mask), exact.push_back(mask);
    Tensor y = m->call(in)[0], want = wide->call(exact)[0];
    CHECK(difference(y, want) < 2e-3 * std::max(1.0, amax(abs(want)).item() / 100));
  }
}

TEST_CASE("the papers' normalizations: constants, subnormals, one sample and one channel give finite results") {
  struct Case {
    const char* json;
    Shape shape;
  };
  const Case cases[] = {{R"({"type": "RMSNorm", "normalized_shape": 1})", {1, 1}},
                        {R"({"type": "RMSNorm", "normalized_shape": 4, "eps_mode": "outside"})", {1, 4}},
                        {R"({"type": "CRMSNorm", "normalized_shape": 1})", {1, 1}},
                        {R"({"type": "ScaleNorm"})", {1, 1}},
                        {R"({"type": "FeatureNorm"})", {1, 3}},
                        {R"({"type": "OnlineNorm1d", "num_features": 1})", {1, 1}},
                        {R"({"type": "OnlineNorm2d", "num_features": 1, "ecm": "ls"})", {1, 1, 1, 1}},
                        {R"({"type": "PowerNorm", "num_features": 1})", {1, 1, 1}},
                        {R"({"type": "UnifiedNorm", "num_features": 1, "warmup_iters": 0, "outlier_filtration": true})", {1, 1, 1}},
                        {R"({"type": "EvoNormB0", "num_features": 1})", {1, 1, 2, 2}},
                        {R"({"type": "EvoNormS2", "num_features": 1, "groups": 1})", {1, 1, 1, 1}},
                        {R"({"type": "CSNorm", "num_features": 1})", {1, 1, 2, 1}},
                        {R"({"type": "PCNorm", "num_features": 1})", {1, 1, 2, 2}},
                        {R"({"type": "GDN", "num_features": 1})", {1, 1}},
                        {R"({"type": "GeneralizedGDN", "num_features": 1, "return_log_det": true})", {1, 1}},
                        {R"({"type": "EstBatchNorm", "num_features": 1})", {1, 1}},
                        {R"({"type": "MeanOnlyBatchNorm", "num_features": 1})", {1, 1}},
                        {R"({"type": "UncenteredBatchNorm1d", "num_features": 1})", {1, 1}}};
  for (const Case& c : cases)
    for (DType dtype : {DType::float32, DType::float64})
      for (double value : {0.0, 1.0, -3e4, 1e-40, 5e-324}) {
        CAPTURE(std::string(c.json));
        CAPTURE(value);
        DefaultDtype scope(dtype);
        auto m = build(c.json, dtype);
        for (int i = 0; i < 6; i++) {
          Tensor x = full(c.shape, value, dtype).set_requires_grad();
          Tensors y = m->call({&x, 1});
          probe(y).backward();
          for (double v : y[0].to_vector<double>()) CHECK(std::isfinite(v));
          CHECK(!any_nan(x.grad()));
        }
      }
}

TEST_CASE("the papers' normalizations: a batch with one value per channel is an error where its variance is needed") {
  for (const char* type : {"EvoNormB0", "PCNorm", "CCNorm", "AlphaBN"}) {
    CAPTURE(type);
    auto m = build(text(R"({"type": ")", type, R"(", "num_features": 2})"), DType::float32);
    Tensor one = ones({1, 2, 1, 1}, DType::float32);
    CHECK_THROWS_WITH_AS(m->call({&one, 1}), doctest::Contains("expected more than 1 value per channel when training"), ValueError);
    m->eval();
    CHECK(!any_nan(m->call({&one, 1})[0]));
  }
}
