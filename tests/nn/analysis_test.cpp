// Analyses of losses and filters against closed forms.
#include <cmath>

#include <doctest/doctest.h>

#include "tare.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

/// t^T A t / 2 of a parameter t: its loss by any target is a quadratic with Hessian A.
nn::HessianMap quadratic(const Tensor& a, Tensor& t) { return nn::HessianMap(sum(t * mv(a, t)) * 0.5, {t.set_requires_grad()}); }

Tensor symmetric(int64_t n, uint64_t seed) {
  Tensor a = sample({n, n}, seed);
  return 0.5 * (a + transpose(a));
}

nn::Sequential tanh_net() {
  manual_seed(6);
  return nn::Sequential{nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 3)};
}

}  // namespace

TEST_CASE("analysis: the Hessian of a quadratic is found exactly") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  Tensor a = symmetric(8, 1), t = randn({8}), v = randn({8});
  nn::HessianMap h = quadratic(a, t);
  CHECK(difference(h(v), mv(a, v)) < 1e-14);
  auto [values, vectors] = eigh(a);
  Tensor by_size = index_select(values, 0, argsort(abs(values), 0, true));
  nn::Eigenpairs top = nn::top_eigenpairs(h, 3, 5000, 1e-13);
  CHECK(difference(top.values, narrow(by_size, 0, 0, 3)) < 1e-5);
  CHECK(difference(matmul(transpose(top.vectors), top.vectors), eye(3)) < 1e-8);
  CHECK(nn::hessian_trace(h, true) == doctest::Approx(trace(a).item()).epsilon(1e-12));
  nn::SpectralDensity s = nn::hessian_spectrum(h, 100, 2);
  CHECK(s.eigenvalues.shape() == Shape{2, 8});
  CHECK(difference(select(s.eigenvalues, 0, 1), values) < 1e-9);
  CHECK(difference(sum(s.weights, {1}), ones({2})) < 1e-12);
  Tensor start = v / norm(v);
  auto [e, w] = nn::lanczos_esd(a, v, 8);
  CHECK(sum(w * e).item() == doctest::Approx(dot(start, mv(a, start)).item()));
  CHECK(trapezoid(s.density(linspace(-20, 20, 4001), 0.1), 0.01).item() == doctest::Approx(1).epsilon(1e-6));

  // +2 and -2 together: the value of a mixture stands still between them.
  Tensor pair = tensor({{2, 0, 0}, {0, -2, 0}, {0, 0, 1}}), u = randn({3});
  Tensor found = nn::top_eigenpairs(quadratic(pair, u), 3, 2000, 1e-12).values;
  CHECK(difference(abs(found), tensor({2, 2, 1})) < 1e-4);
  CHECK(sum(found).item() == doctest::Approx(1).epsilon(1e-3));
  // A Krylov space that ends early: the identity.
  Tensor one = randn({4});
  nn::SpectralDensity of_one = nn::hessian_spectrum(quadratic(eye(4), one), 10);
  CHECK(difference(of_one.eigenvalues, ones({1, 4})) < 1e-12);
  CHECK(sum(of_one.weights).item() == doctest::Approx(1));
}

TEST_CASE("analysis: the Hessian of a network is symmetric, its trace is estimated, the model stays") {
  DefaultDtype wide(DType::float64);
  nn::Sequential net = tanh_net();
  Tensor x = sample({9, 3}, 2), y = randint(0, 3, {9});
  nn::HessianVectorProduct product({.model = net});
  product.train();
  int64_t n = net.num_parameters();
  Tensor u = sample({n}, 5), v = sample({n}, 6);
  CHECK(dot(u, product(x, y, v)).item() == doctest::Approx(dot(v, product(x, y, u)).item()));
  CHECK(product.training());
  CHECK(!product.parameters()[0].tensor.grad().defined());
  double exact = nn::HessianTrace({.model = net, .exact = true})(x, y).item();
  CHECK(nn::HessianTrace({.model = net, .n_iter = 2000, .tol = 0})(x, y).item() == doctest::Approx(exact).epsilon(0.05));
  auto [values, weights] = nn::HessianSpectrum({.model = net, .n_iter = 40})(x, y);
  CHECK(nn::HessianEigenvalues({.model = net, .n_iter = 1000, .tol = 1e-9})(x, y).item() == doctest::Approx(amax(values).item()).epsilon(1e-4));
  CHECK_THROWS_AS(product(x, y, narrow(v, 0, 0, 3)), ShapeError);
  CHECK_THROWS_AS(nn::HessianTrace({.model = net, .loss = "ReLU"}), ConfigError);
}

TEST_CASE("analysis: criteria of a spectrum") {
  Tensor e = from_vector(std::vector<double>{-1, 0, 4}, {3}, DType::float64), w = from_vector(std::vector<double>{0.25, 0.5, 0.25}, {3}, DType::float64);
  nn::HessianCriteria c = nn::hessian_criteria(e, w, 0.5);
  CHECK(c.re == doctest::Approx(0.25));
  CHECK(c.khn == doctest::Approx(0.5));
  CHECK(nn::hessian_criteria(stack({e, e}), stack({w, w}), 1).khn == doctest::Approx(0.25));
  CHECK(std::isinf(nn::hessian_criteria(-abs(e), w).re));
  CHECK_THROWS_AS(nn::hessian_criteria(e, w, 0), ValueError);
}

TEST_CASE("analysis: loss surfaces have the trained loss in their centre and leave the model alone") {
  DefaultDtype wide(DType::float64);
  manual_seed(4);
  nn::Sequential net{nn::Conv2d(1, 3, 3), nn::BatchNorm2d(3), nn::ReLU(), nn::Flatten(), nn::Linear(12, 3)};
  Tensor x = randn({6, 1, 4, 4}), y = randint(0, 3, {6});
  net(x);
  nn::LossSurface surface({.model = net});
  surface.dx = nn::random_direction(net);
  surface.dy = nn::random_direction(net, "layer");
  net.eval();
  Tensor loss = nn::cross_entropy(net(x), y), grid = linspace(-1, 1, 5);
  std::string before = nn::module_to_json(surface).dump();
  Tensor f = surface(x, y, grid, grid);
  CHECK(select(select(f, 0, 2), 0, 2).item() == loss.item());
  CHECK(nn::module_to_json(surface).dump() == before);
  nn::LossCurve curve({.model = net});
  curve.dx = nn::random_direction(net);
  CHECK(select(curve(x, y, grid), 0, 2).item() == loss.item());
  CHECK(nn::grid_csv(grid, grid, f).size() > 25 * 4);
  CHECK(surface.curvature(x, y, tensor({0, 0.5}), tensor({0}), 10).shape() == Shape{2, 1});
  for (auto& [name, d] : nn::random_direction(net)) {
    ParameterList all = net.parameters();
    Tensor w = all.find(name)->tensor.detach();
    if (w.dim() < 2) CHECK(count_nonzero(d).item() == 0);
    else CHECK(difference(norm(flatten(d, 1), 2, {1}), norm(flatten(w, 1), 2, {1})) < 1e-9);
  }
  Tensor d = sample({3, 4}, 1), w = sample({3, 4}, 2) * reshape(tensor({1, 0, 2}), {3, 1});
  CHECK(count_nonzero(select(nn::normalize_direction(d, w), 0, 1)).item() == 0);
  CHECK(difference(nn::normalize_direction(select(d, 0, 0), select(w, 0, 0), "filter", ""), select(w, 0, 0)) == 0);
  CHECK_THROWS_AS(nn::normalize_direction(d, w, "row"), ConfigError);
  CHECK_THROWS_AS(surface.dx = nn::NamedTensors{}, ConfigError);
}

TEST_CASE("analysis: filter-normalised curves do not feel a rescaling of the weights") {
  DefaultDtype wide(DType::float64);
  manual_seed(5);
  nn::Sequential net{nn::Linear({.in_features = 5, .out_features = 8, .bias = false}), nn::ReLU(), nn::Linear({.in_features = 8, .out_features = 3, .bias = false})}, other = net;
  {
    NoGrad off;
    ParameterList p = other.parameters();
    for (int64_t i = 0; i < p[0].tensor.numel(); i++) p[0].tensor.mutable_data<double>()[i] *= 10;
    for (int64_t i = 0; i < p[1].tensor.numel(); i++) p[1].tensor.mutable_data<double>()[i] /= 10;
  }
  Tensor x = randn({20, 5}), y = randint(0, 3, {20}), grid = linspace(-1, 1, 5);
  auto curve = [&](nn::Sequential& m, bool normalised) {
    Generator same(11);
    nn::LossCurve c({.model = m});
    nn::NamedTensors d;
    if (normalised) d = nn::random_direction(m, "filter", "biasbn", &same);
    else
      for (auto& e : m.parameters()) d.emplace_back(e.name, randn(e.tensor.shape(), DType::float64, &same));
    c.dx = d;
    return c(x, y, grid);
  };
  CHECK(difference(curve(net, true) / curve(other, true), ones({5})) < 1e-6);
  CHECK(difference(narrow(curve(net, false) / curve(other, false), 0, 4, 1), ones({1})) > 0.2);

  // f along the difference of two models ends at the second one.
  nn::LossCurve between({.model = net});
  between.dx = nn::difference_direction(net, other);
  CHECK(select(between(x, y, tensor({0, 1})), 0, 1).item() == doctest::Approx(nn::cross_entropy(other(x), y).item()));
  // A trajectory in a plane is explained by two axes, and its coordinates keep distances.
  std::vector<nn::NamedTensors> path;
  Tensor u = randn({7}), v = randn({7});
  for (double s : {3.0, 2.0, 1.2, 0.5, 0.0}) path.push_back({{"w", s * u + s * s * v}});
  nn::Trajectory t = nn::trajectory_directions(path);
  CHECK(sum(t.explained).item() == doctest::Approx(1));
  CHECK(norm(select(t.coordinates, 0, 0)).item() == doctest::Approx(norm(path[0][0].second).item()));
  CHECK(count_nonzero(select(t.coordinates, 0, 4)).item() == 0);
}

TEST_CASE("analysis: filters by their measures") {
  DefaultDtype wide(DType::float64);
  manual_seed(7);
  Tensor w = randn({64, 32, 3, 3}), bank = reshape(slice(eye(18), 0, 0, 4), {4, 2, 3, 3});
  for (auto f : {nn::filter_sparsity, nn::filter_variance_entropy, nn::filter_orthogonality}) CHECK(f(w) == doctest::Approx(f(1e-3 * w)).epsilon(1e-9));
  CHECK(nn::filter_orthogonality(bank) == doctest::Approx(1));
  CHECK(nn::filter_orthogonality(ones({4, 2, 3, 3})) == doctest::Approx(0));
  CHECK(nn::filter_orthogonality(ones({1, 2, 3, 3})) == 1);
  CHECK(nn::filter_variance_entropy(randn({4, 3, 1, 1}) * randn({1, 1, 3, 3})) < 1e-12);
  CHECK(nn::filter_variance_entropy(w) > 0.95);
  CHECK(nn::filter_variance_entropy(ones({2, 2, 3, 3})) == 0);
  Tensor half = reshape(cat({ones({32}), zeros({32})}), {64, 1, 1, 1});
  CHECK(nn::filter_sparsity(w * half) == 0.5);
  CHECK(nn::filter_sparsity(zeros({2, 2, 3, 3})) == 1);
  nn::Sequential net{nn::Conv2d(1, 4, 3), nn::ReLU(), nn::Flatten(), nn::Linear(16, 3)};
  CHECK(nn::filter_report(net).size() == 1);
  Tensor x = randn({5, 1, 4, 4}), y = randint(0, 3, {5}), attacked = nn::fgsm(net, x, y, 0.1, false);
  CHECK(amax(abs(attacked - x)).item() == doctest::Approx(0.1));
  CHECK(nn::cross_entropy(net(attacked), y).item() > nn::cross_entropy(net(x), y).item());
  CHECK(amax(abs(nn::fgsm(net, x, y, 0.1) - x)).item() <= 0.2);
  CHECK_THROWS_AS(nn::filter_sparsity(ones({3, 3})), ShapeError);
}

TEST_CASE("analysis: one filter and its teacher") {
  DefaultDtype wide(DType::float64);
  manual_seed(8);
  Tensor w = randn({5}), teacher = randn({5}), z = randn({7, 4, 5});
  Tensor point = w.detach().set_requires_grad();
  Tensor active = to(gt(matmul(z, w), 0), DType::float64), excess = sum(relu(matmul(z, w)) - relu(matmul(z, teacher)), {1});
  Tensor closed = mean(unsqueeze(excess, 1) * sum(z * unsqueeze(active, 2), {1}), {0});
  CHECK(difference(grad(nn::conv_filter_teacher_loss(point, teacher, z), point), closed) < 1e-12);
  Tensor there = teacher.detach().set_requires_grad(), none = nn::conv_filter_teacher_loss(there, teacher, z);
  CHECK(none.item() == 0);
  CHECK(count_nonzero(grad(none, there)).item() == 0);
  CHECK(nn::conv_filter_teacher_loss(3 * w, 3 * teacher, z).item() == doctest::Approx(9 * nn::conv_filter_teacher_loss(w, teacher, z).item()));
  Tensor single = narrow(z, 1, 0, 1);
  CHECK(nn::conv_filter_teacher_loss(w, teacher, expand(single, {7, 4, 5})).item() == doctest::Approx(16 * nn::conv_filter_teacher_loss(w, teacher, single).item()));
  CHECK(nn::patch_closeness(expand(single, {7, 4, 5})) < 1e-7);
  CHECK(nn::extract_patches_1d(arange(0, 7, 1, DType::float64) + zeros({2, 1}), 3, 2).shape() == Shape{2, 3, 3});
  auto [distance, angle] = nn::ConvFilterLearnability({.p = 4, .patches = 3, .samples = 100, .steps = 60})();
  CHECK(distance.numel() == 61);
  CHECK(select(distance, 0, 60).item() < 0.01);
  CHECK(select(angle, 0, 60).item() < 0.01);
}
