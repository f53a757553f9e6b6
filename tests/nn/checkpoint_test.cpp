// Checkpointed modules, gradients of single samples, second derivatives through functional_call, very deep models.
#include "nn/checkpoint.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/activation/relu.h"
#include "nn/activation/smooth.h"
#include "nn/activation/trained.h"
#include "nn/container/residual.h"
#include "nn/conv/conv.h"
#include "nn/dropout/dropout.h"
#include "nn/edit.h"
#include "nn/embedding/embedding.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/rms_norm.h"
#include "nn/per_sample_grad.h"
#include "nn/reparam/weight_norm.h"
#include "optim/sgd.h"

using namespace tare;

namespace {
Tensor random(const Shape& s, uint64_t seed = 1) {
  Generator g(seed);
  return randn(s, default_dtype(), &g);
}
nn::Sequential deep() {
  manual_seed(2);
  nn::Sequential m{nn::Linear{6, 8}, nn::BatchNorm1d{8}, nn::Tanh{}, nn::Dropout{0.3}, nn::Linear{8, 8}, nn::LayerNorm{8}, nn::Linear{8, 2}};
  nn::reparametrize(m, "4.weight", nn::WeightNorm{});
  return m;
}
Tensor squares(const Tensor& y) { return sum(reshape(square(y), {y.size(0), -1}), {1}); }
}  // namespace

TEST_CASE("checkpointed segments give the bits of the plain model: outputs, gradients, statistics; the model may be moved before backward") {
  auto run = [](int segments) {
    auto model = std::make_unique<nn::Sequential>(deep());
    manual_seed(9);
    Tensor x = random({5, 6}).set_requires_grad();
    Tensor y = segments ? nn::checkpoint_sequential(*model, segments, x) : (*model)(x);
    nn::Sequential moved = std::move(*model);
    model.reset();
    moved.eval();
    sum(square(y)).backward();
    Tensors out{y, x.grad()};
    for (auto& e : moved.parameters()) out.push_back(e.tensor.grad());
    for (auto& [name, t] : moved.buffers()) out.push_back(t);
    optim::SGD(moved.parameters(), {.lr = 0.1}).step();  // no leaf was retired
    return out;
  };
  Tensors plain = run(0);
  for (int segments : {1, 3, 7}) {
    Tensors again = run(segments);
    CHECK(plain.size() == again.size());
    for (size_t i = 0; i < plain.size(); i++) CHECK(equal(plain[i], again[i]));
  }
  nn::Sequential model = deep();
  CHECK_THROWS_WITH_AS(nn::checkpoint_sequential(model, 8, random({5, 6})), doctest::Contains("8 segments of 7 layers"), ValueError);
  CHECK_THROWS_WITH_AS(nn::checkpoint_sequential(model, 2, random({5, 5})), doctest::Contains("layer 0 (Linear)"), ShapeError);
  Tensor y = nn::checkpoint(model, random({5, 6}));
  optim::SGD opt(model.parameters(), {.lr = 0.1});
  for (auto& e : model.parameters()) e.tensor.set_grad(ones_like(e.tensor));
  opt.step();
  CHECK_THROWS_WITH_AS(sum(y).backward(), doctest::Contains("changed in place"), GradError);
}

TEST_CASE("second derivatives through functional_call, checkpoint and fused layer norm agree with finite differences") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  nn::Sequential model{nn::Linear{3, 4}, nn::LayerNorm{4}, nn::SiLU{}, nn::Linear{4, 2}};
  nn::NamedTensors names;
  Tensors inputs{random({2, 3})};
  for (auto& e : model.parameters()) names.emplace_back(e.name, Tensor()), inputs.push_back(clone(e.tensor).detach());
  for (bool checkpointed : {false, true}) {
    auto f = [&](const Tensors& t) -> Tensors {
      nn::NamedTensors given = names;
      for (size_t i = 0; i < given.size(); i++) given[i].second = t[i + 1];
      return {nn::functional_call(model, given, [&] { return checkpointed ? nn::checkpoint(model, t[0]) : model(t[0]); })};
    };
    gradcheck("functional_call", f, inputs);
    gradgradcheck("functional_call", f, inputs);
  }
}

TEST_CASE("a residual network of 10000 layers trains a step") {
  nn::Sequential model;
  {
    NoInit fast;
    for (int i = 0; i < 10'000; i++) model.append(nn::Residual{nn::Linear{nn::LinearOptions{4, 4, false}}});
  }
  ParameterList params = model.parameters();
  for (auto& e : params) {
    float* w = e.tensor.mutable_data<float>();
    for (int k = 0; k < 16; k++) w[k] = (k % 5 == 0 ? 1e-4f : -2e-5f);
  }
  optim::SGD opt(params, {.lr = 1e-6});
  Tensor x = random({16, 4});
  auto loss_of = [&] { return mean(square(model(x) - 1.0)); };
  double before;
  {
    Tensor loss = loss_of();
    before = loss.item();
    loss.backward();
  }
  opt.step();
  NoGrad off;
  CHECK(loss_of().item() < before);
}

TEST_CASE("gradients of single samples: layers agree with the loop, and sum to the batch's gradient") {
  DefaultDtype wide(DType::float64);
  manual_seed(4);
  using Layers = std::vector<std::pair<nn::Sequential, Tensor>>;
  Layers models;
  models.emplace_back(nn::Sequential{nn::Conv2d{{.in_channels = 2, .out_channels = 4, .kernel_size = {3}, .stride = {2}, .padding = {1}, .groups = 2, .padding_mode = "reflect"}},
                                     nn::GroupNorm{2, 4}, nn::ReLU{}, nn::Conv2d{4, 3, 2}, nn::BatchNorm2d{3}, nn::Flatten{}, nn::Linear{12, 3}, nn::RMSNorm{3}},
                      random({3, 2, 6, 6}));
  models.emplace_back(nn::Sequential{nn::Embedding{5, 4}, nn::LayerNorm{4}, nn::Linear{4, 3}, nn::Tanh{}}, remainder(arange(Scalar(12)) * 7, 5));
  models.back().second = reshape(models.back().second, {3, 4});
  models.emplace_back(nn::Sequential{nn::Conv1d{2, 4, 3}, nn::InstanceNorm1d{{.num_features = 4, .affine = true}}, nn::Linear{5, 2}}, random({3, 2, 7}));
  for (auto& [model, x] : models) {
    model.eval();
    auto losses = [&m = model](const Tensors& t) { return squares(m(t[0])); };
    auto fast = nn::per_sample_grad(model, {x}, losses, nn::PerSample::layers), loop = nn::per_sample_grad(model, {x}, losses, nn::PerSample::samples);
    model.zero_grad();
    sum(losses({x})).backward();
    ParameterList params = model.parameters();
    REQUIRE(fast.size() == params.size());
    for (size_t i = 0; i < fast.size(); i++) {
      CAPTURE(fast[i].first);
      CHECK(fast[i].first == params[i].name);
      CHECK(allclose(fast[i].second, loop[i].second, 1e-9, 1e-11));
      CHECK(allclose(sum(fast[i].second, {0}), params[i].tensor.grad(), 1e-9, 1e-11));
    }
  }
}

TEST_CASE("gradients of single samples: layers that are not known, frozen parameters, errors") {
  manual_seed(5);
  nn::Sequential model{nn::Linear{3, 3}, nn::PReLU{}, nn::Linear{3, 2}};
  Tensor x = random({4, 3});
  auto losses = [&](const Tensors& t) { return squares(model(t[0])); };
  auto all = nn::per_sample_grad(model, {x}, losses);
  CHECK(all[2].first == "1.weight");
  CHECK(all[2].second.shape() == Shape{4, 1});
  CHECK_THROWS_WITH_AS(nn::per_sample_grad(model, {x}, losses, nn::PerSample::layers), doctest::Contains("no rule for parameter \"1.weight\""), ConfigError);
  nn::freeze(model, "1.*");
  CHECK(nn::per_sample_grad(model, {x}, losses, nn::PerSample::layers).size() == 4);
  CHECK(nn::per_sample_grad(model, {zeros({0, 3})}, losses)[0].second.shape() == Shape{0, 3, 3});
  CHECK_THROWS_WITH_AS(nn::per_sample_grad(model, {x}, [&](const Tensors& t) { return mean(model(t[0])); }), doctest::Contains("a loss for each of the 4 samples"), ShapeError);
  nn::Linear alone{3, 2};
  CHECK(nn::per_sample_grad(alone, {x}, [&](const Tensors& t) { return squares(alone(t[0])); }, nn::PerSample::layers)[0].second.shape() == Shape{4, 2, 3});
  nn::Sequential mixes{nn::Linear{3, 3}, nn::BatchNorm1d{3}};
  CHECK_THROWS_WITH_AS(nn::per_sample_grad(mixes, {x}, [&](const Tensors& t) { return squares(mixes(t[0])); }), doctest::Contains("\"1\" (BatchNorm1d) normalises over the batch"),
                       StateError);
}
