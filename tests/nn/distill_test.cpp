// Dataset distillation by implicit gradients, and federated pruning.
#include <doctest/doctest.h>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "nn/activation/relu.h"
#include "nn/distill/rcig.h"
#include "nn/federated/fedavg.h"
#include "nn/federated/fedtiny.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/sequential.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

}  // namespace

TEST_CASE("implicit gradient: that of the outer loss at the inner optimum; Adam comes to the exact solution") {
  Tensor s = gauss({6, 3}, 1), y = gauss({6}, 2), t = gauss({5, 3}, 3), z = gauss({5}, 4);
  auto optimum = [&](const Tensor& data) { return solve(matmul(transpose(data), data) + 0.5 * eye(3, 3, DType::float64), unsqueeze(mv(transpose(data), y), 1)); };
  BilevelLoss inner = [&](const Tensors& w, const Tensors& h) { return 0.5 * sum(square(matmul(h[0], w[0]) - unsqueeze(y, 1))) + 0.25 * sum(square(w[0])); };
  BilevelLoss outer = [&](const Tensors& w, const Tensors& h) { return sum(square(tanh(matmul(t, w[0])) - unsqueeze(z, 1))) + 0.1 * sum(square(h[0])); };
  ImplicitGradient g = implicit_gradient(inner, outer, {optimum(s)}, {s});
  for (int64_t i : {0, 7, 17}) {
    auto at = [&](double step) {
      Tensor moved = s + 0.0;
      moved.mutable_data<double>()[i] += step;
      return outer({optimum(moved)}, {moved}).item();
    };
    CHECK(g.hyper[0].to_vector<double>()[size_t(i)] == doctest::Approx((at(1e-5) - at(-1e-5)) / 2e-5).epsilon(1e-5));
  }
  ImplicitGradient slow = implicit_gradient(inner, outer, {optimum(s)}, {s}, {.steps = 2000, .lr = 3e-3});
  CHECK(apart(slow.v[0], g.v[0]) < 1e-3);
  CHECK(!slow.rose);
  ImplicitGradient direct = implicit_gradient(inner, outer, {optimum(s)}, {s}, {.implicit = false});
  CHECK(apart(direct.hyper[0], 0.2 * s) < 1e-12);
  ImplicitGradient clipped = implicit_gradient(inner, outer, {optimum(s)}, {s}, {.clip = true});
  CHECK(norm(clipped.hyper[0] - clipped.direct[0]).item() <= norm(clipped.direct[0]).item() * (1 + 1e-12));
}

TEST_CASE("kernel ridge regression: both forms of the inner loss, and a strong penalty leaves the outputs") {
  Tensor f = gauss({4, 3}, 1), o = gauss({4, 2}, 2), y = gauss({4, 2}, 3), ft = gauss({5, 3}, 4), ot = gauss({5, 2}, 5);
  Tensor k = matmul(f, transpose(f)), a = solve(k + 0.1 * eye(4, 4, DType::float64), y - o);
  Tensor long_form = 0.5 * sum(square(y - o - matmul(k, a))) + 0.05 * trace(matmul(transpose(a), matmul(k, a)));
  CHECK(rcig_inner_loss(f, o, y, 0.1).item() == doctest::Approx(long_form.item() / 8).epsilon(1e-9));
  CHECK(apart(krr_predict(f, o, y, ft, ot, 1e9), ot) < 1e-6);
  CHECK_THROWS_AS(krr_predict(f, o, y, ft, ot, 0), ValueError);
  CHECK_THROWS_AS(krr_predict(f, o, gauss({3, 2}, 1), ft, ot, 1), ShapeError);
}

TEST_CASE("dataset distiller: descending its gradients lowers the outer loss, linearized and not") {
  DefaultDtype wide(DType::float64);
  Tensor x = gauss({40, 4}, 1), label = to(gt(select(x, 1, 0) * select(x, 1, 1), 0), DType::int64), y = to(one_hot(label, 2), DType::float64) - 0.5;
  for (bool linearize : {true, false}) {
    CAPTURE(linearize);
    manual_seed(2);
    DatasetDistiller d([] { return Sequential{Linear{4, 12}, ReLU{}}; }, narrow(x, 0, 0, 4), narrow(y, 0, 0, 4), {.n_inner = 3, .n_hinv = 10, .pool = 1, .max_steps = 1000000, .linearize = linearize});
    double first = 0, last = 0;
    for (int step = 0; step < 60; step++) {
      double loss = d.backward(x, y);
      (step < 10 ? first : last) += step < 10 || step >= 50 ? loss : 0;
      NoGrad off;
      for (auto& e : d.parameters()) {
        REQUIRE(e.tensor.grad().defined());
        for (int64_t i = 0; i < e.tensor.numel(); i++) e.tensor.mutable_data<double>()[i] -= 0.1 * e.tensor.grad().to_vector<double>()[size_t(i)];
      }
      d.average();
    }
    CHECK(last < first);
    CHECK(d.images().shape() == Shape({4, 4}));
    CHECK(apart(d.images(), narrow(x, 0, 0, 4)) > 0);
  }
  DatasetDistiller fixed([] { return Sequential{Linear{4, 3}}; }, x, y, {.pool = 1, .learn_labels = false});
  CHECK(fixed.parameters().size() == 2);
}

TEST_CASE("FedTiny: the number of active weights stays, grown and dropped ones are apart and 0, no quota is masked averaging") {
  Tensor w = gauss({3, 4}, 1), g = gauss({3, 4}, 2), mask = to(gt(gauss({3, 4}, 3), 0), DType::int64);
  for (int64_t quota : {0, 2, 100}) {
    PrunedWeight p = fedtiny_prune_and_grow(w * to(mask, w.dtype()), g, mask, quota);
    CHECK(sum(p.mask).item<int64_t>() == sum(mask).item<int64_t>());
    auto before = mask.to_vector<int64_t>(), after = p.mask.to_vector<int64_t>();
    auto weight = p.weight.to_vector<double>(), was = w.to_vector<double>();
    for (size_t i = 0; i < before.size(); i++) CHECK(weight[i] == (before[i] && after[i] ? was[i] : 0));
    if (quota == 0) CHECK(before == after);
  }
  std::vector<int64_t> q = fedtiny_quota(from_vector(std::vector<int64_t>{0, 10, 50, 90, 100, 200}, {6}), full({6}, 1000, DType::int64), 100).to_vector<int64_t>();
  CHECK(q.front() == 300);
  CHECK(std::is_sorted(q.rbegin(), q.rend()));
  CHECK(q[4] == 0);
  CHECK(q[5] == 0);
  AggregatedStatistics same = fedtiny_bn_aggregate(repeat(gauss({1, 4}, 4), {3, 1}), repeat(gauss({1, 4}, 5), {3, 1}), indices({5, 1, 2}));
  CHECK(apart(same.mean, reshape(gauss({1, 4}, 4), {4})) < 1e-15);
  CHECK(apart(same.var, reshape(gauss({1, 4}, 5), {4})) < 1e-15);

  DefaultDtype wide(DType::float64);
  Tensor x = gauss({90, 6}, 6), label = to(gt(sum(x, {1}), 0), DType::int64);
  std::vector<data::Dataset> clients;
  for (int64_t k = 0; k < 3; k++) clients.push_back(data::TensorDataset(narrow(x, 0, 30 * k, 10 * (k + 1)), narrow(label, 0, 30 * k, 10 * (k + 1))));
  auto train = [&](FedTinyOptions o) {
    manual_seed(7);
    Sequential net{Linear{6, 16}, BatchNorm1d{16}, ReLU{}, Linear{16, 8}, ReLU{}, Linear{8, 2}};
    FedTiny fed(net, clients, o);
    fed.select();
    auto count = [&] {
      int64_t n = 0;
      for (auto& [name, m] : fed.masks()) {
        n += sum(m).item<int64_t>();
        CHECK(max(abs(net.parameters().find(name)->tensor.detach() * (1.0 - to(m, DType::float64)))).item() == 0);
      }
      return n;
    };
    int64_t active = count();
    CHECK(std::abs(double(active) - o.density * (6 * 16 + 16 * 8)) <= 1.5);
    std::vector<int64_t> start;
    for (auto& [name, m] : fed.masks()) start.push_back(m.to_vector<int64_t>()[0]);
    for (int t = 0; t < 5; t++) {
      fed.round();
      CHECK(count() == active);
    }
    return net(x).detach();
  };
  FedTinyOptions o{.density = 0.3, .num_candidates = 4, .delta_round = 2, .r_stop = 6, .local_steps = 2, .batch_size = 8};
  Tensor pruned = train(o);
  CHECK(apart(pruned, train(o)) == 0);
  o.fraction = 0;
  Tensor still = train(o);
  CHECK(apart(pruned, still) > 0);
  o.fraction = 1e-9;  // every quota is 0
  CHECK(apart(train(o), still) == 0);
  Sequential one{Linear{2, 2}};
  CHECK_THROWS_AS(FedTiny(one, clients), ConfigError);
}

TEST_CASE("FedAvg: a lone client's round is its gradient descent; the server averages by numbers of samples") {
  Tensor x = gauss({2, 3}, 1), labels = from_vector(std::vector<int64_t>{0, 1}, {2});
  auto client = [&](int64_t i, int64_t copies) { return data::TensorDataset(expand(narrow(x, 0, i, 1), {copies, 3}), expand(narrow(labels, 0, i, 1), {copies})); };
  DefaultDtype wide(DType::float64);
  manual_seed(5);
  Linear start(3, 2);
  auto alone = [&](int64_t i) {
    Linear net = start;
    FedAvg one(net, {client(i, 1)}, {.local_steps = 3, .lr = 0.2});
    one.round();
    Linear by_hand = start;
    for (int step = 0; step < 3; step++) {
      by_hand.zero_grad();
      cross_entropy(by_hand(narrow(x, 0, i, 1)), narrow(labels, 0, i, 1)).backward();
      NoGrad off;
      for (auto& p : by_hand.parameters()) kernels::add_into(p.tensor, p.tensor.grad(), -0.2);
    }
    CHECK(apart(net.weight(), by_hand.weight()) < 1e-14);
    return net.weight().detach();
  };
  Linear net = start;
  FedAvg fed(net, {client(0, 3), client(1, 1), data::TensorDataset(zeros({0, 3}), zeros({0}, DType::int64))}, {.local_steps = 3, .lr = 0.2});
  fed.round();
  CHECK(fed.rounds() == 1);
  CHECK(apart(net.weight(), 0.75 * alone(0) + 0.25 * alone(1)) < 1e-14);
  CHECK_THROWS_WITH_AS(FedAvg(net, {}), "FedAvg: the clients have no samples", ConfigError);
  CHECK_THROWS_AS(FedAvg(net, {client(0, 1)}, {.batch_size = 0}), ConfigError);
}
