// Starts, and nets that train without normalization because of them.
#include <doctest/doctest.h>

#include "autograd/ops/activation.h"
#include "autograd/ops/conv.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "nn/activation/relu.h"
#include "nn/activation/smooth.h"
#include "nn/conv/conv.h"
#include "nn/conv/lc_conv.h"
#include "nn/conv/tucker_conv.h"
#include "nn/edit.h"
#include "nn/flatten.h"
#include "nn/init/data_dependent.h"
#include "nn/init/fixup.h"
#include "nn/init/init.h"
#include "nn/init/meta_init.h"
#include "nn/linear.h"
#include "nn/reparam/weight_norm.h"
#include "nn/residual/fixup_block.h"
#include "nn/residual/nf_block.h"
#include "nn/residual/scaled_residual.h"
#include "nn/sequential.h"
#include "nn/signal.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

double value(const Tensor& t) { return to(t, DType::float64).item(); }
double rms(const Tensor& t) { return std::sqrt(value(mean(square(t.detach())))); }

// One step of gradient descent; scalars of residual branches at a tenth of the rate.
double descend(nn::Module& m, const Tensor& loss, double lr) {
  m.zero_grad();
  loss.backward();
  NoGrad off;
  for (auto& p : m.parameters())
    if (p.tensor.grad().defined()) add_(p.tensor, p.tensor.grad(), -(p.role == Role::other ? lr / 10 : lr));
  return value(loss);
}

}  // namespace

TEST_CASE("a residual tower of 10,000 layers trains a step without normalization, scaled by 1/sqrt(n)") {
  manual_seed(2);
  nn::ResidualTower tower({.depth = 10000, .lambda = "1/sqrt(n)", .module = nn::Linear(4, 4)});
  {
    // Variance 1 / fan in, as the bound on growth wants.
    NoGrad off;
    for (auto& p : tower.parameters()) copy_(p.tensor, p.role == Role::bias ? zeros({4}) : nn::init::normal({4, 4}, 0, 0.5));
  }
  Tensor x = sample({8, 4}, 3, DType::float32), y = sample({8, 4}, 4, DType::float32);
  Tensor out = tower(x);
  CHECK(rms(out) / rms(x) > 0.5);
  CHECK(rms(out) / rms(x) < 4);
  auto loss = [&] { return mean(square(tower(x) - y)); };
  double before = descend(tower, loss(), 0.02), after = value(loss());
  CHECK(std::isfinite(after));
  CHECK(after < before);
  CHECK_THROWS_AS(nn::ResidualTower({.depth = 3, .lambda = "1/m", .module = nn::Linear(4, 4)}), ConfigError);
}

TEST_CASE("an unscaled tower explodes, and its expansion has an error of third order in lambda") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({6}, 1);
  Tensors w;
  for (uint64_t j = 0; j < 5; j++) w.push_back(sample({6, 6}, 10 + j, DType::float64, 0, 0.5));
  double last = 0;
  for (double lambda : {0.1, 0.05, 0.025}) {
    Tensors t = nn::residual_expansion(x, w, lambda, "tanh", {1, 2});
    double error = value(norm(t[0] - x - t[1] * lambda - t[2] * (lambda * lambda)));
    if (last > 0) CHECK((last / error > 7 && last / error < 9));
    last = error;
  }
  // Linear modules: all 2^5 ordered selections sum to the output.
  Tensor all = zeros({6});
  for (int chosen = 0; chosen < 32; chosen++) {
    Tensor v = x;
    for (int j = 0; j < 5; j++)
      if (chosen >> j & 1) v = mv(w[size_t(j)], v) * 0.7;
    all = all + v;
  }
  CHECK(difference(all, nn::residual_expansion(x, w, 0.7, "identity", {})[0]) < 1e-10);
  CHECK(nn::residual_path_count(12, 5) == 792);
  CHECK(nn::residual_path_count(3, 4) == 0);
}

TEST_CASE("fixup: 100 blocks start as the identity and train without normalization; the first step is as large as that of 10 blocks") {
  double changes[2];
  int at = 0;
  for (int64_t depth : {10, 100}) {
    manual_seed(5);
    nn::Sequential model;
    for (int64_t i = 0; i < depth; i++) model.options.layers.items.emplace_back(nn::FixupMLPBlock({.features = 16}));
    model.options.layers.items.emplace_back(nn::Linear(16, 4));
    CHECK(nn::init::fixup(model, text(depth)) == depth);
    Tensor x = relu(sample({64, 16}, 6, DType::float32)), labels = argmax(linear(x, sample({4, 16}, 7, DType::float32)), 1);
    CHECK(value(amax(abs(model(x)))) == 0);
    auto loss = [&] { return cross_entropy(model(x), labels); };
    double first = descend(model, loss(), 0.1);
    changes[at++] = rms(model(x));
    double last = first;
    for (int step = 0; step < 8; step++) last = descend(model, loss(), 0.1);
    CHECK(last < 0.9 * first);
  }
  CHECK(changes[1] == doctest::Approx(changes[0]).epsilon(0.05));
  nn::Linear none(2, 2);
  CHECK_THROWS_WITH_AS(nn::init::fixup(none), doctest::Contains("no FixupBasicBlock"), ConfigError);
  CHECK_THROWS_AS(nn::init::fixup_branch_scale(3, 1), ValueError);
  CHECK_THROWS_WITH_AS(nn::FixupBasicBlock({.in_channels = 2, .out_channels = 3}), doctest::Contains("out_channels must be in_channels"), ConfigError);
}

TEST_CASE("NF blocks: the variance grows by alpha^2 a block as predicted, and the mean stays small") {
  manual_seed(8);
  nn::Sequential model;
  double expected = 1, alpha = 0.5;
  for (int i = 0; i < 4; i++) {
    nn::NFResBlock block({.in_channels = 32, .out_channels = 32, .bottleneck_ratio = 1, .kernel_size = 1, .alpha = alpha, .beta = 1 / std::sqrt(expected)});
    NoGrad off;
    fill_(block.skip_gain.leaf(), 1);
    model.options.layers.items.emplace_back(std::move(block));
    expected += alpha * alpha;
  }
  auto points = nn::signal_propagation(model, sample({8, 32, 6, 6}, 9, DType::float32), "?");
  REQUIRE(points.size() == 4);
  for (size_t i = 0; i < 4; i++) {
    CHECK(points[i].type == "NFResBlock");
    CHECK(points[i].variance == doctest::Approx(1 + 0.25 * double(i + 1)).epsilon(0.1));
    CHECK(points[i].mean_squared < 0.05);
  }
  // The constants are sampled: exact for relu is sqrt(2 / (1 - 1 / pi)).
  CHECK(nn::nf_gain("relu") == doctest::Approx(std::sqrt(2 / (1 - 1 / M_PI))).epsilon(1e-3));
  CHECK_THROWS_WITH_AS(nn::nf_gain("swish"), doctest::Contains("there are identity, relu"), ConfigError);
}

TEST_CASE("scaled residual: SkipInit starts as the identity and learns its scale") {
  DefaultDtype scope(DType::float64);
  nn::ScaledResidual skip({.module = nn::Linear(3, 3)}), fixed({.module = nn::Linear(3, 3), .scale = 0.5, .learnable = false});
  Tensor x = sample({2, 3}, 1);
  CHECK(difference(skip(x), x) == 0);
  probe({skip(x)}).backward();
  CHECK(value(abs(skip.scale.leaf().grad())) > 0);
  CHECK(fixed.parameters().find("scale") == nullptr);
  CHECK(gradient_error(fixed, {x}) < 1e-7);
  CHECK(difference(fixed(x), x + 0.5 * fixed.options.module(x)) < 1e-12);
}

TEST_CASE("data-dependent start: every layer's channels have mean 0 and deviation 1, weight-normalized ones through g alone") {
  DefaultDtype scope(DType::float64);
  manual_seed(3);
  nn::Sequential model{nn::Conv2d(2, 4, 3), nn::ReLU{}, nn::Flatten{}, nn::Linear(16, 5), nn::Tanh{}, nn::Linear(5, 3)};
  nn::reparametrize(model, "3.weight", nn::WeightNorm{});
  auto v = [&] { return model.parameters().find("3.weight_v")->tensor; };
  Tensor x = sample({64, 2, 4, 4}, 4, DType::float64, 3, 2), before = v().detach() * 1.0;
  CHECK(nn::init::data_dependent(model, x) == 3);
  CHECK(difference(before, v()) == 0);
  auto watch = model.observe([&](const nn::Module::Event& e) {
    if (e.path != "0" && e.path != "3" && e.path != "5") return;
    Tensor y = e.outputs[0];
    Shape axes = y.dim() == 4 ? Shape{0, 2, 3} : Shape{0};
    CHECK(value(amax(abs(mean(y, axes)))) < 1e-6);
    CHECK(value(amax(abs(tare::std(y, axes, 0) - 1))) < 1e-6);
  });
  model(x);
  nn::Sequential empty{nn::ReLU{}};
  CHECK_THROWS_AS(nn::init::data_dependent(empty, x), ConfigError);
}

TEST_CASE("LSUV: output variances are 1 in every layer; MetaInit lowers the gradient quotient") {
  DefaultDtype scope(DType::float64);
  manual_seed(3);
  nn::Sequential model{nn::Linear(6, 12), nn::ReLU{}, nn::Linear(12, 12), nn::ReLU{}, nn::Linear(12, 3)};
  Tensor x = sample({128, 6}, 4);
  CHECK(nn::init::lsuv(model, x, {.tolerance = 0.01}) == 3);
  {
    auto watch = model.observe([&](const nn::Module::Event& e) {
      if (e.module.type_name() == "Linear") CHECK(value(var(e.outputs[0], {}, 0)) == doctest::Approx(1).epsilon(0.02));
    });
    model(x);
  }
  nn::Sequential smooth{nn::Linear(4, 8), nn::Tanh{}, nn::Linear(8, 8), nn::Tanh{}, nn::Linear(8, 2)};
  for (auto& p : smooth.parameters())
    if (p.tensor.dim() == 2) {
      NoGrad off;
      mul_(p.tensor, 4.0);
    }
  Tensor inputs = sample({16, 4}, 5), targets = sample({16, 2}, 6);
  auto history = nn::init::meta_init(smooth.parameters(), [&] { return mean(square(smooth(inputs) - targets)); }, {.steps = 40});
  REQUIRE(history.size() == 40);
  CHECK(history.back() < 0.5 * history.front());
}

TEST_CASE("delta-orthogonal convolutions keep the norm of every pixel") {
  DefaultDtype scope(DType::float64);
  Tensor w = nn::init::delta_orthogonal({6, 4, 3, 3}), x = sample({2, 4, 5, 5}, 2);
  Tensor y = conv2d(x, w, {}, {.padding = {1, 1}});
  CHECK(difference(sum(square(y), {1}), sum(square(x), {1})) < 1e-10);
  CHECK_THROWS_AS(nn::init::delta_orthogonal({2, 4, 3, 3}), ShapeError);
}

TEST_CASE("LC convolution: the folded filter does the same, frozen filters stay; it keeps its option beside frozen parameters") {
  DefaultDtype scope(DType::float64);
  nn::LCConv2d lc({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .expansion = 2, .padding = 1, .bias = true});
  Tensor x = sample({2, 2, 4, 4}, 1);
  CHECK(difference(lc(x), conv2d(x, lc.fold(), lc.pointwise.bias(), {.padding = {1, 1}})) < 1e-10);
  CHECK(lc.parameters().find("conv.weight") == nullptr);
  CHECK(lc.buffers()[0].first == "conv.weight");
  CHECK(gradient_error(lc, {x}) < 1e-6);
  nn::Sequential model{lc};
  CHECK(nn::freeze(model, "0.pointwise.*") == 2);
  auto read = nn::build_module(Json::parse(nn::module_to_json(model).dump()));
  CHECK(difference(read->call(Tensors{x})[0], model(x)) == 0);
  CHECK(!read->parameters()[0].tensor.requires_grad());
  CHECK_THROWS_WITH_AS(nn::freeze(lc, "pointwise.weight"), doctest::Contains("option \"frozen\""), ConfigError);
}

TEST_CASE("Tucker convolution: three convolutions are the one, augmenting keeps it, truncation keeps its bound, and both survive JSON") {
  DefaultDtype scope(DType::float64);
  manual_seed(6);
  nn::TuckerConv2d conv({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .ranks = {3, 2, 3, 3}, .padding = 1});
  Tensor x = sample({2, 4, 5, 5}, 1);
  auto same = [&] { return difference(conv(x), conv2d(x, conv.effective_weight(), conv.bias(), {.padding = {1, 1}})); };
  CHECK(same() < 1e-10);
  CHECK(gradient_error(conv, {x}) < 1e-6);
  CHECK_THROWS_AS(conv.augment(), GradError);
  probe({conv(x)}).backward();
  Tensor w = conv.effective_weight().detach();
  conv.augment();
  CHECK(conv.options.ranks == std::vector<int64_t>{6, 4, 3, 3});
  CHECK(difference(conv.effective_weight(), w) < 1e-12);
  for (auto& f : conv.factors) CHECK(difference(matmul(transpose(f()), f()), eye(f().size(1))) < 1e-12);
  {
    NoGrad off;
    conv.core = conv.core() + sample(conv.core.shape(), 9, DType::float64, 0, 0.02);
  }
  w = conv.effective_weight().detach();
  conv.truncate(0);
  CHECK(difference(conv.effective_weight(), w) < 1e-12);
  conv.truncate(0.3);
  CHECK(conv.options.ranks[0] < 6);
  CHECK(value(norm(conv.effective_weight() - w)) <= 0.3 * std::sqrt(2.0) * value(norm(w)) + 1e-12);
  CHECK(same() < 1e-10);
  auto read = nn::build_module(Json::parse(nn::module_to_json(conv).dump()));
  CHECK(difference(read->call(Tensors{x})[0], conv(x)) == 0);
  CHECK_THROWS_AS(nn::TuckerConv2d({.in_channels = 4, .out_channels = 6, .kernel_size = 3, .ranks = {7, 2, 3, 3}}), ConfigError);
}
