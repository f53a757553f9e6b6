// Every reparameterization of the catalogue on the weights of Linear, Conv1d, Conv2d, Embedding and LSTM: the weight it starts from, gradients, state after
// steps, JSON, copies, float32, removal, stacking.
#include <doctest/doctest.h>

#include <span>

#include "autograd/ops/inplace.h"
#include "nn/catalogue.h"
#include "nn/edit.h"
#include "nn/reparam/reparameterization.h"
#include "nn/walk.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

enum Start { keeps, near_it };  // whether the weight survives

struct ReparamSample {
  std::string json;
  Start start;
  Gradient gradient = Gradient::exact;
  bool positive = false;  // takes positive weights alone
  bool square = false;    // takes square matrices alone
  bool bounded = false;   // weights must be small
  bool filter = false;    // takes the feedback of digital filters alone
};

const ReparamSample kSamples[] = {
    {R"({"type": "AutoSparse", "threshold_init": -2})", keeps, Gradient::approximate},
    {R"({"type": "AutoSparse", "threshold_init": -3, "alpha": 0})", keeps},
    {R"({"type": "Bjorck", "iterations": 6})", near_it},
    {R"({"type": "CenteredWeight"})", near_it},
    {R"({"type": "CenteredWeightNorm"})", near_it},
    {R"({"type": "Circulant"})", near_it},
    {R"({"type": "Circulant", "block": 1})", keeps},
    {R"({"type": "Kronecker"})", near_it},
    {R"({"type": "Kronecker", "left": [2, 1], "terms": 2})", keeps},
    {R"({"type": "LoRA", "rank": 2, "alpha": 3})", keeps},
    {R"({"type": "LoRA", "rank": 1, "train_base": true})", keeps},
    {R"({"type": "Masked"})", keeps},
    {R"({"type": "Masked", "sparsity": 0.5})", near_it},
    {R"({"type": "Orthogonal"})", near_it},
    {R"({"type": "Orthogonal", "map": "cayley"})", near_it},
    {R"({"type": "Orthogonal", "map": "householder"})", near_it},
    {R"({"type": "Positive"})", keeps, Gradient::exact, true},
    {R"({"type": "Positive", "map": "exp"})", keeps, Gradient::exact, true},
    {R"({"type": "QuantizedWeight", "bits": 4})", near_it, Gradient::approximate},
    {R"({"type": "QuantizedWeight", "bits": 1, "per_channel": false})", near_it, Gradient::approximate},
    {R"({"type": "ScaledWeightStandardization", "gamma": 1.7})", near_it},
    {R"({"type": "SpectralNorm"})", near_it},
    {R"({"type": "SpectralNorm", "n_power_iterations": 3, "dim": 1, "lipschitz": 0.5})", near_it},
    {R"({"type": "SpectralNorm", "exact": true})", near_it},
    {R"({"type": "SpectralNorm", "shrink_only": true, "lipschitz": 1000})", keeps},
    {R"({"type": "StableBiquad"})", keeps, Gradient::exact, false, false, true, true},
    {R"({"type": "Symmetric"})", near_it, Gradient::exact, false, true},
    {R"({"type": "UnitNorm", "dim": 1, "scale": 2, "learn_scale": true})", near_it},
    {R"({"type": "UnitNorm", "dim": null})", near_it},
    {R"({"type": "WeightCompander", "a": 1, "b": 0.5})", keeps, Gradient::exact, false, false, true},
    {R"({"type": "WeightCompander", "a": 1, "b": 0.5, "learnable": true})", keeps, Gradient::exact, false, false, true},
    {R"({"type": "WeightConditioning"})", near_it},
    {R"({"type": "WeightConditioning", "mode": "row_column"})", near_it},
    {R"({"type": "WeightConditioning", "mode": "column"})", near_it},
    {R"({"type": "WeightNorm"})", keeps},
    {R"({"type": "WeightNorm", "dim": 1})", keeps},
    {R"({"type": "WeightNorm", "dim": null})", keeps},
    {R"({"type": "WeightStandardization"})", near_it},
    {R"({"type": "WeightStandardization", "mode": "paper"})", near_it},
    {R"({"type": "ZeroMeanOutput"})", near_it},
};

struct Host {
  const char* json;
  const char* slot;
  Shape input;
  int64_t below = 0;  // integers
};
const Host kHosts[] = {
    {R"({"type": "Linear", "in_features": 3, "out_features": 4})", "weight", {2, 3}},
    {R"({"type": "Conv1d", "in_channels": 2, "out_channels": 4, "kernel_size": 2})", "weight", {2, 2, 3}},
    {R"({"type": "Conv2d", "in_channels": 2, "out_channels": 2, "kernel_size": [2, 1], "padding": 1})", "weight", {1, 2, 2, 2}},
    {R"({"type": "Embedding", "num_embeddings": 4, "embedding_dim": 3})", "weight", {3}, 4},
    {R"({"type": "LSTM", "input_size": 3, "hidden_size": 1})", "weight_ih_l0", {2, 1, 3}},
};
const Host kFilters[] = {{R"({"type": "IIRFilter", "order": 2})", "a", {2, 4}}};
const Host kSquareHosts[] = {
    {R"({"type": "Linear", "in_features": 3, "out_features": 3, "bias": false})", "weight", {2, 3}},
    {R"({"type": "Embedding", "num_embeddings": 4, "embedding_dim": 4})", "weight", {3}, 4},
    {R"({"type": "LSTM", "input_size": 4, "hidden_size": 1})", "weight_ih_l0", {2, 1, 4}},
};

std::span<const Host> hosts_of(const ReparamSample& s) {
  if (s.filter) return kFilters;
  return s.square ? std::span<const Host>(kSquareHosts) : std::span<const Host>(kHosts);
}

nn::Parameter& slot_of(nn::Module& m, const std::string& path) {
  struct Find : nn::Walk {
    std::string path;
    nn::Parameter* found = nullptr;
    void on_slot(const std::string& p, nn::Parameter& slot, Role) override {
      if (p == path) found = &slot;
    }
  } find;
  find.path = path;
  find.run(m);
  REQUIRE(find.found != nullptr);
  return *find.found;
}

// A model with numbers the sample can start from.
struct Case {
  std::unique_ptr<nn::Module> model;
  Tensors inputs;
  Tensor before;
  std::string slot;
  Case(const ReparamSample& s, const Host& host, uint64_t seed = 3) : slot(host.slot) {
    model = build(host.json);
    nn::Parameter& p = slot_of(*model, slot);
    Tensor w = sample(p.shape(), seed, DType::float64, 0, s.bounded ? 0.2 : 0.7);
    if (s.positive) w = abs(w) + 0.2;
    p.start(w, slot);
    before = w;
    Generator g(seed);
    Tensor x = sample(host.input, seed + 1);
    if (host.below) {
      x = empty(host.input, DType::int64);
      for (int64_t i = 0; i < x.numel(); i++) x.mutable_data<int64_t>()[i] = g.below(host.below);
    }
    inputs = {x};
  }
  void reparametrize(const std::string& json) { CHECK(nn::reparametrize(*model, slot, *nn::build_reparam(Json::parse(json), "reparam")) == 1); }
  Tensor weight() {
    FrozenStatistics frozen;
    return slot_of(*model, slot)();
  }
};

template <class F>
void over_all(F f) {
  DefaultDtype scope(DType::float64);
  for (const ReparamSample& s : kSamples) {
    for (const Host& host : hosts_of(s)) {
      CAPTURE(s.json);
      CAPTURE(std::string(host.json));
      manual_seed(11);
      f(s, host);
    }
  }
}

Tensors frozen_call(nn::Module& m, const Tensors& x) {
  FrozenStatistics frozen;
  return m.call(x);
}

void same_outputs(nn::Module& a, nn::Module& b, const Tensors& x, double tolerance = 0) {
  for (bool training : {true, false}) {
    a.train(training);
    b.train(training);
    Tensors p = frozen_call(a, x), q = frozen_call(b, x);
    for (size_t i = 0; i < p.size(); i++) CHECK(difference(p[i], q[i]) <= tolerance);
  }
  a.train();
  b.train();
}

void same_state(nn::Module& a, nn::Module& b) {
  auto p = a.state(), q = b.state();
  REQUIRE(p.size() == q.size());
  for (size_t i = 0; i < p.size(); i++) {
    CHECK(p[i].first == q[i].first);
    CHECK(difference(to(p[i].second, DType::float64), to(q[i].second, DType::float64)) == 0);
  }
}

// Three steps of gradient descent.
void steps(nn::Module& m, const Tensors& x) {
  for (int i = 0; i < 3; i++) {
    m.zero_grad();
    Tensor loss = probe(m.call(x));
    loss.backward();
    NoGrad off;
    for (auto& p : m.parameters())
      if (p.tensor.grad().defined()) add_(p.tensor, p.tensor.grad(), -0.05);
  }
}

}  // namespace

TEST_CASE("reparam: every one of the catalogue has a sample") {
  for (const nn::Row& row : nn::catalogue()) {
    CAPTURE(row.name);
    if (row.kind == nn::Kind::reparam)
      CHECK(std::any_of(std::begin(kSamples), std::end(kSamples), [&](auto& s) { return Json::parse(s.json).at("type").as_string() == row.name; }));
  }
}

TEST_CASE("reparam: it starts from the present weight, and its gradients agree with finite differences") {
  over_all([](const ReparamSample& s, const Host& host) {
    Case c(s, host);
    c.reparametrize(s.json);
    Tensor w = c.weight();
    CHECK(w.shape() == c.before.shape());
    CHECK(!any_nan(w));
    if (s.start == keeps) CHECK(difference(w, c.before) < 1e-12);
    c.model->call(c.inputs);
    for (bool training : {true, false}) {
      c.model->train(training);
      if (s.gradient == Gradient::exact) CHECK(gradient_error(*c.model, c.inputs) < 1e-6);
    }
  });
}

TEST_CASE("reparam: after steps the state survives JSON, copies and assignment, and removal keeps the function") {
  over_all([](const ReparamSample& s, const Host& host) {
    Case c(s, host);
    c.reparametrize(s.json);
    Tensor start = c.weight().detach();
    steps(*c.model, c.inputs);
    CHECK(difference(c.weight(), start) > 1e-6);
    CHECK(!any_nan(c.weight()));

    auto read = nn::build_module(Json::parse(nn::module_to_json(*c.model).dump()));
    CHECK(nn::describe_module(*read) == nn::describe_module(*c.model));
    same_state(*c.model, *read);
    same_outputs(*c.model, *read, c.inputs);

    auto copy = c.model->clone();
    same_outputs(*c.model, *copy, c.inputs);
    steps(*copy, c.inputs);
    CHECK(difference(slot_of(*copy, c.slot)(), c.weight()) > 1e-7);
    auto leaves = copy->parameters();
    CHECK(copy->assign(*c.model));
    same_state(*c.model, *copy);
    CHECK(leaves[0].tensor.handle() == copy->parameters()[0].tensor.handle());

    auto narrow = c.model->clone();
    narrow->to(DType::float32);
    c.model->eval();
    narrow->eval();
    Tensors x = c.inputs;
    if (!host.below) x[0] = to(x[0], DType::float32).detach();
    Tensor y32 = frozen_call(*narrow, x)[0], y64 = frozen_call(*c.model, c.inputs)[0];
    CHECK(y32.dtype() == DType::float32);
    CHECK(difference(to(y32, DType::float64), y64) < 1e-3);

    auto baked = c.model->clone();
    CHECK(nn::remove_reparameterization(*baked) == 1);
    same_outputs(*c.model, *baked, c.inputs, 1e-12);
    CHECK(baked->parameters().find(c.slot) != nullptr);
    CHECK(!nn::describe_module(*baked).contains("reparam"));
  });
}

TEST_CASE("reparam: each stacks on a weight norm, or says that it cannot") {
  over_all([](const ReparamSample& s, const Host& host) {
    Case c(s, host);
    c.reparametrize(R"({"type": "WeightNorm"})");
    auto outer = nn::build_reparam(Json::parse(s.json), "reparam");
    if (!outer->base()) {
      CHECK_THROWS_WITH_AS(nn::reparametrize(*c.model, c.slot, *outer), doctest::Contains("cannot be stacked"), ConfigError);
      return;
    }
    Case alone(s, host);
    manual_seed(11);
    alone.reparametrize(s.json);
    manual_seed(11);
    CHECK(nn::reparametrize(*c.model, c.slot, *outer) == 1);
    CHECK(difference(c.weight(), alone.weight()) < 1e-11);
    steps(*c.model, c.inputs);
    CHECK(!any_nan(c.weight()));
    auto read = nn::build_module(Json::parse(nn::module_to_json(*c.model).dump()));
    same_state(*c.model, *read);
    same_outputs(*c.model, *read, c.inputs);
    auto copy = c.model->clone();
    same_outputs(*c.model, *copy, c.inputs);
    CHECK(nn::remove_reparameterization(*copy) == 1);
    same_outputs(*c.model, *copy, c.inputs, 1e-12);
  });
}
