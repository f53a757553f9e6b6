// Analyses of training: sensing problems, tubal tensors, two-layer ReLU networks, gradient noise, tangent kernels, shuffled batches, aggregated
// losses.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/complex.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/tubal.h"
#include "autograd/tape.h"
#include "core/data/loader.h"
#include "core/data/sampler.h"
#include "nn/activation/relu.h"
#include "nn/container/lambda.h"
#include "nn/linear.h"
#include "nn/loss/distance.h"
#include "nn/loss/policy_gradient.h"
#include "nn/sequential.h"
#include "nn/theory/gradient_noise.h"
#include "nn/theory/sensing.h"
#include "nn/theory/shuffling.h"
#include "nn/theory/tangent_kernel.h"
#include "nn/theory/two_layer_relu.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) {
  CHECK(a.shape() == b.shape());
  return a.numel() ? max(abs(a.detach() - b.detach())).item() : 0;
}
Tensor orthogonal(int64_t n, uint64_t seed) { return qr(gauss({n, n}, seed)).first; }

}  // namespace

TEST_CASE("matrix sensing: the gradient is (sum r A) U, turning U changes nothing, the truth has no loss") {
  Tensor v = gauss({5, 2}, 1), a = gauss({9, 5, 5}, 2);
  a = 0.5 * (a + transpose(a));
  Tensor y = mv(reshape(a, {9, 25}), reshape(matmul(v, transpose(v)), {25})), u = gauss({5, 3}, 3).set_requires_grad();
  Tensor loss = matrix_sensing_loss(u, a, y), g = grad(loss, u);
  Tensor r = mv(reshape(a, {9, 25}), reshape(matmul(u, transpose(u)), {25})) - y;
  CHECK(apart(g, matmul(reshape(mv(transpose(reshape(a, {9, 25})), r), {5, 5}), u)) < 1e-10);
  CHECK(matrix_sensing_loss(matmul(u, orthogonal(3, 4)), a, y).item() == doctest::Approx(loss.item()));
  Tensor truth = v.detach().set_requires_grad();
  CHECK(matrix_sensing_loss(truth, a, y).item() < 1e-20);
  CHECK(max(abs(grad(matrix_sensing_loss(truth, a, y), truth))).item() < 1e-10);
  Tensor z = gauss({5, 5}, 5);
  for (int64_t rank : {0, 1, 2, 9}) {
    Tensor best = best_rank_psd(z, rank);
    CHECK(apart(best_rank_psd(best, rank), best) < 1e-12);
  }
  CHECK_THROWS_AS(matrix_sensing_loss(u, a, gauss({8}, 1)), ShapeError);
  CHECK_THROWS_AS(best_rank_psd(z, -1), ValueError);
}

TEST_CASE("t-product: Fourier slices, transposes, associativity, the identity; k = 1 is a matrix product") {
  Tensor a = gauss({3, 2, 5}, 1), b = gauss({2, 4, 5}, 2), c = gauss({4, 3, 5}, 3);
  auto slices = [](const Tensor& t) { return movedim(fft(complex(t, zeros_like(t))), {2}, {0}); };  // (k, n1, n2, 2)
  auto part = [](const Tensor& z, int64_t i) { return select(z, -1, i); };
  Tensor fa = slices(a), fb = slices(b), re = matmul(part(fa, 0), part(fb, 0)) - matmul(part(fa, 1), part(fb, 1));
  Tensor im = matmul(part(fa, 0), part(fb, 1)) + matmul(part(fa, 1), part(fb, 0));
  Tensor back = ifft(movedim(complex(re, im), {0}, {2}));
  CHECK(apart(t_product(a, b), select(back, -1, 0)) < 1e-12);
  CHECK(max(abs(select(back, -1, 1))).item() < 1e-12);
  CHECK(apart(t_transpose(t_product(a, b)), t_product(t_transpose(b), t_transpose(a))) < 1e-12);
  CHECK(apart(t_product(t_product(a, b), c), t_product(a, t_product(b, c))) < 1e-12);
  CHECK(apart(t_product(t_identity(3, 5, DType::float64), a), a) == 0);
  CHECK(apart(t_product(gauss({3, 2, 1}, 4), gauss({2, 3, 1}, 5)), unsqueeze(matmul(reshape(gauss({3, 2, 1}, 4), {3, 2}), reshape(gauss({2, 3, 1}, 5), {2, 3})), 2)) < 1e-12);
  // An orthogonal tensor: an orthogonal matrix in one slice.
  Tensor q = cat({zeros({3, 3, 2}, DType::float64), unsqueeze(orthogonal(3, 6), 2), zeros({3, 3, 2}, DType::float64)}, 2);
  CHECK(apart(t_product(q, t_transpose(q)), t_identity(3, 5, DType::float64)) < 1e-12);
  Tensor s = t_svdvals(a);
  CHECK(apart(t_svdvals(t_product(q, a)), s) < 1e-12);
  for (int64_t f = 1; f < 5; f++) CHECK(apart(select(s, 1, f), select(s, 1, 5 - f)) < 1e-12);
  Tensor u = gauss({3, 4, 5}, 7).set_requires_grad(), g = gauss({6, 3, 3, 5}, 8), y = gauss({6}, 9);
  Tensor r = mv(reshape(g, {6, 45}), reshape(t_product(u, t_transpose(u)), {45})).detach() - y, m = reshape(mv(transpose(reshape(g, {6, 45})), r), {3, 3, 5});
  CHECK(apart(grad(tubal_sensing_loss(u, g, y), u), t_product(m + t_transpose(m), u)) < 1e-10);
  CHECK_THROWS_AS(t_product(a, c), ShapeError);
}

TEST_CASE("two-layer ReLU: balance lowers the penalty, a convex solution is a network of the same value, pruning keeps predictions") {
  Tensor x = gauss({12, 3}, 1), y = sign(gauss({12}, 2)), u = gauss({40, 3}, 3), a = gauss({40}, 4);
  auto f = [&](const ReluNeurons& n) { return mv(clamp(matmul(x, transpose(n.u)), 0.0), n.a); };
  ReluNeurons balanced = balance_neurons(u, a);
  CHECK(apart(f(balanced), f({u, a})) < 1e-12);
  CHECK(apart(norm(balanced.u, 2, {1}), abs(balanced.a)) < 1e-12);
  CHECK(relu_network_objective(balanced.u, balanced.a, x, y, 0.1).item() < relu_network_objective(u, a, x, y, 0.1).item());
  CHECK(max(abs(balance_neurons(zeros({2, 3}, DType::float64), gauss({2}, 1)).a)).item() == 0);
  // A gate itself lies in its cone, and so does any multiple.
  Tensor gates = gauss({5, 3}, 5), v = unsqueeze(tensor({0.5, 0, 2, 1, 0}), 1) * gates, w = unsqueeze(tensor({0, 0.3, 0, 1, 0}), 1) * gates;
  ReluNeurons net = convex_to_network(v, w);
  double convex = convex_relu_objective(v, w, x, y, relu_patterns(x, gates), 0.1).item();
  CHECK(relu_network_objective(net.u, net.a, x, y, 0.1).item() == doctest::Approx(convex).epsilon(1e-10));
  for (bool safe : {false, true}) {
    ReluNeurons small = prune_relu_network(balanced.u, balanced.a, x, {.penalty_safe = safe});
    CHECK(small.a.numel() <= 12);
    CHECK(apart(f(small), f({u, a})) < 1e-8);
    if (safe) CHECK(relu_network_objective(small.u, small.a, x, y, 1).item() <= relu_network_objective(balanced.u, balanced.a, x, y, 1).item() + 1e-8);
  }
  Tensor few = narrow(u, 0, 0, 3), twice = cat({few, 2.5 * narrow(u, 0, 1, 1), zeros({1, 3}, DType::float64)}, 0), weights = tensor({1, 0.5, -1, 0.3, 1});
  ReluNeurons merged = prune_relu_network(twice, weights, x);
  CHECK(merged.a.numel() == 3);
  CHECK(apart(f(merged), f({twice, weights})) < 1e-8);
  DefaultDtype wide(DType::float64);
  TwoLayerReLU big({.in_features = 3, .hidden_features = 30});
  TwoLayerReLU less = OptimalPruner()(big, x);
  CHECK(less.options.hidden_features <= 12);
  CHECK(apart(big(x), less(x)) < 1e-8);
  CHECK_THROWS_AS(prune_relu_network(u, a, gauss({4, 2}, 1)), ShapeError);
}

TEST_CASE("gradient noise: equal samples have none, a linear model's is known, its slope is that of the trace") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  Tensor x = gauss({6, 3}, 1), y = gauss({6, 1}, 2);
  GradientNoise noise({.model = Linear({.in_features = 3, .out_features = 1, .bias = false}), .loss = MSELoss{}});
  Tensor w = noise.parameters()[0].tensor, g = 2 * (matmul(x, transpose(w)) - y).detach() * x;
  GradientStatistics s = noise(x, y);
  CHECK(apart(s.trace_unbiased, sum(var(g, {0}))) < 1e-12);
  CHECK(apart(s.trace_biased, mean(sum(square(g), {1})) - s.mean_square) < 1e-12);
  Tensor same = expand(narrow(x, 0, 0, 1), {4, 3}), target = expand(narrow(y, 0, 0, 1), {4, 1});
  CHECK(noise(same, target).trace_biased.item() < 1e-28);
  CHECK(expected_gap_change(noise(same, target).trace_biased, 0.1, 4).item() < 1e-28);
  Tensor slope = noise.grad_noise_trace(x, y)[0].second;
  for (int64_t k = 0; k < 3; k++) {
    double* at = w.mutable_data<double>() + k;
    double before = *at;
    *at = before + 1e-5;
    double up = noise(x, y).trace_biased.item();
    *at = before - 1e-5;
    double down = noise(x, y).trace_biased.item();
    *at = before;
    CHECK(slope.to_vector<double>()[size_t(k)] == doctest::Approx((up - down) / 2e-5).epsilon(1e-6));
  }
  CHECK(apart(noise.grad_noise_trace(x, y, true)[0].second, 1.2 * slope) < 1e-12);
  CHECK(max(abs(sgd_minus_gd_shift(slope, 0.1, 1, 8))).item() == 0);
  CHECK_THROWS_AS(sgd_minus_gd_shift(slope, 0.1, 3, 8), ValueError);
}

TEST_CASE("tangent kernels: symmetric and positive, the limit's identities, a wide network is near it") {
  DefaultDtype wide(DType::float64);
  manual_seed(4);
  Tensor x = gauss({4, 3}, 1), z = gauss({2, 3}, 2);
  EmpiricalNTK deep({.model = Sequential{Linear{3, 7}, ReLU{}, Linear{7, 1}}});
  Tensor k = deep(x, x);
  CHECK(apart(k, transpose(k)) < 1e-12);
  CHECK(min(eigvalsh(k)).item() > -1e-10);
  CHECK(apart(deep.forward(x), k) == 0);
  CHECK(apart(relu_ntk(x, z, 0), matmul(x, transpose(z))) < 1e-12);
  CHECK(apart(diagonal(relu_ntk(x, x, 3)), 4 * sum(square(x), {1})) < 1e-7);  // acos near 1
  CHECK(apart(relu_ntk(2 * x, 0.5 * z, 2), relu_ntk(x, z, 2)) < 1e-12);
  int64_t width = 16384;
  // All weights from N(0, 1), the scale outside of them.
  Lambda scale({.function = "mul", .options = Json::parse(text("{\"other\": ", std::sqrt(2.0 / double(width)), "}"))});
  EmpiricalNTK one({.model = Sequential{Linear({.in_features = 3, .out_features = width, .bias = false}), ReLU{}, std::move(scale),
                                        Linear({.in_features = width, .out_features = 1, .bias = false})}});
  one.load_state({{"model.0.weight", gauss({width, 3}, 5)}, {"model.3.weight", gauss({1, width}, 6)}});
  Tensor limit = relu_ntk(x, x, 1), found = one(x, x);
  for (int64_t i = 0; i < 4; i++) CHECK(select(diagonal(found), 0, i).item() == doctest::Approx(select(diagonal(limit), 0, i).item()).epsilon(0.05));
  CHECK(max(abs(found - limit)).item() < 0.05 * max(limit).item());
}

TEST_CASE("linearized model: the start's value and slope, linear in delta; the model itself stays") {
  DefaultDtype wide(DType::float64);
  manual_seed(5);
  Sequential net{Linear{3, 5}, ReLU{}, Linear{5, 2}};
  LinearizedModel linear({.model = net});
  Tensor x = gauss({4, 3}, 1);
  CHECK(apart(linear(x), net(x)) == 0);
  for (auto& [name, p] : linear.delta) p = gauss(p.shape(), 7);
  Tensor once = linear(x) - net(x);
  double h = 1e-6;
  for (auto& e : net.parameters())
    for (auto& [name, p] : linear.delta)
      if (name == e.name)
        for (int64_t i = 0; i < e.tensor.numel(); i++) e.tensor.mutable_data<double>()[i] += h * p().data<double>()[i];
  CHECK(apart((net(x) - (linear(x) - once)) / h, once) < 1e-4);
  sum(square(linear(x))).backward();
  for (auto& e : linear.parameters()) CHECK(e.tensor.grad().defined() == e.name.starts_with("delta"));
}

TEST_CASE("shuffled batches: every chunk is normalized, its order does not matter, pairs are signs") {
  Tensor x = gauss({12, 3}, 1), y = gauss({12}, 2), perm = from_vector(std::vector<int64_t>{5, 2, 9, 0, 1, 11, 3, 4, 10, 6, 8, 7}, {12});
  Tensor whole = distorted_features(x, arange(12), {.eps = 0});
  CHECK(apart(distorted_features(x, perm, {.eps = 0}), index_select(whole, 0, perm)) < 1e-12);
  Tensor chunks = reshape(distorted_features(x, perm, {.batch_size = 4, .eps = 0}), {3, 4, 3});
  CHECK(max(abs(mean(chunks, {1}))).item() < 1e-12);
  CHECK(apart(var(chunks, {1}, 0), ones({3, 3}, DType::float64)) < 1e-12);
  Tensor inside = from_vector(std::vector<int64_t>{9, 0, 2, 5, 1, 11, 3, 4, 10, 6, 8, 7}, {12});
  for (const ShuffledBatches& o : {ShuffledBatches{.batch_size = 4}, ShuffledBatches{.batch_size = 2, .eps = 0}})
    if (o.batch_size == 4) CHECK(apart(distorted_optimum(x, y, perm, o), distorted_optimum(x, y, inside, o)) < 1e-12);
    else CHECK(apart(abs(distorted_features(x, perm, o)), ones({12, 3}, DType::float64)) < 1e-12);
  CHECK(max(abs(distorted_features(ones({4, 2}, DType::float64), arange(4), {.batch_size = 2, .eps = 0}))).item() == 0);
  Tensor best = distorted_optimum(x, y, perm, {});
  CHECK(apart(batchnorm_linear_epoch(best, x, y, perm, 0.1, {}), best) < 1e-12);  // no slope there
  CHECK_THROWS_AS(distorted_features(x, perm, {.batch_size = 5}), ValueError);
}

TEST_CASE("shuffling samplers: one order for all epochs, or a new one for each") {
  data::SingleShuffle single(10, 3);
  data::RandomReshuffle reshuffle(10, 3), again(10, 3);
  auto first = single.next_epoch();
  CHECK(single.next_epoch() == first);
  auto a = reshuffle.next_epoch(), b = reshuffle.next_epoch();
  CHECK(a == again.next_epoch());
  CHECK(a != b);
  std::sort(a.begin(), a.end());
  for (int64_t i = 0; i < 10; i++) CHECK(a[size_t(i)] == i);
  Tensor x = arange(10);
  data::DataLoader loader(data::TensorDataset(x), {.batch_size = 10, .sampler = single.for_loader()});
  for (int epoch = 0; epoch < 2; epoch++)
    for (auto [batch, none] : loader) CHECK(batch.to_vector<int64_t>() == first);
  CHECK_THROWS_AS(data::RandomReshuffle(0), ValueError);
}

TEST_CASE("aggregated losses: lengths alone decide, alpha = 0 is dr_grpo, alpha = 1 has the least variance") {
  std::vector<int64_t> lengths{2, 7, 5, 1}, bits;
  for (int64_t l : lengths)
    for (int64_t t = 0; t < 7; t++) bits.push_back(t < l);
  Tensor mask = from_vector(bits, {4, 7}), loss = gauss({4, 7}, 1), length = from_vector(std::vector<double>{2, 7, 5, 1}, {4}, DType::float64);
  auto aggregate = [&](LossAggregatorOptions o) { return rlvr_loss_aggregate(loss, mask, o).item(); };
  CHECK(aggregate({.alpha = 0, .max_length = 9}) == doctest::Approx(aggregate({.mode = Aggregate::dr_grpo, .max_length = 9})).epsilon(1e-14));
  for (double alpha : {0.0, 0.5, 1.0}) {
    Tensor even = from_vector(std::vector<int64_t>(28, 1), {4, 7});
    CHECK(rlvr_loss_aggregate(loss, even, {.alpha = alpha}).item() == doctest::Approx(rlvr_loss_aggregate(loss, even, {.mode = Aggregate::dr_grpo}).item()));
    Tensor x = 9 * aggregation_weights(mask, {.alpha = alpha, .max_length = 9}, DType::float64);
    CHECK(sum(x).item() == doctest::Approx(1));
    CHECK(apart(9 * aggregation_weights(repeat(mask, {1, 3}), {.alpha = alpha, .max_length = 9}, DType::float64), x) < 1e-14);
  }
  auto variance = [&](const Tensor& x) { return sum(square(x) * length).item(); };
  double least = variance(aggregation_weights(mask, {.max_length = 1}, DType::float64));
  for (double alpha : {0.0, 0.5, 0.75}) CHECK(variance(aggregation_weights(mask, {.alpha = alpha, .max_length = 1}, DType::float64)) > least);
  for (uint64_t seed = 0; seed < 20; seed++) {
    Tensor x = exp(gauss({4}, seed));
    CHECK(variance(x / sum(x)) > least);
  }
  // A response without tokens counts for nothing, whatever its losses are.
  Tensor more = cat({mask, zeros({1, 7}, DType::int64)}, 0), with_nan = cat({loss, full({1, 7}, NAN, DType::float64)}, 0);
  CHECK(rlvr_loss_aggregate(with_nan, more, {}).item() == doctest::Approx(aggregate({})));
  CHECK_THROWS_AS(rlvr_loss_aggregate(loss, loss, {}), DTypeError);
  CHECK_THROWS_AS(LossAggregator({.alpha = 2}), ConfigError);
}
