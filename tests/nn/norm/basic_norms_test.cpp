// Batch, layer, group, instance and local response normalization.
#include <doctest/doctest.h>

#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/local_response_norm.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {
Tensor rows(std::initializer_list<double> v, const Shape& shape, DType dtype = DType::float64) {
  Tensor t = empty(shape, DType::float64);
  std::copy(v.begin(), v.end(), t.mutable_data<double>());
  return to(t, dtype);
}
std::vector<double> numbers(const Tensor& t) { return t.to_vector<double>(); }
}  // namespace

TEST_CASE("batch norm: two samples of one channel become -1 and 1, and the buffers take a tenth of mean and unbiased variance") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm1d bn({.num_features = 1, .eps = 0});
  CHECK(numbers(bn(rows({2, 6}, {2, 1}))) == std::vector<double>{-1, 1});
  CHECK(bn.running.mean().item() == doctest::Approx(0.4));         // 0.9 * 0 + 0.1 * 4
  CHECK(bn.running.variance().item() == doctest::Approx(1.7));     // 0.9 * 1 + 0.1 * 8
  CHECK(bn.running.num_batches_tracked().item<int64_t>() == 1);
  bn.eval();
  CHECK(numbers(bn(rows({0.4}, {1, 1})))[0] == doctest::Approx(0));
  CHECK(bn.running.num_batches_tracked().item<int64_t>() == 1);
}

TEST_CASE("batch norm: momentum null averages the statistics of all batches") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm1d bn({.num_features = 1, .momentum = {}});
  bn(rows({0, 2}, {2, 1}));
  bn(rows({10, 14}, {2, 1}));
  bn(rows({-3, -3}, {2, 1}));
  CHECK(bn.running.mean().item() == doctest::Approx((1.0 + 12 - 3) / 3));
  CHECK(bn.running.variance().item() == doctest::Approx((2.0 + 8 + 0) / 3));
}

TEST_CASE("batch norm: frozen statistics stay, and without them evaluation uses the batch") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm1d bn(2);
  {
    FrozenStatistics frozen;
    bn(sample({5, 2}, 1));
  }
  CHECK(numbers(bn.running.mean()) == std::vector<double>{0, 0});
  nn::BatchNorm1d untracked({.num_features = 2, .track_running_stats = false});
  Tensor x = sample({5, 2}, 1), y = untracked(x);
  untracked.eval();
  CHECK(difference(untracked(x), y) == 0);
  CHECK(untracked.state().size() == 2);
}

TEST_CASE("batch norm: output does not feel scale and shift of a channel") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm2d bn({.num_features = 3, .eps = 0});
  Tensor x = sample({4, 3, 2, 2}, 3);
  Tensor a = per_channel(rows({2, 0.5, 7}, {3}), 4), b = per_channel(rows({1, -4, 100}, {3}), 4);
  CHECK(difference(bn(x * a + b), bn(x)) < 1e-12);
}

TEST_CASE("batch norm: errors say what was expected") {
  nn::BatchNorm1d one(4);
  CHECK_THROWS_WITH_AS(one(zeros({1, 4})), "BatchNorm1d: expected more than 1 value per channel when training, but the input is [1, 4]; use a larger batch, or eval()",
                       ValueError);
  CHECK_THROWS_WITH_AS(one(zeros({2, 5})), "BatchNorm1d: expected an input (N, 4, ...) of 2 to 3 dimensions (num_features = 4) but the input is [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(nn::BatchNorm2d(0), "BatchNorm2d: num_features must be at least 1, not 0", ConfigError);
  CHECK_THROWS_WITH_AS(nn::BatchNorm2d(3)(zeros({2, 3, 4})), doctest::Contains("of 4 dimensions"), ShapeError);
  one.eval();
  CHECK(numbers(one(zeros({1, 4}))) == std::vector<double>(4, 0));
}

TEST_CASE("batch norm: gradients in evaluation belong to the statistics that the forward pass used") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm1d bn(2);
  bn.eval();
  Tensor x = sample({3, 2}, 5);
  x.set_requires_grad();
  Tensor y = bn(x);
  bn.train();
  bn(sample({3, 2}, 6, DType::float64, 50, 9));
  y.backward(ones_like(y));
  for (double g : numbers(x.grad())) CHECK(g == doctest::Approx(1 / std::sqrt(1 + 1e-5)));
}

TEST_CASE("layer norm: a row of 1, 2, 3 becomes -sqrt(3/2), 0, sqrt(3/2)") {
  DefaultDtype scope(DType::float64);
  nn::LayerNorm ln({.normalized_shape = {3}, .eps = 0});
  auto y = numbers(ln(rows({1, 2, 3}, {1, 3})));
  CHECK(y[0] == doctest::Approx(-std::sqrt(1.5)));
  CHECK(y[1] == 0);
  CHECK(y[2] == doctest::Approx(std::sqrt(1.5)));
}

TEST_CASE("layer norm: rows do not feel each other, nor scale and shift") {
  DefaultDtype scope(DType::float64);
  nn::LayerNorm ln({.normalized_shape = {6}, .eps = 0});
  Tensor x = sample({3, 6}, 8);
  CHECK(difference(ln(x * 5 + 3), ln(x)) < 1e-12);
  CHECK(difference(ln(reshape(x, {3, 1, 6})), reshape(ln(x), {3, 1, 6})) == 0);
  CHECK_THROWS_WITH_AS(ln(zeros({3, 5})), "LayerNorm: expected the last dimensions of the input to be [6] but the input is [3, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(nn::LayerNorm({.normalized_shape = {}}), "LayerNorm: normalized_shape must name at least one dimension", ConfigError);
}

TEST_CASE("group norm: C groups are instance norm, one group over (N, C) is layer norm") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({2, 4, 3, 2}, 9);
  CHECK(difference(nn::GroupNorm(4, 4)(x), nn::InstanceNorm2d(4)(x)) < 1e-14);
  Tensor flat = sample({5, 4}, 10);
  CHECK(difference(nn::GroupNorm(1, 4)(flat), nn::LayerNorm(4)(flat)) < 1e-14);
  CHECK_THROWS_WITH_AS(nn::GroupNorm(3, 4), "GroupNorm: 4 channels cannot be split into 3 equal groups", ConfigError);
}

TEST_CASE("instance norm: buffers take the averages over the batch of means and unbiased variances; inputs without a batch work") {
  DefaultDtype scope(DType::float64);
  nn::InstanceNorm1d in({.num_features = 1, .eps = 0, .momentum = 0.5, .track_running_stats = true});
  Tensor y = in(rows({1, 3, 10, 14}, {2, 1, 2}));
  CHECK(numbers(y) == std::vector<double>{-1, 1, -1, 1});
  CHECK(in.running.mean().item() == doctest::Approx(0.5 * (2.0 + 12) / 2));
  CHECK(in.running.variance().item() == doctest::Approx(0.5 + 0.5 * (2.0 + 8) / 2));
  CHECK(in(rows({1, 3}, {1, 2})).shape() == Shape{1, 2});
  CHECK_THROWS_WITH_AS(in(zeros({2, 1, 1})), "InstanceNorm1d: expected more than 1 position per channel, but the input is [2, 1, 1]", ValueError);
}

TEST_CASE("local response norm: alpha 0 leaves x k^-beta; an even window has one more channel on the left") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({2, 5, 3}, 11);
  nn::LocalResponseNorm none({.size = 3, .alpha = 0, .beta = 0.5, .k = 4});
  CHECK(difference(none(x), x / 2) < 1e-15);
  nn::LocalResponseNorm two({.size = 2, .alpha = 2, .beta = 1, .k = 0});
  CHECK(numbers(two(rows({1, 2, 3}, {1, 3}))) == std::vector<double>{1, 2.0 / 5, 3.0 / 13});
  CHECK_THROWS_WITH_AS(nn::LocalResponseNorm(0), "LocalResponseNorm: size must be at least 1, not 0", ConfigError);
}

TEST_CASE("normalizations: float32 statistics of data with mean 1e4 and deviation 1 are right to 1e-3") {
  // The exact result from the same float32 numbers in double precision.
  Tensor x = sample({64, 3, 5, 5}, 12, DType::float32, 1e4);
  Tensor exact = to(x, DType::float64);
  for (const char* json : {R"({"type": "BatchNorm2d", "num_features": 3})", R"({"type": "InstanceNorm2d", "num_features": 3})",
                           R"({"type": "GroupNorm", "num_groups": 1, "num_channels": 3})", R"({"type": "LayerNorm", "normalized_shape": [5, 5]})"}) {
    CAPTURE(json);
    auto m = build(json, DType::float32), wide = build(json, DType::float64);
    CHECK(difference(m->call({&x, 1})[0], wide->call({&exact, 1})[0]) < 2e-3);
  }
}

TEST_CASE("normalizations: second derivatives go through the definition") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({4, 2, 3}, 13), w = sample({2}, 14), b = sample({2}, 15);
  auto ops = std::vector<std::function<Tensor(const Tensor&)>>{
      [&](const Tensor& t) { return batch_norm(t, w, b).y; },
      [&](const Tensor& t) { return batch_norm(t, w, b, 1e-5, true).y; },
      [&](const Tensor& t) { return batch_norm(t, sample({2}, 16), square(sample({2}, 17)), w, b); },
      [&](const Tensor& t) { return group_norm(t, 1, w, b); },
      [&](const Tensor& t) { return layer_norm(t, {2, 3}, {}, {}); },
      [&](const Tensor& t) { return rms_norm(t, {3}); },
      [&](const Tensor& t) { return local_response_norm(t, 2, 0.5); },
  };
  for (size_t k = 0; k < ops.size(); k++) {
    CAPTURE(k);
    // The gradient of |dL/dx|^2, against differences of first derivatives.
    auto slope = [&](const Tensor& at) {
      Tensor leaf = at.detach();
      leaf.set_requires_grad();
      return grad(probe({square(ops[k](leaf))}), leaf);
    };
    Tensor leaf = x.detach();
    leaf.set_requires_grad();
    Tensor first = grad(probe({square(ops[k](leaf))}), leaf, {.create_graph = true});
    Tensor second = grad(sum(square(first)), leaf);
    Tensor direction = sample(x.shape(), 18);
    double h = 1e-5;
    double numeric = (sum(square(slope(x + direction * h))) - sum(square(slope(x - direction * h)))).item() / (2 * h);
    CHECK(sum(second * direction).item() == doctest::Approx(numeric).epsilon(1e-5));
  }
}
