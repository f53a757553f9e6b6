// Projections after a step, Riemannian steps, pruning, Norm Loss.
#include <doctest/doctest.h>

#include "tare.h"

using namespace tare;

namespace {

ParameterList one(Tensor w) { return ParameterList(std::vector<ParameterList::Entry>{{"weight", w.set_requires_grad(), "Linear", Role::weight, ""}}); }

/// The parameter after steps with random gradients.
Tensor after_steps(const char* json, Tensor w, int steps = 5) {
  ParameterList params = one(w);
  auto o = optim::build(Json::parse(json), params);
  for (int i = 0; i < steps; i++) {
    w.set_grad(randn(w.shape(), w.dtype()));
    o->step();
  }
  return w.detach();
}

}  // namespace

TEST_CASE("projections: rows are shortened, brought to length 1, clipped") {
  DefaultDtype wide(DType::float64);
  manual_seed(1);
  Tensor longest = max(norm(after_steps(R"({"type": "Chain", "parts": [{"type": "SGD", "lr": 1}, {"type": "MaxNorm", "max_norm": 0.5}]})", 0.01 * randn({4, 3, 2})), 2, {1, 2}));
  CHECK(longest.item<double>() == doctest::Approx(0.5));
  CHECK(allclose(norm(after_steps(R"({"type": "Chain", "parts": [{"type": "AdamW"}, {"type": "UnitNorm"}]})", randn({4, 3})), 2, {1}), ones({4})));
  CHECK(allclose(norm(after_steps(R"({"type": "Chain", "parts": [{"type": "AdamW"}, {"type": "UnitNorm", "axis": "inputs"}]})", randn({4, 3, 2})), 2, {0, 2}), ones({3})));
  CHECK(max(abs(after_steps(R"({"type": "Chain", "parts": [{"type": "SGD", "lr": 1}, {"type": "WeightClip", "clip_value": 0.02}]})", randn({4})))).item<double>() <= 0.02);
  Tensor zero_row = after_steps(R"({"type": "Chain", "parts": [{"type": "SGD", "lr": 0}, {"type": "UnitNorm"}, {"type": "MaxNorm"}]})", zeros({2, 2}));
  CHECK(equal(zero_row, zeros({2, 2})));
  CHECK_THROWS_AS(after_steps(R"({"type": "Chain", "parts": [{"type": "SGD"}, {"type": "MaxNorm", "params": ["conv*"]}]})", randn({2, 2})), ConfigError);
}

TEST_CASE("Riemannian: weights stay on their manifold and the loss goes down") {
  DefaultDtype wide(DType::float64);
  for (auto [manifold, shape] : {std::pair{"oblique", Shape{4, 3}}, {"sphere", Shape{2, 3, 2}}, {"stiefel", Shape{3, 5}}, {"stiefel", Shape{5, 3}}}) {
    CAPTURE(manifold);
    manual_seed(2);
    Tensor w = randn(shape), target = randn(shape);
    ParameterList params = one(w);
    auto o = optim::build(Json::parse(text(R"({"type": "Riemannian", "manifold": ")", manifold, R"(", "base": {"type": "SGD", "lr": 0.1}})")), params);
    double first = 0, last = 0;
    for (int i = 0; i < 300; i++) {
      w.set_grad({});
      Tensor loss = -sum(w * target);
      loss.backward();
      o->step();
      last = -sum(w.detach() * target).item<double>();
      if (i == 0) first = last;
    }
    CHECK(last < first);
    Tensor rows = reshape(w.detach(), {shape[0], -1});
    if (manifold == std::string("oblique")) {
      CHECK(allclose(norm(rows, 2, {1}), ones({shape[0]})));
      CHECK(allclose(rows, target / norm(target, 2, {1}, true), 1e-2, 1e-2));  // the nearest rows
    }
    if (manifold == std::string("sphere")) CHECK(norm(rows).item<double>() == doctest::Approx(1));
    if (manifold == std::string("stiefel")) {
      Tensor q = rows.size(0) < rows.size(1) ? transpose(rows, 0, 1) : rows;
      CHECK(allclose(matmul(transpose(q, 0, 1), q), eye(q.size(1)), 1e-9, 1e-12));
      // At the maximum of <W, T> on the Stiefel manifold W^T T is symmetric.
      Tensor t = rows.size(0) < rows.size(1) ? transpose(target, 0, 1) : target, m = matmul(transpose(q, 0, 1), t);
      CHECK(allclose(m, transpose(m, 0, 1), 1e-2, 1e-2));
    }
  }
}

TEST_CASE("Riemannian: positive definite matrices move along geodesics, also where only the list names the manifold") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  Tensor w = eye(2) * tensor({2, 3}), g = tensor({0.5, -4});
  ParameterList params(std::vector<ParameterList::Entry>{{.name = "mean", .tensor = w.set_requires_grad(), .role = Role::norm_shift, .manifold = "spd"}});
  optim::Riemannian step(params, optim::SGD({.lr = 0.1}));
  sum(diagonal(w) * g).backward();
  step.step();
  // On diagonal matrices the geodesic is w exp(-lr g w), however long the step.
  CHECK(allclose(w.detach(), eye(2) * tensor({2 * std::exp(-0.1), 3 * std::exp(1.2)}), 1e-12, 1e-12));

  Tensor a = randn({4, 4}), target = matmul(a, transpose(a)) + eye(4), m = eye(4);
  optim::Riemannian to_target(one(m), optim::SGD({.lr = 0.1, .momentum = 0.5}), {.manifold = optim::RiemannianOptions::Manifold::spd});
  for (int i = 0; i < 200; i++) {
    m.set_grad({});
    Tensor root = inverse_sqrtm(target);
    sum(square(logm(matmul(matmul(root, m), root)))).backward();
    to_target.step();
  }
  CHECK(allclose(m.detach(), target, 1e-6, 1e-8));
  Tensor flat = randn({2, 3});
  optim::Riemannian wrong(one(flat), optim::SGD({.lr = 0.1}), {.manifold = optim::RiemannianOptions::Manifold::spd});
  sum(flat).backward();
  CHECK_THROWS_WITH_AS(wrong.step(), "Riemannian: the manifold spd wants a square matrix but weight is [2, 3]", ShapeError);
}

TEST_CASE("magnitude pruning: the cubic schedule, fixed masks, all tensors together") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  optim::MagnitudePruning p{{.initial_sparsity = 0, .final_sparsity = 0.8, .begin = 10, .end = 20, .every = 5}};
  CHECK(p.sparsity_at(9) == 0);
  CHECK(p.sparsity_at(15) == doctest::Approx(0.7));
  CHECK(p.sparsity_at(20) == doctest::Approx(0.8));
  const char* json = R"({"type": "Chain", "parts": [{"type": "SGD", "lr": 0.1}, {"type": "MagnitudePruning", "final_sparsity": 0.5, "begin": 0, "end": 2, "every": 1}]})";
  Tensor w = after_steps(json, randn({4, 5}), 6);
  CHECK(count_nonzero(w).item<int64_t>() == 10);
  Tensor small = full({1, 4}, 0.1).set_requires_grad(), large = full({1, 4}, 5.0).set_requires_grad();
  ParameterList both(std::vector<ParameterList::Entry>{{"a", small, "", Role::weight, ""}, {"b", large, "", Role::weight, ""}});
  auto o = optim::build(Json::parse(R"({"type": "MagnitudePruning", "final_sparsity": 0.5, "end": 0, "global": true})"), both);
  o->step();
  CHECK(count_nonzero(small).item<int64_t>() == 0);
  CHECK(count_nonzero(large).item<int64_t>() == 4);
  // The masks travel: a new object keeps the zeros.
  auto again = optim::build(Json::parse(R"({"type": "MagnitudePruning", "final_sparsity": 0.5, "end": 0, "global": true})"), both);
  again->load_state(Json::parse(o->to_json().dump()));
  {
    NoGrad off;
    small.mutable_data<double>()[0] = 9;
  }
  again->step();
  CHECK(count_nonzero(small).item<int64_t>() == 0);
  CHECK_THROWS_AS(optim::MagnitudePruning({.final_sparsity = 1.5}), ConfigError);
}

TEST_CASE("Norm Loss: with lr * lambda = 1/4 the distance of every row from length 1 halves") {
  DefaultDtype wide(DType::float64);
  for (const char* json : {R"({"type": "SGD", "lr": 0.5, "norm_loss": 0.5})", R"({"type": "Chain", "parts": [{"type": "NormLoss", "lambda": 0.5}, {"type": "SGD", "lr": 0.5}]})",
                           R"({"type": "NormLoss", "lambda": 0.5, "decoupled": true, "lr": 0.5})"}) {
    CAPTURE(json);
    Tensor w = tensor({{3, 4}, {0, 0}, {0, 0.5}});
    auto o = optim::build(Json::parse(json), one(w));
    w.set_grad(zeros({3, 2}));
    o->step();
    CHECK(allclose(norm(w.detach(), 2, {1}), tensor({3, 0, 0.75})));
    CHECK(w.to_vector<double>()[0] == doctest::Approx(1.8));
  }
}
