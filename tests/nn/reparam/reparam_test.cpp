// What single reparameterizations promise: closed forms, invariances, errors.
#include <doctest/doctest.h>

#include "autograd/ops/index.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "nn/conv/conv.h"
#include "nn/edit.h"
#include "nn/linear.h"
#include "nn/recurrent/recurrent.h"
#include "nn/reparam/autosparse.h"
#include "nn/reparam/bjorck.h"
#include "nn/reparam/circulant.h"
#include "nn/reparam/elementwise.h"
#include "nn/reparam/kronecker.h"
#include "nn/reparam/low_rank.h"
#include "nn/reparam/orthogonal.h"
#include "nn/reparam/spectral_norm.h"
#include "nn/reparam/weight_compander.h"
#include "nn/reparam/weight_conditioning.h"
#include "nn/reparam/weight_norm.h"
#include "nn/reparam/weight_standardization.h"
#include "nn/sequential.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

// The effective weight, and the gradient that g (given there) sends to the raw tensors.
template <class R>
R started(R r, const Tensor& w) {
  r.initialize(w, "w");
  return r;
}
double value(const Tensor& t) { return t.item(); }
double largest_singular_value(const Tensor& w) { return value(amax(svdvals(reshape(w, {w.size(0), -1})))); }

}  // namespace

TEST_CASE("weight norm: rows have length |g|, scaling v changes nothing, and the gradient of v is orthogonal to v") {
  DefaultDtype scope(DType::float64);
  for (Shape shape : {Shape{3, 4}, Shape{2, 3, 2, 2}}) {
    auto r = started(nn::WeightNorm{}, sample(shape, 1));
    Tensor w = r.weight(), rows = reshape(w, {shape[0], -1});
    CHECK(difference(norm(rows, 2, {1}), reshape(abs(r.g()), {shape[0]})) < 1e-12);
    probe({w}).backward();
    CHECK(std::abs(value(sum(r.v.leaf().grad() * r.v.leaf()))) < 1e-12);
    // An SGD step without momentum lengthens v by exactly lr^2 |dv|^2.
    double before = value(sum(square(r.v.leaf()))), slope = value(sum(square(r.v.leaf().grad())));
    NoGrad off;
    add_(r.v.leaf(), r.v.leaf().grad(), -0.1);
    CHECK(value(sum(square(r.v.leaf()))) == doctest::Approx(before + 0.01 * slope).epsilon(1e-12));
    mul_(r.v.leaf(), 3.0);
    Tensor scaled = r.weight();
    mul_(r.v.leaf(), 1 / 3.0);
    CHECK(difference(scaled, r.weight()) < 1e-12);
  }
}

TEST_CASE("spectral norm: the largest singular value becomes 1, u and v move in training alone, scaling and radial gradients vanish") {
  DefaultDtype scope(DType::float64);
  manual_seed(4);
  Tensor w = sample({4, 2, 3}, 5);
  auto r = started(nn::SpectralNorm{}, w);
  for (int i = 0; i < 400; i++) r.weight();
  CHECK(largest_singular_value(r.weight()) == doctest::Approx(1).epsilon(1e-6));
  r.eval();
  Tensor u = sum(r.u() * 1.0, {}, false), first = r.weight();
  CHECK(difference(r.weight(), first) == 0);
  CHECK(value(sum(r.u() * 1.0)) == value(u));
  probe({r.weight()}).backward();
  CHECK(std::abs(value(sum(r.weight_orig.leaf().grad() * r.weight_orig.leaf()))) < 1e-10);
  {
    NoGrad off;
    mul_(r.weight_orig.leaf(), 7.0);
  }
  CHECK(difference(r.weight(), first) < 1e-12);

  auto exact = started(nn::SpectralNorm{{.exact = true, .lipschitz = 2}}, w);
  CHECK(largest_singular_value(exact.weight()) == doctest::Approx(2).epsilon(1e-12));
  CHECK(exact.state().size() == 1);
  auto shrunk = started(nn::SpectralNorm{{.exact = true, .lipschitz = 1e3, .shrink_only = true}}, w);
  CHECK(difference(shrunk.weight(), w) == 0);
}

TEST_CASE("spectral norm: two uses in one step, and a trained layer whose estimate is the exact norm to 1e-3") {
  manual_seed(1);
  nn::Linear layer(8, 6);
  nn::reparametrize(layer, "weight", nn::SpectralNorm{});
  Tensor x = sample({16, 8}, 2, DType::float32), y = sample({16, 6}, 3, DType::float32);
  for (int step = 0; step < 100; step++) {
    layer.zero_grad();
    Tensor loss = mean(square(layer(x) - y)) + mean(square(layer(x * 0.5)));
    loss.backward();
    NoGrad off;
    for (auto& p : layer.parameters()) add_(p.tensor, p.tensor.grad(), -0.05);
  }
  layer.eval();
  auto* r = dynamic_cast<nn::SpectralNorm*>(layer.weight.reparameterization());
  CHECK(largest_singular_value(r->weight_orig()) / value(amax(abs(r->weight_orig() / layer.weight()))) == doctest::Approx(1).epsilon(1e-3));
  CHECK(largest_singular_value(layer.weight()) == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("a layer reads each slot once a forward: one power iteration for all steps of a sequence") {
  DefaultDtype scope(DType::float64);
  manual_seed(1);
  nn::LSTM lstm({.input_size = 3, .hidden_size = 2});
  nn::reparametrize(lstm, "weight_hh_l0", nn::SpectralNorm{});
  auto u = [&] { return lstm.buffers()[0].second; };
  Tensor w = lstm.parameters().find("weight_hh_l0_orig")->tensor.detach(), want;
  want = normalize(mv(w, normalize(mv(transpose(w), u()), 2, 0)), 2, 0);
  lstm.call(Tensors{sample({5, 1, 3}, 2)});
  CHECK(difference(u(), want) < 1e-12);
}

TEST_CASE("weight conditioning: unit rows, idempotent, and a better condition number within sqrt(rows) of any row scaling") {
  DefaultDtype scope(DType::float64);
  for (uint64_t seed = 0; seed < 20; seed++) {
    Tensor scales = pow(10.0, sample({8, 1}, seed, DType::float64, 0, 1.2)), w = sample({8, 6}, seed + 100) * scales;
    Tensor c = nn::equilibrate(w, nn::Equilibrate::row);
    CHECK(difference(norm(c, 2, {1}), ones({8})) < 1e-12);
    CHECK(difference(nn::equilibrate(c, nn::Equilibrate::row), c) < 1e-12);
    double after = value(cond(c));
    CHECK(after < value(cond(w)));
    for (uint64_t other = 0; other < 5; other++)
      CHECK(after <= std::sqrt(8.0) * value(cond(w * exp(sample({8, 1}, 7 * seed + other)))));
    CHECK(difference(norm(nn::equilibrate(w, nn::Equilibrate::row_column), 2, {0}), ones({6})) < 1e-12);
  }
}

TEST_CASE("weight compander: odd, bounded, slope a / b at 0, ten times that at 3 b, and inverted by b tan(w / a)") {
  DefaultDtype scope(DType::float64);
  nn::WeightCompander r({.a = 0.3, .b = 0.1});
  r.weight_orig = nn::Parameter(tensor({-1e6, -0.3, 0, 0.3, 1e6}));
  Tensor w = r.weight();
  sum(w).backward();
  auto v = w.to_vector<double>(), d = r.weight_orig.leaf().grad().to_vector<double>();
  CHECK(v[4] == -v[0]);
  CHECK(v[4] < 0.3 * M_PI / 2);
  CHECK(d[2] == doctest::Approx(3));
  CHECK(d[2] / d[3] == doctest::Approx(10));
  Tensor raw = sample({20}, 3);
  CHECK(difference(nn::weight_compander_inverse(0.3 * atan(raw / 0.1), 0.3, 0.1), raw) < 1e-12);
}

TEST_CASE("weight standardization: filters of mean 0 and the stated deviation, whatever the scale and shift of the raw ones") {
  DefaultDtype scope(DType::float64);
  Tensor w = sample({3, 2, 2, 2}, 6);
  auto author = started(nn::WeightStandardization{{.eps = 0}}, w);
  CHECK(difference(tare::std(author.weight(), {1, 2, 3}), ones({3})) < 1e-12);
  CHECK(difference(started(nn::WeightStandardization{{.eps = 0}}, w * 3 + 2).weight(), author.weight()) < 1e-12);
  auto scaled = started(nn::ScaledWeightStandardization{{.gamma = 1.5}}, w);
  CHECK(difference(norm(reshape(scaled.weight(), {3, 8}), 2, {1}), full({3}, 1.5)) < 1e-12);
  probe({scaled.weight()}).backward();
  Tensor g = reshape(scaled.weight_orig.leaf().grad(), {3, 8});
  CHECK(difference(sum(g, {1}), zeros({3})) < 1e-12);
  CHECK(difference(sum(g * reshape(w, {3, 8}), {1}), zeros({3})) < 1e-12);
  // Below the floor a filter is not blown up: 1e-3 of it squared is under eps.
  auto small = started(nn::ScaledWeightStandardization{}, w * 1e-4);
  CHECK(value(norm(small.weight())) < 1);
  CHECK(difference(mean(started(nn::CenteredWeightNorm{}, w + 5.0).weight(), {1, 2, 3}), zeros({3})) < 1e-12);
}

TEST_CASE("autosparse: the forward ignores alpha, alpha 1 is straight through, masked weights move as alpha says, alpha reaches exactly 0") {
  DefaultDtype scope(DType::float64);
  Tensor w = sample({4, 5}, 8, DType::float64, 0, 0.3);
  for (double alpha : {0.0, 0.4, 1.0}) {
    nn::AutoSparse r({.threshold_init = -1, .alpha = alpha, .alpha0 = 0.5, .anneal_steps = 10});
    r.initialize(w, "w");
    NoGrad off;
    copy_(r.raw.leaf(), w);
    EnableGrad on;
    Tensor e = r.weight(), g = sample({4, 5}, 9);
    double t = 1 / (1 + std::exp(1.0));
    CHECK(difference(e, sign(w) * maximum(abs(w) - t, zeros({}))) < 1e-12);
    CHECK(r.sparsity() == doctest::Approx(1 - double(sum(r.export_mask()).item<int64_t>()) / 20));
    Tensor slope = where(gt(abs(w), t), 1.0, full({}, alpha));
    Tensor got = grad(e, r.raw.leaf(), {.grad_outputs = {g}});
    CHECK(difference(got, g * slope) < 1e-12);
    double last = 1;
    for (int64_t i = 0; i <= 12; i++) {
      r.set_step(i);
      CHECK(value(r.alpha()) <= last);
      last = value(r.alpha());
      if (i == 0) CHECK(last == doctest::Approx(0.5));
    }
    CHECK(last == 0);
  }
}

TEST_CASE("quantized, masked, circulant and low-rank weights have the stated structure") {
  DefaultDtype scope(DType::float64);
  Tensor w = sample({4, 6}, 10);
  auto q = started(nn::QuantizedWeight{{.bits = 3}}, w);
  Tensor levels = q.weight() / (amax(abs(w), {1}, true) / 3);
  CHECK(difference(levels, round(levels)) < 1e-12);
  CHECK(value(amax(abs(levels))) == doctest::Approx(3));
  sum(q.weight() * w).backward();
  CHECK(difference(q.weight_orig.leaf().grad(), w) < 1e-12);
  CHECK(difference(started(nn::QuantizedWeight{{.bits = 1}}, w).weight(), sign(w) * mean(abs(w), {1}, true)) < 1e-12);

  auto masked = started(nn::Masked{{.sparsity = 0.75}}, w);
  CHECK(sum(masked.mask()).item<int64_t>() == 6);
  CHECK(value(amin(abs(masked_select(w, masked.mask())))) >= value(amax(abs(masked_select(w, logical_not(masked.mask()))))));

  Tensor c = started(nn::Circulant{{.block = 2}}, w).weight();
  for (int64_t i = 0; i < 4; i += 2)
    for (int64_t j = 0; j < 6; j += 2) {
      Tensor block = narrow(narrow(c, 0, i, 2), 1, j, 2), given = narrow(narrow(w, 0, i, 2), 1, j, 2);
      CHECK(difference(block, transpose(flip(flip(block, {0}), {1}))) < 1e-12);
      CHECK(value(trace(block)) == doctest::Approx(value(trace(given))));
    }

  nn::Linear layer(6, 4);
  Tensor before = layer.weight().detach() * 1.0;
  nn::reparametrize(layer, "weight", nn::LoRA{{.rank = 2}});
  for (int step = 0; step < 2; step++) {
    layer.zero_grad();
    probe({layer(sample({3, 6}, 1))}).backward();
    NoGrad off;
    for (auto& p : layer.parameters())
      if (p.tensor.grad().defined()) add_(p.tensor, p.tensor.grad(), -0.1);
  }
  auto s = svdvals((layer.weight() - before).detach()).to_vector<double>();
  CHECK(s[1] > 1e-6);
  CHECK(s[2] < 1e-12);
  CHECK(difference(dynamic_cast<nn::LoRA*>(layer.weight.reparameterization())->weight_orig(), before) == 0);
}

TEST_CASE("orthogonal weights: orthonormal for any raw numbers, tall, square and wide, starting at the nearest orthogonal matrix") {
  DefaultDtype scope(DType::float64);
  using Map = nn::OrthogonalOptions::Map;
  for (Shape shape : {Shape{5, 3}, Shape{4, 4}, Shape{3, 2, 2, 1}}) {
    Tensor w = sample(shape, 3);
    bool wide = w.size(0) * w.size(0) < w.numel();
    auto rows_of = [wide](const Tensor& t) {
      Tensor m = reshape(t, {t.size(0), -1});
      return wide ? transpose(m) : m;
    };
    auto gap = [&](const Tensor& t) { return difference(matmul(transpose(rows_of(t)), rows_of(t)), eye(rows_of(t).size(1))); };
    Tensor h = matmul(transpose(rows_of(w)), rows_of(started(nn::Orthogonal{}, w).weight()));
    CHECK(difference(h, transpose(h)) < 1e-12);  // M = Q H with H symmetric: the polar decomposition
    CHECK(value(amin(eigvalsh(h))) > 0);
    for (Map map : {Map::matrix_exp, Map::cayley, Map::householder}) {
      auto r = started(nn::Orthogonal{{.map = map}}, w);
      CHECK(difference(matmul(transpose(rows_of(w)), rows_of(r.weight())), h) < 1e-12);
      {
        NoGrad off;
        copy_(r.x.leaf(), sample(shape, 4));
      }
      CHECK(gap(r.weight()) < 1e-12);
    }
    Tensor b = started(nn::Bjorck{{.iterations = 40}}, w).weight();
    CHECK(gap(b) < 1e-10);
    CHECK(difference(matmul(transpose(rows_of(w)), rows_of(b)), h) < 1e-9);
  }
}

TEST_CASE("Kronecker: one product has the stated blocks; terms beyond it add what is left, nearest first") {
  DefaultDtype scope(DType::float64);
  Tensor a = sample({2, 3}, 1), b = sample({3, 2}, 2), w = kron(a, b);
  auto r = started(nn::Kronecker{{.left = {2, 3}}}, w);
  CHECK(difference(r.weight(), w) < 1e-12);
  Tensor general = sample({6, 6}, 3);
  double last = INFINITY;
  for (int64_t terms = 1; terms <= 6; terms++) {
    double left = value(norm(started(nn::Kronecker{{.left = {2, 3}, .terms = terms}}, general).weight() - general));
    CHECK(left < last);
    last = left;
  }
  CHECK(last < 1e-12);
}

TEST_CASE("reparam errors name the parameter's path and what is wrong with it") {
  nn::Sequential model{nn::Linear(3, 4), nn::Conv2d(2, 3, 1), nn::Linear(4, 4)};
  auto wrong = [&](const nn::Reparameterization& r, const char* slot, const char* message) {
    CAPTURE(message);
    auto before = model.state();
    try {
      nn::reparametrize(model, slot, r);
      FAIL_CHECK("no error");
    } catch (const Error& e) {
      CHECK(std::string(e.what()).find(message) != std::string::npos);
      CHECK(std::string(e.what()).find(std::string(slot)) != std::string::npos);
    }
    CHECK(model.state().size() == before.size());
  };
  {
    NoGrad off;
    zero_(select(model.at("0").parameters()[0].tensor, 0, 2));
  }
  wrong(nn::WeightNorm{}, "0.weight", "the slice at 2 of axis 0 is zero");
  wrong(nn::WeightConditioning{}, "0.weight", "has no direction");
  wrong(nn::CenteredWeightNorm{}, "0.weight", "is constant");
  wrong(nn::WeightNorm{{.dim = 2}}, "0.weight", "dim = 2 does not fit");
  wrong(nn::Positive{}, "2.weight", "yields only numbers above 0; there is no inverse");
  wrong(nn::Symmetric{}, "0.weight", "must be a square matrix, but its shape is [4, 3]");
  wrong(nn::LoRA{{.rank = 9}}, "2.weight", "rank = 9 is more than");
  wrong(nn::Circulant{{.block = 2}}, "0.weight", "does not divide");
  wrong(nn::Kronecker{{.left = {3, 1}}}, "0.weight", "does not divide");
  wrong(nn::Kronecker{{.terms = 20}}, "2.weight", "products at most");
  wrong(nn::WeightStandardization{}, "0.bias", "filters of at least 2 elements");
  {
    NoGrad off;
    copy_(model.parameters().find("2.weight")->tensor, ones({4, 4}, DType::float32));
  }
  wrong(nn::Orthogonal{}, "2.weight", "has rank 1, and no nearest orthogonal matrix");
  wrong(nn::Bjorck{}, "2.weight", "has rank 1");
  nn::Masked masked;
  masked.mask = nn::Buffer(ones({2}, DType::boolean));
  wrong(masked, "2.weight", "the mask [2] does not fit");
  CHECK_THROWS_WITH_AS(nn::reparametrize(model, "0.wieght", nn::WeightNorm{}), doctest::Contains("did you mean \"0.weight\"?"), ConfigError);
  CHECK_THROWS_AS(nn::Masked({.sparsity = 1}), ConfigError);
  CHECK_THROWS_AS(nn::SpectralNorm({.n_power_iterations = 0}), ConfigError);
  CHECK_THROWS_WITH_AS(nn::build_reparam(Json::parse(R"({"type": "WeightConditioning", "mode": "rows"})"), "reparam"), doctest::Contains("row"), ConfigError);

  // A pattern over several slots changes all of them or none.
  CHECK_THROWS_AS(nn::reparametrize(model, "*.weight", nn::WeightNorm{}), ValueError);
  CHECK(!nn::describe_module(model).contains("reparam"));
  CHECK(model.parameters().find("2.weight") != nullptr);
}
