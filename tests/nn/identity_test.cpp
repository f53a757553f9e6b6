// Who owns which leaf: a model and the optimizer that holds its parameters, through copies, moves, assignments and edits.
#include <doctest/doctest.h>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "nn/activation/relu.h"
#include "nn/edit.h"
#include "nn/functional_call.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/reparam/weight_norm.h"
#include "nn/save.h"
#include "nn/sequential.h"
#include "optim/adam.h"
#include "optim/sgd.h"

using namespace tare;

namespace {

nn::Sequential net(uint64_t seed, int64_t hidden = 4) {
  manual_seed(seed);
  return nn::Sequential{nn::Linear{3, hidden}, nn::BatchNorm1d{hidden}, nn::ReLU{}, nn::Linear{hidden, 2}};
}
Tensor input() {
  Generator g(3);
  return randn({6, 3}, DType::float32, &g);
}
using Values = std::vector<std::vector<float>>;
Values values(nn::Module& m) {
  Values out;
  for (auto& [name, t] : m.state())
    if (is_floating(t.dtype())) out.push_back(t.to_vector<float>());
  return out;
}
void train_step(nn::Module& m, optim::Optimizer& opt) {
  Tensor x = input();
  opt.zero_grad();
  sum(square(m.call({&x, 1})[0] - 1.0)).backward();
  opt.step();
}
/// Whether a step of `opt` on the loss of `m` changes every parameter of it.
bool trains(nn::Module& m, optim::Optimizer& opt) {
  std::vector<std::vector<float>> before;
  for (auto& p : m.parameters()) before.push_back(p.tensor.to_vector<float>());
  train_step(m, opt);
  size_t changed = 0;
  for (size_t i = 0; i < before.size(); i++) changed += m.parameters()[i].tensor.to_vector<float>() != before[i];
  return changed == before.size();
}
bool same_leaves(nn::Module& m, const ParameterList& leaves) {
  ParameterList own = m.parameters();
  bool same = own.size() == leaves.size();
  for (size_t i = 0; same && i < own.size(); i++) same = own[i].tensor.is(leaves[i].tensor);
  return same;
}

}  // namespace

TEST_CASE("identity: a copy is another model, and the optimizer of the first does not touch it") {
  nn::Sequential a = net(1);
  optim::Adam opt(a.parameters(), {.lr = 0.01});
  nn::Sequential b = a;
  std::unique_ptr<nn::Module> c = a.clone();
  Values before = values(b);
  CHECK(values(*c) == before);
  CHECK(trains(a, opt));
  CHECK(values(b) == before);
  CHECK(values(*c) == before);
  CHECK(values(a) != before);
  optim::Adam own(b.parameters(), {.lr = 0.01});
  CHECK(trains(b, own));
  CHECK(values(b) == values(a));  // the same step from the same start
}

TEST_CASE("identity: a moved model keeps its leaves, in containers, boxes and out of functions") {
  nn::Sequential a = net(1);
  ParameterList leaves = a.parameters();
  optim::Adam opt(leaves, {.lr = 0.01});
  nn::Sequential b = std::move(a);
  CHECK(same_leaves(b, leaves));
  std::vector<nn::Sequential> list;
  list.push_back(std::move(b));
  for (int i = 0; i < 5; i++) list.push_back(net(2));  // the vector grows, and moves what it holds
  CHECK(same_leaves(list[0], leaves));
  nn::AnyModule box = std::move(list[0]);
  CHECK(same_leaves(*box, leaves));
  nn::AnyModule other = std::move(box);
  auto pass_on = [](nn::AnyModule m) { return m; };
  nn::AnyModule last = pass_on(std::move(other));
  CHECK(same_leaves(*last, leaves));
  CHECK(trains(*last, opt));
}

TEST_CASE("identity: assigning onto a model of the same shapes writes into its leaves, so that its optimizer goes on") {
  for (bool move : {false, true}) {
    CAPTURE(move);
    nn::Sequential a = net(1), b = net(2);
    ParameterList leaves = a.parameters();
    optim::Adam opt(leaves, {.lr = 0.01});
    CHECK(trains(a, opt));
    Values wanted = values(b);
    if (move) a = std::move(b);
    else a = b;
    CHECK(same_leaves(a, leaves));
    CHECK(values(a) == wanted);
    CHECK(trains(a, opt));
    if (!move) CHECK(values(b) == wanted);
  }
  nn::Sequential a = net(1);
  Values before = values(a);
  nn::Sequential& self = a;
  a = self;
  CHECK(values(a) == before);
}

TEST_CASE("identity: models that change places keep working with their optimizers") {
  nn::Sequential a = net(1), b = net(2);
  optim::SGD opt_a(a.parameters(), {.lr = 0.1}), opt_b(b.parameters(), {.lr = 0.1});
  Values va = values(a), vb = values(b);
  std::swap(a, b);
  CHECK(values(a) == vb);
  CHECK(values(b) == va);
  // Each leaf belongs to exactly one of them: stepping both optimizers on both losses trains both.
  Tensor x = input();
  (sum(square(a(x) - 1.0)) + sum(square(b(x) - 1.0))).backward();
  opt_a.step();
  opt_b.step();
  CHECK(values(a) != vb);
  CHECK(values(b) != va);
}

TEST_CASE("identity: a leaf that was replaced is retired, its name is told, and rebind() mends it") {
  struct Case {
    const char* retired;
    void (*edit)(nn::Sequential&);
  };
  for (const Case& c : {Case{"0.weight", [](nn::Sequential& m) { m = net(2, 5); }},
                        Case{"3.weight", [](nn::Sequential& m) { nn::replace(m, "3", nn::Linear{4, 3}); }},
                        Case{"0.weight", [](nn::Sequential& m) { nn::reparametrize(m, "0.weight", nn::WeightNorm{}); }},
                        Case{"0.weight", [](nn::Sequential& m) { m = nn::Sequential{}; }}}) {
    nn::Sequential a = net(1);
    optim::Adam opt(a.parameters(), {.lr = 0.01});
    CHECK(trains(a, opt));
    c.edit(a);
    CHECK_THROWS_WITH_AS(opt.step(), doctest::Contains(text("parameter \"", c.retired, "\" was retired").c_str()), StateError);
    if (a.size() == 0) continue;
    opt.rebind(a.parameters());
    CHECK(trains(a, opt));
  }
}

TEST_CASE("identity: so is a leaf whose model is gone") {
  auto model = std::make_unique<nn::Linear>(2, 2);
  optim::SGD opt(model->parameters(), {.lr = 0.1});
  model.reset();
  CHECK_THROWS_WITH_AS(opt.step(), doctest::Contains("parameter \"weight\" was retired"), StateError);
}

TEST_CASE("identity: functional_call leaves leaves, gradients and running statistics alone, also when it throws") {
  nn::Sequential a = net(1);
  ParameterList leaves = a.parameters();
  optim::Adam opt(leaves, {.lr = 0.01});
  Values before = values(a);
  Tensor w = zeros({2, 4}).set_requires_grad();
  sum(nn::functional_call(a, {{"3.weight", w}}, input())).backward();
  CHECK(w.grad().defined());
  CHECK(same_leaves(a, leaves));
  CHECK(!leaves.find("3.weight")->tensor.grad().defined());
  CHECK(values(a) == before);  // BatchNorm's running statistics among them
  auto fails = [&]() -> Tensor { throw ValueError("in the midst of it"); };
  CHECK_THROWS_AS(nn::functional_call(a, {{"3.weight", w}}, fails), ValueError);
  CHECK_THROWS_AS(nn::functional_call(a, {{"3.weight", zeros({3, 4})}}, input()), ShapeError);
  CHECK_THROWS_AS(nn::functional_call(a, {{"3.weight", w}, {"4.weight", w}}, input()), ConfigError);
  CHECK(same_leaves(a, leaves));
  a.zero_grad();
  CHECK(trains(a, opt));
}

TEST_CASE("identity: a frozen leaf stays, weight decay and momentum notwithstanding, and trains again when unfrozen") {
  nn::Sequential a = net(1);
  ParameterList leaves = a.parameters();
  optim::AdamW opt(leaves, {.lr = 0.01, .weight_decay = 0.5});
  CHECK(trains(a, opt));
  nn::freeze(a, "0.*");
  Tensor frozen = leaves.find("0.weight")->tensor;
  auto before = frozen.to_vector<float>(), moving = leaves.find("3.weight")->tensor.to_vector<float>();
  for (int i = 0; i < 3; i++) train_step(a, opt);
  CHECK(frozen.to_vector<float>() == before);
  CHECK(leaves.find("3.weight")->tensor.to_vector<float>() != moving);
  nn::Sequential copied = a;
  CHECK(!copied.parameters().find("0.weight")->tensor.requires_grad());
  nn::unfreeze(a, "0.*");
  CHECK(same_leaves(a, leaves));
  CHECK(trains(a, opt));
}

TEST_CASE("identity: conversion and loading keep the leaves") {
  nn::Sequential a = net(1), b = net(2);
  ParameterList leaves = a.parameters();
  optim::SGD opt(leaves, {.lr = 0.1});
  a.load_state(b.state());
  CHECK(same_leaves(a, leaves));
  CHECK(values(a) == values(b));
  CHECK(trains(a, opt));
  a.to(DType::float64);
  CHECK(same_leaves(a, leaves));
  opt.zero_grad();
  sum(square(a(to(input(), DType::float64)))).backward();
  auto before = leaves[0].tensor.to_vector<double>();
  opt.step();
  CHECK(leaves[0].tensor.to_vector<double>() != before);
}
