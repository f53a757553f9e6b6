// What the flows' papers claim to be exact: identities between estimators, gradients against other routes to them, bounds.
#include <doctest/doctest.h>

#include <numbers>

#include "autograd/ops/activation.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/transforms.h"
#include "nn/flow/cnf.h"
#include "nn/flow/dgfs.h"
#include "nn/flow/fair_flow.h"
#include "nn/flow/injective_flow.h"
#include "nn/flow/nano_flow.h"
#include "nn/flow/path_gradient.h"
#include "nn/flow/reflected_flow_matching.h"
#include "nn/flow/reverse_alignment.h"
#include "nn/flow/sim_flow.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

/// |stated log determinant - that of the dense Jacobian| at one sample x (1, n).
double log_det_error(const TensorsFunction& flow, const Tensor& x) {
  int64_t n = x.numel();
  Tensor dense = jacobian([&](const Tensor& t) { return flow({t})[0]; }, x);
  return std::abs(flow({x})[1].item() - slogdet(reshape(dense, {n, n})).second.item());
}

/// Normal numbers of this deviation for every parameter.
void perturb(nn::Module& m, double deviation, uint64_t seed = 3) {
  NoGrad off;
  for (auto& p : m.parameters()) copy_(p.tensor, sample(p.tensor.shape(), seed++, DType::float64, 0, deviation));
}

Tensors parameter_gradients(nn::Module& m, const Tensor& loss) {
  Tensors leaves;
  for (auto& p : m.parameters()) leaves.push_back(p.tensor);
  return grad({loss}, leaves, {.allow_unused = true});
}
double largest_difference(const Tensors& a, const Tensors& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, difference(a[i], b[i]));
  return worst;
}
double size_of(const Tensor& g) { return g.defined() ? sum(abs(g)).item() : 0.0; }

}  // namespace

TEST_CASE("NanoFlow: inverse, log determinant, zero projections, parameters that sharing saves") {
  DefaultDtype scope(DType::float64);
  for (auto variant : {nn::NanoVariant::separate, nn::NanoVariant::naive, nn::NanoVariant::decomposed, nn::NanoVariant::full})
    for (int64_t dim : {4, 5}) {
      manual_seed(1);
      nn::NanoFlow flow({.variant = variant, .dim = dim, .flows = 3, .layers = 2, .hidden = 6, .embed_dim = 2});
      Tensor x = sample({1, dim}, 2);
      double kept = std::log(1 / (1 + std::exp(-2.0)));
      CHECK(flow(x)[1].item() == doctest::Approx(3 * double(dim - dim / 2) * kept));  // projections start from 0
      perturb(flow, 0.5);
      CHECK(log_det_error([&](const Tensors& t) { return flow(t[0]); }, x) < 1e-9);
      CHECK(difference(flow.inverse(flow(x)[0]), x) < 1e-9);
    }
  int64_t d = 6, k = 3, layers = 2, h = 5, e = 4;
  auto make = [&](nn::NanoVariant v) { return nn::NanoFlow({.variant = v, .dim = d, .flows = k, .layers = layers, .hidden = h, .embed_dim = e}); };
  nn::NanoFlow full = make(nn::NanoVariant::full), decomposed = make(nn::NanoVariant::decomposed);
  CHECK(full.parameters().numel() - decomposed.parameters().numel() == e * h + k * (e + layers * h));

  // Open gates, and an embedding that no weight reads: full is decomposed.
  perturb(decomposed, 0.5);
  NoGrad off;
  for (auto& p : decomposed.parameters()) {
    Tensor to_fill = full.parameters().find(p.name)->tensor;
    if (p.name == "estimator.0.weight") zero_(to_fill), to_fill = narrow(to_fill, 1, 0, d / 2);
    copy_(to_fill, p.tensor);
  }
  CHECK(difference(full(sample({2, d}, 5))[0], decomposed(sample({2, d}, 5))[0]) < 1e-12);
  CHECK_THROWS_WITH_AS(full(sample({2, 3}, 5)), "NanoFlow: expected an input (B, 6) but it is [2, 3]", ShapeError);
  CHECK_THROWS_AS(nn::NanoFlow({.dim = 1}), ConfigError);
}

TEST_CASE("injective flow: with all directions the surrogate of a linear pair has the volume's gradient, and the value d") {
  DefaultDtype scope(DType::float64);
  int64_t d = 2, data = 4, batch = 5;
  Tensor a = sample({d, data}, 1).set_requires_grad(), pseudo = pinv(a.detach()), x = sample({batch, data}, 2);
  manual_seed(4);
  Tensor v = nn::hutchinson_directions(batch, d, d, DType::float64);
  CHECK(difference(matmul(transpose(v), v), expand(2.0 * eye(d), {batch, d, d})) < 1e-12);
  auto encoder = [&](const Tensor& t) { return matmul(t, transpose(a)); };
  auto decoder = [&](const Tensor& t) { return matmul(t, transpose(pseudo)); };
  nn::InjectiveFlow f = nn::injective_flow_loss(encoder, decoder, x, v, 1);
  CHECK(difference(f.surrogate, 2.0 * ones({batch})) < 1e-12);
  Tensor volume = 0.5 * logdet(matmul(a, transpose(a)));
  Tensor growth = grad(volume, a);
  CHECK(difference(grad(mean(f.surrogate), a), growth) < 1e-9);
  CHECK(difference(growth, transpose(pseudo)) < 1e-9);

  // One direction a sample: the same on average.
  int64_t many = 20000;
  Tensor wide = sample({many, data}, 5), one = nn::hutchinson_directions(many, d, 1, DType::float64);
  CHECK(difference(grad(mean(nn::injective_flow_loss(encoder, decoder, wide, one, 1).surrogate), a), transpose(pseudo)) < 0.05);
  // On the manifold: log p(xhat) = log N(z) - log det(g'^T g') / 2.
  Tensor log_p = nn::injective_log_prob(encoder, decoder, x);
  Tensor z = encoder(x).detach();
  Tensor expected = -0.5 * sum(square(z), {1}) - std::log(2 * std::numbers::pi) - 0.5 * logdet(matmul(transpose(pseudo), pseudo));
  CHECK(difference(log_p, expected.detach()) < 1e-9);
  CHECK_THROWS_AS(nn::InjectiveFlowLoss({.data_dim = 2, .latent_dim = 3}), ConfigError);

  nn::InjectiveFlowLoss loss({.data_dim = data, .latent_dim = d, .hidden = 3});
  NoGrad off;
  CHECK_FALSE(loss(x, v = narrow(v, 2, 0, 1))[0].requires_grad());  // measured without a tape, too
  CHECK(loss(x, Tensor())[0].shape() == Shape{batch});
}

TEST_CASE("CNF: log determinant, the linear flow, T = 0, the way back") {
  DefaultDtype scope(DType::float64);
  manual_seed(1);
  nn::CNF flow({.dim = 2, .hidden = 5, .steps = 40});
  perturb(flow.net.first, 0.7), perturb(flow.net.last, 0.7, 9);
  Tensor x = sample({1, 2}, 2);
  CHECK(log_det_error([&](const Tensors& t) { return flow(t[0]); }, x) < 1e-6);
  CHECK(difference(flow.inverse(flow(x)[0]), x) < 1e-6);
  CHECK(difference(flow.integrate(x, 0, 3)[0], x) == 0);

  // Near 0 tanh is linear: f(z) = A z with A = W2 W1.
  {
    NoGrad off;
    for (auto* b : {&flow.net.first.bias, &flow.net.last.bias}) zero_(b->leaf());
    mul_(flow.net.first.weight.leaf(), 1e-5), mul_(flow.net.last.weight.leaf(), 1e5);
    zero_(select(flow.net.first.weight.leaf(), 1, 2));
  }
  Tensor a = matmul(flow.net.last.weight(), narrow(flow.net.first.weight(), 1, 0, 2)).detach();
  Tensors out = flow.integrate(x, 0.7, 40);
  CHECK(difference(out[0], matmul(x, transpose(matrix_exp(0.7 * a)))) < 1e-6);
  CHECK(std::abs(out[1].item() - 0.7 * trace(a).item()) < 1e-6);
}

TEST_CASE("TO-FLOW: the boundary formula is the derivative with respect to the end time") {
  DefaultDtype scope(DType::float64);
  manual_seed(2);
  double end = 0.8, previous = 0;
  for (int64_t steps : {5, 10, 40}) {
    nn::CNF flow({.dim = 2, .hidden = 6, .steps = steps});
    perturb(flow, 0.8, 4);
    Tensor x = sample({8, 2}, 5);
    auto loss = [&](double t) { return nn::cnf_nll(flow.integrate(x, t, steps)).item(); };
    double boundary = nn::end_time_gradient(flow.net, flow.integrate(x, end, steps)[0], scalar(end, DType::float64)).item();
    { NoGrad off; fill_(flow.end_time.leaf(), end); }
    double through_solver = grad(nn::cnf_nll(flow(x)), flow.end_time.leaf()).item();
    CHECK(through_solver == doctest::Approx((loss(end + 1e-5) - loss(end - 1e-5)) / 2e-5).epsilon(1e-6));
    double gap = std::abs(boundary - through_solver);
    if (steps == 10) CHECK(gap < previous / 8);  // shrinks as steps^-4
    if (steps == 40) CHECK(gap < 1e-6 * std::abs(boundary));
    previous = gap;
    { NoGrad off; zero_(flow.net.last.weight.leaf()), zero_(flow.net.last.bias.leaf()); }
    CHECK(nn::end_time_gradient(flow.net, x, scalar(end, DType::float64)).item() == 0);  // f = 0
  }
  nn::TemporalOptimizer t({.lr = 0.5, .alpha = 0, .t_min = 0.1, .t_max = 2}, 1);
  CHECK(t.steps(0.1) == 10);
  t.step(100);
  CHECK(t.end_time() == 0.5);  // clipped to 1
  t.step(100);
  CHECK(t.end_time() == doctest::Approx(0.1));
  CHECK(t.steps(0.3) == 1);
  CHECK_THROWS_AS(nn::TemporalOptimizer({}, 3), ConfigError);
}

TEST_CASE("fair flow: equal groups have no divergence, two Gaussians the known one, decoding undoes encoding") {
  DefaultDtype scope(DType::float64);
  manual_seed(3);
  nn::FairFlowEncoder encoder({.dim = 3, .hidden = {4}, .blocks = 3});
  Tensor x = sample({1, 3}, 1);
  CHECK(log_det_error([&](const Tensors& t) { return encoder(t[0]); }, x) < 1e-9);
  Tensors z = encoder(x), back = encoder.decode(z[0]);
  CHECK(difference(back[0], x) < 1e-12);
  CHECK(difference(back[1], z[1]) < 1e-12);

  nn::FairNormalizingFlow same({.dim = 2, .hidden = {4}, .blocks = 2});
  Tensor a = sample({50, 2}, 1), b = sample({50, 2}, 2);
  CHECK(std::abs(same(a, b)[0].item()) < 1e-12);
  CHECK(difference(same.total(scalar(2, DType::float64), scalar(1, DType::float64), 0.5), scalar(0.45 * 2 + 0.55, DType::float64)) < 1e-12);

  // Two unit Gaussians at distance D through one flow: Delta = 2 Phi(D / 2) - 1, whatever the flow.
  double distance = 1.5;
  nn::GaussianPrior left, right;
  left.mean = {0, 0}, right.mean = {distance, 0};
  nn::FairNormalizingFlow apart({.dim = 2, .hidden = {4}, .blocks = 2, .prior0 = left, .prior1 = right});
  Tensor x0 = sample({20000, 2}, 3), x1 = sample({20000, 2}, 4) + tensor({distance, 0.0});
  NoGrad off;
  Tensors out = apart(x0, x1);
  CHECK(out[0].item() == doctest::Approx(distance * distance / 2).epsilon(0.03));
  CHECK(out[1].item() == doctest::Approx(std::erf(distance / 2 / std::sqrt(2.0))).epsilon(0.02));
  CHECK_THROWS_AS(nn::FairNormalizingFlow({.dim = 3, .prior0 = left}), ConfigError);
}

TEST_CASE("coupling stack: inverse and log determinant, even and odd dimensions") {
  DefaultDtype scope(DType::float64);
  for (int64_t dim : {2, 5, 6}) {
    nn::AffineCouplingStack flow({.dim = dim, .blocks = 3, .hidden = 4, .scale_bound = dim == 5 ? 1.0 : 0.0, .shuffle = dim == 6 ? std::optional<int64_t>(1) : std::nullopt});
    perturb(flow, 0.4);
    Tensor z = sample({1, dim}, 2);
    CHECK(log_det_error([&](const Tensors& t) { return flow.generate(t[0]); }, z) < 1e-9);
    Tensors x = flow.generate(z), back = flow.normalize(x[0]);
    CHECK(difference(back[0], z) < 1e-9);
    CHECK(difference(back[1], -x[1]) < 1e-9);
    flow.start_as_identity();
    CHECK(difference(flow.generate(z)[0], z) == 0);
  }
}

TEST_CASE("path gradients: fast is the same, values agree, no noise at the optimum, the mean is the usual gradient") {
  DefaultDtype scope(DType::float64);
  auto action = [](const Tensor& x) { return 0.3 * sum(square(square(x) - 1.0), {1}); };
  for (int64_t dim : {3, 4}) {
    nn::AffineCouplingStack flow({.dim = dim, .blocks = 4, .hidden = 5});
    perturb(flow, 0.4);
    Tensor z = sample({7, dim}, 8);
    Tensor slow = nn::path_gradient_loss(flow, nn::PathEstimator::path_qp, z, action), fast = nn::path_gradient_loss(flow, nn::PathEstimator::fast_path_qp, z, action);
    CHECK(largest_difference(parameter_gradients(flow, slow), parameter_gradients(flow, fast)) < 1e-9);
    CHECK(slow.item() == doctest::Approx(nn::path_gradient_loss(flow, nn::PathEstimator::reparam, z, action).item()));
    CHECK(slow.item() == doctest::Approx(fast.item()));
  }
  // q = p: the flow is the identity and S = -log q0.
  nn::AffineCouplingStack identity({.dim = 4, .blocks = 2, .hidden = 3});
  identity.start_as_identity();
  auto normal = [](const Tensor& x) { return 0.5 * sum(square(x), {1}); };
  Tensor z = sample({6, 4}, 1);
  auto total = [&](nn::PathEstimator e) {
    double s = 0;
    for (const Tensor& g : parameter_gradients(identity, nn::path_gradient_loss(identity, e, z, normal))) s += size_of(g);
    return s;
  };
  CHECK(total(nn::PathEstimator::path_qp) == 0);
  CHECK(total(nn::PathEstimator::fast_path_qp) == 0);
  CHECK(total(nn::PathEstimator::path_pq) == 0);
  CHECK(total(nn::PathEstimator::reparam) > 0.01);

  // Averages over 20 batches of 1000: within four standard errors of each other, parameter by parameter.
  nn::AffineCouplingStack flow({.dim = 2, .blocks = 2, .hidden = 3});
  perturb(flow, 0.3);
  std::vector<double> sums, squares;
  for (uint64_t b = 0; b < 20; b++) {
    Tensor batch = sample({1000, 2}, 100 + b);
    Tensors path = parameter_gradients(flow, nn::path_gradient_loss(flow, nn::PathEstimator::fast_path_qp, batch, action));
    Tensors usual = parameter_gradients(flow, nn::path_gradient_loss(flow, nn::PathEstimator::reparam, batch, action));
    size_t at = 0;
    for (size_t i = 0; i < path.size(); i++)
      for (double v : (path[i] - usual[i]).to_vector<double>()) {
        if (sums.size() <= at) sums.push_back(0), squares.push_back(0);
        sums[at] += v, squares[at++] += v * v;
      }
  }
  for (size_t i = 0; i < sums.size(); i++) {
    double mean = sums[i] / 20, variance = squares[i] / 20 - mean * mean;
    CHECK(std::abs(mean) <= 4.5 * std::sqrt(variance / 19) + 1e-12);
  }
}

TEST_CASE("reverse alignment: one value, three routes of the gradient") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({5, 4}, 1), y = sample({5, 3}, 2);
  double value = 0;
  for (auto mode : {nn::AlignmentMode::forward, nn::AlignmentMode::detach, nn::AlignmentMode::reverse}) {
    nn::ReverseAlignment m({.mode = mode, .dim = 4, .blocks = 4, .hidden = 5, .layer = 2, .target_dim = 3, .weight = 0});
    perturb(m, 0.5);
    Tensors out = m(x, y);
    if (mode == nn::AlignmentMode::forward) value = out[1].item();
    CHECK(out[1].item() == doctest::Approx(value).epsilon(1e-8));
    CHECK(std::abs(value) <= 1);
    Tensors leaves;
    std::vector<std::string> names;
    for (auto& p : m.parameters()) leaves.push_back(p.tensor), names.push_back(p.name);
    Tensors g = grad({out[1]}, leaves, {.retain_graph = true, .allow_unused = true});
    for (size_t i = 0; i < g.size(); i++) {
      CAPTURE(names[i]);
      bool projector = names[i].starts_with("projector");
      int block = projector ? 2 : names[i][7] - '0';
      bool first = names[i].find("net.0") != std::string::npos;
      bool reached = projector || (block == 2 && first) || (mode == nn::AlignmentMode::reverse && block < 2) || (mode == nn::AlignmentMode::forward && block > 2);
      CHECK((size_of(g[i]) > 0) == reached);
    }
    CHECK(m.total(x, y).item() == doctest::Approx(out[0].item()));
    CHECK(difference(m.features(x, 2), m.features(x, 2)) == 0);
  }
  CHECK(nn::repa_alignment_loss(zeros({2, 3}), ones({2, 3})).item() == 0);
  CHECK_THROWS_AS(nn::repa_alignment_loss(x, y), ShapeError);
  CHECK_THROWS_AS(nn::ReverseAlignment({.dim = 4, .blocks = 2, .layer = 2, .target_dim = 1}), ConfigError);

  // -log p(x | c) = |x - c|^2 / 2: the token moves to the nearest row.
  Tensor table = tensor({{3, 0}, {0, 3}, {-3, -3}});
  auto nll = [](const Tensor& t, const Tensor& c) { return 0.5 * sum(square(t - c), {1}); };
  Tensor found = nn::FlowTokenClassifier().predict(nll, table, table + 0.3);
  CHECK(difference(found, from_vector(std::vector<int64_t>{0, 1, 2}, {3})) == 0);
  CHECK(difference(nn::FlowTokenClassifier({.steps = 5, .lr = 0.5}).predict(nll, table, table + 0.3), found) == 0);
}

TEST_CASE("reflection: inside, idempotent, even about each wall, billiards") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({200}, 1, DType::float64, 0, 4), r = nn::reflect_box(x, -1, 1);
  CHECK(amax(abs(r)).item() <= 1);
  CHECK(difference(nn::reflect_box(r, -1, 1), r) < 1e-15);
  CHECK(difference(nn::reflect_box(r * 0.999, -1, 1), r * 0.999) < 1e-15);
  for (double wall : {-1.0, 1.0}) CHECK(difference(nn::reflect_box(2 * wall - x, -1, 1), r) < 1e-12);
  Tensor y = x + sample({200}, 2, DType::float64, 0, 0.1);
  CHECK(amax(abs(nn::reflect_box(y, -1, 1) - r) - abs(y - x)).item() < 1e-12);
  CHECK_THROWS_AS(nn::reflect_box(x, 1, 1), ValueError);

  // A ball with its sign carried along: exact motion. v = 2.7 along each axis, 9 steps.
  Tensor start = sample({20, 2}, 3, DType::float64, 0, 0.3), at = start, sign = ones({20, 2});
  for (int i = 0; i < 9; i++) {
    Tensor moved = at + 0.3 * sign;
    sign = sign * nn::reflect_velocity_sign(moved, -1, 1);
    at = nn::reflect_box(moved, -1, 1);
  }
  CHECK(difference(at, nn::reflect_box(start + 2.7, -1, 1)) < 1e-12);
  // A field that points inwards never meets a wall: plain Euler and Heun.
  auto inward = [](const Tensor& p, double) { return -p; };
  CHECK(difference(nn::reflected_ode(inward, start, 10, -1, 1), start * std::pow(0.9, 10)) < 1e-12);
  CHECK(difference(nn::reflected_ode(inward, start, 40, -1, 1, "heun3"), start * std::exp(-1.0)) < 1e-6);
  CHECK_THROWS_AS(nn::reflected_ode(inward, start, 4, -1, 1, "rk4"), ConfigError);

  manual_seed(5);
  nn::ReflectedFlowMatching normal({.low = -1, .high = 2});
  Tensor p = normal.prior({20000}, DType::float64);
  double below = 0.15865525, above = 0.02275013, z = 1 - below - above;
  auto density = [](double t) { return std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi); };
  CHECK(amin(p).item() >= -1);
  CHECK(amax(p).item() <= 2);
  CHECK(mean(p).item() == doctest::Approx((density(-1) - density(2)) / z).epsilon(0.05));
  Tensor away = normal.sample([](const Tensor& t, const Tensor&) { return 9.0 * ones_like(t); }, {100, 2}, 7, DType::float64);
  CHECK(amax(away).item() <= 2);
}

TEST_CASE("SimFlow: without noise and prior an autoencoder; an identity flow's likelihood; nothing is detached") {
  DefaultDtype scope(DType::float64);
  manual_seed(6);
  nn::SimFlow m({.data_dim = 5, .latent_dim = 3, .hidden = 4, .blocks = 2, .nll_weight = 0});
  Tensor x = sample({6, 5}, 1), eps = zeros({6, 3});
  CHECK(m(x, eps)[0].item() == doctest::Approx(mean(square(x - m.decode(m.encode(x)))).item()));
  m.flow.start_as_identity();
  Tensor z = m.encode(x) + 0.5 * sample({6, 3}, 2), nll = m(x, sample({6, 3}, 2))[2];
  CHECK(nll.item() == doctest::Approx(0.5 * mean(square(z)).item() + 0.5 * std::log(2 * std::numbers::pi)));
  CHECK(size_of(grad(nll, m.encoder.parameters()[0].tensor)) > 0);
  CHECK(m.sample(4).shape() == Shape{4, 5});
  nn::SimFlow l1({.data_dim = 5, .latent_dim = 3, .recon = nn::Reconstruction::l1});
  CHECK(l1(x, eps)[1].item() == doctest::Approx(mean(abs(x - l1.decode(l1.encode(x)))).item()));
}

TEST_CASE("DGFS: the exact control balances every part of every trajectory") {
  DefaultDtype scope(DType::float64);
  int64_t n = 6, batch = 5;
  double dt = 0.25, sigma = 1.3, end = dt * double(n);
  // No control and target N(0, sigma^2 t_end): log F_n = log N(x_n; 0, sigma^2 t_n), log F_0 = 0.
  auto log_normal = [](const Tensor& x, double variance) { return -0.5 * sum(square(x), {1}) / variance - 0.5 * std::log(2 * std::numbers::pi * variance); };
  Tensor x = zeros({batch, 1});
  Tensors flows{zeros({batch})}, pf, pb_list;
  for (int64_t i = 1; i <= n; i++) {
    Tensor next = x + sigma * std::sqrt(dt) * sample({batch, 1}, uint64_t(i));
    pf.push_back(nn::dgfs_log_pf(x, next, zeros({batch, 1}), sigma, dt));
    pb_list.push_back(nn::dgfs_log_pb(full({batch}, dt * double(i)), next, x, sigma, dt));
    flows.push_back(log_normal(next, sigma * sigma * dt * double(i)));
    x = next;
  }
  Tensor f = stack(flows, 1), forward = stack(pf, 1), pb = stack(pb_list, 1);
  CHECK(nn::dgfs_subtb_loss(f, forward, pb, 2, 1).item() < 1e-18);
  Tensor log_w = log_normal(x, sigma * sigma * end) - sum(forward - pb, {1});
  CHECK(amax(abs(log_w)).item() < 1e-9);  // log Z = 0, without variance
  // One step is trajectory balance.
  Tensor one = nn::dgfs_subtb_loss(narrow(f, 1, 0, 2) + tensor({0.5, 0.0}), narrow(forward, 1, 0, 1), narrow(pb, 1, 0, 1), 2, 1);
  CHECK(one.item() == doctest::Approx(0.25));
  // A constant error of log F_0 alone is weighed by the weights of the pairs (0, j), all of which with those of the others sum to 1.
  Tensor shifted = cat({narrow(f, 1, 0, 1) + 1.0, narrow(f, 1, 1, n)}, 1);
  double part = 0, total = 0;
  for (int64_t i = 0; i <= n; i++)
    for (int64_t j = i + 1; j <= n; j++) total += std::pow(2, j - i), part += i == 0 ? std::pow(2, j - i) : 0;
  CHECK(nn::dgfs_subtb_loss(shifted, forward, pb, 2, 1).item() == doctest::Approx(part / total));
  Tensor longer = zeros({1, 1200});
  CHECK(nn::dgfs_subtb_loss(zeros({1, 1201}), longer, longer, 2, 1).item() == 0);  // 2^1200 overflows
  CHECK_THROWS_AS(nn::dgfs_subtb_loss(f, forward, narrow(pb, 1, 0, 2), 2, 1), ShapeError);

  manual_seed(8);
  nn::DiffusionGenerativeFlowSampler sampler({.dim = 2, .dt = 0.1, .steps = 5, .sigma = 2, .hidden = 8}, [](const Tensor& t) { return 0.5 * sum(square(t), {1}); });
  auto path = sampler.sample(4);
  backward({sampler.loss(path)});
  for (auto& p : sampler.policy_parameters()) CHECK(p.tensor.grad().defined());
  CHECK_FALSE(path.x.back().requires_grad());
  CHECK(sampler.loss(path, 1, 3).item() >= 0);
  CHECK_THROWS_AS(sampler.loss(path, 3, 3), ValueError);
  CHECK(sampler.log_weights(path).shape() == Shape{4});
}
