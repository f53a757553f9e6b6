// Filters started from data or by hand, convolutions with filtered gradients, samplers by gradient norms: against definitions and invariances.
#include <cmath>

#include <doctest/doctest.h>

#include "tare.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

TEST_CASE("filters: starts keep variance, or do not, and have the lengths they promise") {
  manual_seed(1);
  DefaultDtype wide(DType::float64);
  auto forward_variance = [](std::string_view name) {
    Tensor x = randn({64, 256});
    double before = mean(square(x)).item();
    for (int layer = 0; layer < 10; layer++) x = relu(linear(x, nn::init::by_name(name, {256, 256})));
    return mean(square(x)).item() / before;
  };
  double kaiming = forward_variance("kaiming_normal");
  CHECK((kaiming > 0.3 && kaiming < 3));
  CHECK(forward_variance("lecun_normal") < 0.01);
  Tensor tall = flatten(nn::init::by_name("orthogonal", {20, 1, 3, 3}), 1), flat = flatten(nn::init::by_name("orthogonal", {4, 1, 3, 3}), 1);
  CHECK(difference(matmul(transpose(tall), tall), eye(9)) < 1e-12);
  CHECK(difference(matmul(flat, transpose(flat)), eye(4)) < 1e-12);
  CHECK_THROWS_AS(nn::init::by_name("he", {2, 2}), ConfigError);
  CHECK_THROWS_AS(nn::init::by_name("kmeans", {2, 1, 3, 3}), ConfigError);

  Tensor images = randn({20, 2, 8, 8}) + 3 * rand({20, 1, 1, 1});
  for (auto name : {"kmeans", "pca", "gabor"}) {
    CAPTURE(name);
    Tensor w = nn::init::by_name(name, {6, 2, 3, 3}, images);
    CHECK(w.shape() == Shape{6, 2, 3, 3});
    CHECK(difference(norm(flatten(w, 1), 2, {1}), ones({6})) < 1e-9);
  }
  Tensor pca = flatten(nn::init::by_name("pca", {6, 2, 3, 3}, images), 1);
  CHECK(difference(matmul(pca, transpose(pca)), eye(6)) < 1e-10);
}

TEST_CASE("filters: Gabor banks, whitening, k-means, maps") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  Tensor bank = nn::init::gabor_filter_bank({.kernel_size = 4, .orientations = 2, .zero_mean = false, .unit_norm = false});
  // Two orientations are each other's transposes; an even size has no pixel in its centre.
  CHECK(difference(select(bank, 0, 0), transpose(select(bank, 0, 1))) < 1e-12);
  CHECK(select(select(select(select(bank, 0, 0), 0, 0), 0, 1), 0, 2).item() ==
        doctest::Approx(std::exp(-(0.25 + 0.25 * 0.25) / 4.5) * std::cos(M_PI / 3)));

  Tensor x = matmul(randn({50, 4}), randn({4, 4})) + 2;
  for (double eps : {1e-6, 0.1}) {
    auto [white, m] = nn::init::zca_whiten(x, eps);
    Tensor centred = x - mean(x, {0}, true), c = matmul(transpose(centred), centred) / 50, after = matmul(transpose(white), white) / 50;
    CHECK(difference(after, matmul(c, inv(c + eps * eye(4)))) < 1e-8);
    CHECK(difference(m, transpose(m)) < 1e-9);
  }
  CHECK_THROWS_AS(nn::init::zca_whiten(x, 0), ValueError);
  Tensor d = nn::init::spherical_kmeans_step(x, normalize(randn({3, 4}), 2, 1));
  CHECK(difference(norm(d, 2, {1}), ones({3})) < 1e-12);
  Tensor lonely = normalize(tensor({{1, 0}, {0, 1}}), 2, 1);  // nobody's cluster stays where it is
  CHECK(difference(select(nn::init::spherical_kmeans_step(tensor({{3, 0}, {-2, 0}}), lonely), 0, 1), tensor({0, 1})) < 1e-12);
  CHECK(difference(nn::init::som_step(zeros({4, 2}), tensor({1, 1}), 2, 2, 1e-3, 0.5), tensor({{0.5, 0.5}, {0, 0}, {0, 0}, {0, 0}})) < 1e-12);
  CHECK(difference(mean(nn::init::contrast_normalize(x), {1}), zeros({50})) < 1e-12);

  // The formula against where an output's gradient is.
  CHECK(nn::init::receptive_field({3, 3}, {1, 1}) == 5);
  Tensor signal = randn({1, 1, 31}).set_requires_grad(), h = signal;
  std::vector<int64_t> kernels = {3, 5, 2}, strides = {2, 1, 3};
  for (size_t l = 0; l < 3; l++) h = conv1d(h, ones({1, 1, kernels[l]}), {}, {.stride = {strides[l]}});
  CHECK(count_nonzero(grad(select(h, 2, 1), signal, {.grad_outputs = {ones({1, 1})}})).item() == nn::init::receptive_field(kernels, strides));
}

TEST_CASE("filters: a convolution with filtered gradients is exact forward, and exact backward where it says so") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  auto both = [](nn::GradientFilterConv2dOptions o, const Tensor& x, const Tensor& gy) {
    nn::GradientFilterConv2d filtered(o);
    nn::Conv2d plain({.in_channels = o.in_channels, .out_channels = o.out_channels, .kernel_size = o.kernel_size, .stride = o.stride, .padding = o.padding, .groups = o.groups});
    plain.load_state(filtered.state());
    std::vector<Tensors> out;
    Tensor in = x.detach().set_requires_grad();
    Tensor a = filtered(in), b = plain(in);
    out.push_back({a, b});
    Tensors ga = grad({a}, {in, filtered.weight.leaf(), filtered.bias.leaf()}, {.grad_outputs = {gy}});
    Tensors gb = grad({b}, {in, plain.weight.leaf(), plain.bias.leaf()}, {.grad_outputs = {gy}});
    for (size_t i = 0; i < 3; i++) out.push_back({ga[i], gb[i]});
    return out;
  };
  auto differ = [](const Tensors& t) { return difference(t[0], t[1]); };
  Tensor x = randn({2, 3, 8, 8}), gy = randn({2, 4, 8, 8});
  auto exact = both({.in_channels = 3, .out_channels = 4, .kernel_size = 1, .radius = 1}, x, gy);
  for (auto& t : exact) CHECK(differ(t) < 1e-11);
  auto rough = both({.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 1, .radius = 2}, x, gy);
  CHECK(differ(rough[0]) < 1e-12);
  CHECK(differ(rough[1]) > 0.1);  // not the exact path in disguise
  CHECK(differ(rough[2]) > 0.1);
  CHECK(differ(rough[3]) < 1e-12);
  CHECK(difference(rough[2][0], expand(narrow(narrow(rough[2][0], 2, 0, 1), 3, 0, 1), {4, 3, 3, 3})) == 0);
  // A gradient that is constant on every patch loses nothing with a 1 x 1 kernel.
  Tensor patchwise = repeat_interleave(repeat_interleave(randn({2, 4, 2, 2}), 4, 2), 4, 3);
  auto same = both({.in_channels = 3, .out_channels = 4, .kernel_size = 1, .radius = 4}, x, patchwise);
  for (auto& t : same) CHECK(differ(t) < 1e-11);
  // Patches larger than the map.
  CHECK(differ(both({.in_channels = 3, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 1, .radius = 7}, x, randn({2, 4, 4, 4}))[3]) < 1e-12);
  CHECK_THROWS_AS(nn::GradientFilterConv2d({.in_channels = 4, .out_channels = 4, .kernel_size = 3, .groups = 2}), ConfigError);
  CHECK_THROWS_AS(nn::GradientFilterConv2d({.in_channels = 4, .out_channels = 4, .kernel_size = 3}), ConfigError);
  nn::GradientFilterConv2d eval({.in_channels = 3, .out_channels = 4, .kernel_size = 3, .padding = 1});
  eval.eval();
  CHECK(gradient_error(eval, {x}) < 1e-6);
}

TEST_CASE("filters: samplers by importance") {
  DefaultDtype wide(DType::float64);
  manual_seed(4);
  Tensor norms = tensor({0, 3, 1, 0});
  CHECK(difference(nn::pada_probability(norms, 0), full({4}, 0.25)) == 0);
  CHECK(difference(nn::pada_probability(norms, 1), tensor({0, 0.75, 0.25, 0})) < 1e-15);
  CHECK(sum(nn::pada_probability(rand({50}), 0.3)).item() == doctest::Approx(1));
  CHECK(difference(nn::pada_probability(zeros({4}), 0.9), full({4}, 0.25)) == 0);
  CHECK(difference(nn::pada_running_mean(zeros({3}), indices({1, 1, 2, 1}), tensor({4, 2, 5, 1})), tensor({0, 2, 5})) == 0);
  CHECK_THROWS_AS(nn::pada_probability(norms, 2), ValueError);
  CHECK_THROWS_AS(nn::pada_running_mean(norms, indices({4}), tensor({1})), IndexError);

  // The reweighted estimator's expectation is the full mean.
  nn::ImportanceSampler sampler(6, 0.5, true);
  sampler.record(arange(6), rand({6}));
  Tensor g = randn({6, 3}), p = sampler.probabilities(), w = sampler.loss_weights(arange(6));
  CHECK(difference(sum(unsqueeze(p * w, 1) * g, {0}), mean(g, {0})) < 1e-10);
  CHECK(sampler.draw(100).numel() == 100);
  sampler.reset();
  CHECK(difference(sampler.probabilities(), full({6}, 1.0 / 6)) < 1e-15);
  nn::PathSampler paths(3, 4, 1);
  paths.record(indices({0, 0, 2, 1}), tensor({2, 4, 1, 0}));  // v = 3/2, 0, 1/2
  CHECK(difference(paths.probabilities(), tensor({0.75, 0, 0.25})) < 1e-15);
  CHECK(paths.draw().shape() == Shape{4});
}
