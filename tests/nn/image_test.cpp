// Image filters and the stochastic rasterizer.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/edit.h"
#include "nn/image/filters.h"
#include "nn/image/rasterizer.h"
#include "nn/image/xdog_effect.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor random_numbers(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return rand(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }
Tensor one(double v) { return full({1}, v, DType::float64); }

}  // namespace

TEST_CASE("blur: constants stay, a narrow Gaussian changes nothing, a map of equal numbers is a number") {
  Tensor x = random_numbers({2, 3, 6, 5}, 1), s = tensor({0.8, 1.7});
  s = to(s, DType::float64);
  CHECK(apart(gaussian_blur2d(full({2, 1, 4, 4}, 0.7, DType::float64), s, 3), full({2, 1, 4, 4}, 0.7, DType::float64)) < 1e-15);
  CHECK(apart(gaussian_blur2d(x, one(1e-3), 2), x) == 0);
  Tensor map = expand(reshape(s, {2, 1, 1, 1}), {2, 1, 6, 5});
  CHECK(apart(gaussian_blur2d(x, map, 3), gaussian_blur2d(x, s, 3)) < 1e-15);
  CHECK(apart(gaussian_blur2d(x, one(2), 0), x) == 0);
  CHECK(apart(bilateral_filter(x, s, one(1e6), 3), gaussian_blur2d(x, s, 3)) < 1e-9);
  CHECK_THROWS_AS(gaussian_blur2d(x, one(1), -1), ValueError);
  CHECK_THROWS_AS(gaussian_blur2d(x, full({3}, 1.0, DType::float64), 1), ShapeError);
}

TEST_CASE("edges: the flow of a vertical edge is vertical, of no edge nearly nothing; a flat threshold is white") {
  Tensor edge = expand(reshape(to(tensor({0, 0, 0, 1, 1, 1}), DType::float64), {1, 1, 1, 6}), {1, 1, 5, 6});
  Tensor flow = tangent_flow(structure_tensor(edge));
  CHECK(std::abs(select(select(select(select(flow, 0, 0), 0, 0), 0, 2), 0, 2).item()) < 1e-12);
  CHECK(std::abs(select(select(select(select(flow, 0, 0), 0, 1), 0, 2), 0, 2).item()) == doctest::Approx(1));
  CHECK(select(select(select(select(flow, 0, 0), 0, 1), 0, 2), 0, 0).item() == doctest::Approx(0.01));
  Tensor x = random_numbers({1, 1, 5, 5}, 2).set_requires_grad();
  CHECK(apart(xdog(x, one(0.8), one(0.2), one(0.6), one(1e-12), {.radius = 2}), ones({1, 1, 5, 5}, DType::float64)) < 1e-8);
  sum(tangent_flow(structure_tensor(ones({1, 1, 3, 3}, DType::float64) * sum(x)))).backward();
  CHECK(max(abs(x.grad())).item() == 0);
}

TEST_CASE("XDoG effect: global numbers and local maps of the same numbers draw the same") {
  DefaultDtype wide(DType::float64);
  Tensor x = random_numbers({3, 1, 6, 4}, 3);
  XDoGEffect global({.radius = 3}), local({.mode = "local", .height = 6, .width = 4, .radius = 3});
  CHECK(apart(global(x), local(x)) < 1e-14);
  CHECK(local.num_parameters() == 4 * 24);
  CHECK_THROWS_AS(XDoGEffect({.mode = "local"}), ConfigError);
  CHECK_THROWS_AS(XDoGEffect({.start = {1, 2}}), ConfigError);
}

TEST_CASE("rasterizer: later triangles cover, orientation does not matter, nothing is drawn outside") {
  Tensor v = reshape(to(tensor({0, 0, 4, 0, 0, 4, 0, 4, 4, 0, 0, 0}), DType::float64), {2, 3, 2}), c = to(tensor({{1, 0, 0}, {0, 1, 0}}), DType::float64);
  Rendering r = rasterize_triangles(v, c, 4, 4, 0.5);
  std::vector<int64_t> ids = r.ids.to_vector<int64_t>();
  CHECK(ids[0] == 1);
  CHECK(ids[15] == -1);
  CHECK(r.image.to_vector<double>()[45] == 0.5);
  CHECK(std::count(ids.begin(), ids.end(), 1) == 10);
  CHECK(rasterize_triangles(v + 100, c, 4, 4).ids.to_vector<int64_t>() == std::vector<int64_t>(16, -1));
  CHECK_THROWS_AS(rasterize_triangles(c, c, 4, 4), ShapeError);
}

TEST_CASE("stochastic rasterizer: one full cover is the global estimate; the owner's is right on average and less noisy") {
  Generator random(5);
  auto signs = [&](const Shape& shape, double eps) { return (bernoulli(full(shape, 0.5, DType::float64), &random) - 0.5) * (2 * eps); };
  Tensor cover = reshape(to(tensor({-50, -50, 90, -50, -50, 90}), DType::float64), {1, 3, 2}), colour = full({1, 3}, 0.4, DType::float64);
  Tensor target = random_numbers({8, 8, 3}, 6), ev = signs({1, 3, 2}, 0.5), ec = signs({1, 3}, 0.05);
  RasterGradient own = stochastic_raster_gradient(cover, colour, target, ev, ec), all = stochastic_raster_gradient(cover, colour, target, ev, ec, false);
  CHECK(apart(own.vertices, all.vertices) == 0);
  CHECK(apart(own.colors, all.colors) == 0);

  // 24 triangles side by side, colours only.
  std::vector<double> corners;
  for (int i = 0; i < 24; i++)
    for (auto [dx, dy] : {std::pair{0.1, 0.1}, {3.9, 0.1}, {0.1, 3.9}}) corners.push_back(4 * (i % 6) + dx), corners.push_back(4 * (i / 6) + dy);
  Tensor v = from_vector(corners, {24, 3, 2}, DType::float64), c = random_numbers({24, 3}, 7);
  target = random_numbers({16, 24, 3}, 8);
  Rendering now = rasterize_triangles(v, c, 16, 24);
  std::vector<int64_t> ids = now.ids.to_vector<int64_t>();
  std::vector<double> error = (now.image - target).to_vector<double>(), exact(72);
  for (size_t px = 0; px < ids.size(); px++)
    for (size_t k = 0; k < 3; k++)
      if (ids[px] >= 0) exact[size_t(ids[px]) * 3 + k] += 2 * error[px * 3 + k];
  Tensor truth = from_vector(exact, {24, 3}, DType::float64);
  double noise[2] = {0, 0};
  Tensor mean_own;
  for (int n = 0; n < 600; n++) {
    Tensor e = signs({24, 3}, 0.05), still = zeros({24, 3, 2}, DType::float64);
    for (bool per_pixel : {true, false}) {
      Tensor g = stochastic_raster_gradient(v, c, target, still, e, per_pixel).colors;
      noise[per_pixel] += sum(square(g - truth)).item();
      if (per_pixel) mean_own = mean_own.defined() ? mean_own + g : g;
    }
  }
  CHECK(norm(mean_own / 600.0 - truth).item() < 0.1 * norm(truth).item());
  CHECK(noise[1] < 0.3 * noise[0]);
  MESSAGE("variance of the owner's estimate over the global one: ", noise[1] / noise[0]);
}

TEST_CASE("stochastic gradient estimator: fills gradients, the same for the same generator, refuses rows that are no primitives") {
  Tensor v = random_numbers({3, 3, 2}, 1) * 8.0, c = random_numbers({3, 3}, 2), target = random_numbers({8, 8, 3}, 3);
  v = v.detach().set_requires_grad(), c = c.detach().set_requires_grad();
  auto render = [](const Tensors& p) { return rasterize_triangles(p[0], p[1], 8, 8); };
  StochasticGradientEstimator estimate({.eps = {0.5, 0.05}, .samples = 3});
  Generator a(4), b(4);
  double loss = estimate.step(render, {v, c}, target, a);
  Tensor first = v.grad();
  CHECK(loss > 0);
  CHECK(estimate.step(render, {v, c}, target, b) == loss);
  CHECK(apart(first, v.grad()) == 0);
  CHECK_THROWS_AS(estimate.step(render, {v, random_numbers({2, 3}, 2)}, target, b), ShapeError);
  CHECK_THROWS_AS(StochasticGradientEstimator({.eps = {-1}}), ConfigError);
}
