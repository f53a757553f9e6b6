#include "nn/module.h"

#include <doctest/doctest.h>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "nn/activation/relu.h"
#include "nn/edit.h"
#include "nn/functional_call.h"
#include "nn/linear.h"
#include "nn/reparam/weight_norm.h"
#include "nn/save.h"
#include "nn/sequential.h"
#include "optim/adam.h"
#include "optim/chain.h"
#include "optim/sgd.h"
#include "optim/sharpness/sam.h"
#include "optim/transform/clip.h"

using namespace tare;

namespace {
nn::Sequential small_net() {
  manual_seed(1);
  return nn::Sequential{nn::Linear{3, 4}, nn::ReLU{}, nn::Linear{4, 2}};
}
Tensor input() {
  Tensor x = empty({5, 3});
  for (int i = 0; i < 15; i++) x.mutable_data<float>()[i] = float(i % 7) * 0.3f - 0.8f;
  return x;
}
}  // namespace



TEST_CASE("training lowers the loss, through every kind of optimizer") {
  for (int kind = 0; kind < 4; kind++) {
    nn::Sequential model = small_net();
    Tensor x = input();
    std::unique_ptr<optim::Optimizer> opt;
    if (kind == 0) opt = std::make_unique<optim::SGD>(model.parameters(), optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
    if (kind == 1) opt = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.05});
    if (kind == 2) opt = std::make_unique<optim::SAM>(model.parameters(), optim::AdamW{{.lr = 0.05}}, optim::SAMOptions{.rho = 0.05});
    if (kind == 3) opt = optim::chain(optim::clip_by_norm(1.0), optim::AdamW{{.lr = 0.05}}).clone(), opt->bind(model.parameters());
    auto loss = [&] { return mean(square(model(x) - 1.0)); };
    double before = loss().item();
    for (int i = 0; i < 50; i++) opt->step(loss);
    CHECK(loss().item() < 0.05 * before);
  }
}

TEST_CASE("JSON round trip, with a reparameterized and a frozen weight") {
  nn::Sequential model = small_net();
  CHECK(nn::reparametrize(model, "0.weight", nn::WeightNorm{}) == 1);
  CHECK(nn::freeze(model, "2.bias") == 1);
  Tensor x = input();
  auto y = model(x).to_vector<float>();
  Json json = nn::module_to_json(model);
  auto copy = nn::build_module(Json::parse(json.dump()));
  CHECK(copy->call({&x, 1})[0].to_vector<float>() == y);
  CHECK(copy->parameters().find("0.weight_g") != nullptr);
  CHECK(!copy->parameters().find("2.bias")->tensor.requires_grad());
  auto yielding = nn::reparameterizations(model);
  REQUIRE(yielding.size() == 1);
  CHECK(yielding[0].first == "0.weight");
  CHECK(dynamic_cast<nn::WeightNorm*>(yielding[0].second) != nullptr);
  CHECK(nn::reparameterizations(model, "2.*").empty());
  CHECK(nn::remove_reparameterization(model) == 1);
  CHECK(nn::reparameterizations(model).empty());
  CHECK(model.parameters().find("0.weight") != nullptr);
}

TEST_CASE("an error deep in a model names the path") {
  nn::Sequential model{nn::Sequential{nn::Linear{3, 4}, nn::Linear{5, 2}}, nn::ReLU{}};
  CHECK_THROWS_WITH_AS(model(input()), doctest::Contains("layer 0.1 (Linear): Linear: expected the last dimension of the input to be 5"), ShapeError);
}

TEST_CASE("functional_call exchanges parameters for one call and differentiates through them twice") {
  nn::Linear model(3, 1);
  Tensor own = model.weight.leaf();
  Tensor w = ones({1, 3}).set_requires_grad();
  Tensor y = sum(square(nn::functional_call(model, {{"weight", w}}, input())));
  CHECK(model.weight.leaf().is(own));
  Tensor g = grad(y, w, {.create_graph = true});
  Tensor h = grad(sum(g), w);
  // y = sum (x.w + b)^2, so the Hessian's row sums are 2 X^T X 1.
  Tensor x = input();
  Tensor row = sum(x, {1}, true);
  Tensor expected = sum(x * row, {0}) * 2.0;
  for (int i = 0; i < 3; i++) CHECK(h.to_vector<double>()[size_t(i)] == doctest::Approx(expected.to_vector<double>()[size_t(i)]).epsilon(1e-4));
  CHECK_THROWS_WITH_AS(nn::functional_call(model, {{"wieght", w}}, input()), doctest::Contains("nearest: \"weight\""), ConfigError);
}
