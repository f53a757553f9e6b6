// ESAM, softplus denominators, full-batch training, batches by class, and the loops that several passes share.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/data/sampler.h"
#include "kernels/elementwise.h"
#include "optim/adashift.h"
#include "optim/apollo.h"
#include "optim/catalogue.h"
#include "optim/class_gradients.h"
#include "optim/full_batch.h"
#include "optim/measure.h"
#include "optim/ranger21.h"
#include "optim/schedule/one_cycle.h"
#include "optim/scalar_math.h"
#include "optim/sgd.h"
#include "optim/sharpness/esam.h"
#include "optim/sharpness/sam.h"
#include "optim/state_json.h"

using namespace tare;
using namespace tare::optim;
using Entry = ParameterList::Entry;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed, DType dtype = DType::float64) {
  Generator g(seed);
  return randn(shape, dtype, &g);
}
Entry entry(const char* name, const Tensor& w) { return {name, kernels::copy(w).set_requires_grad(), "", Role::weight, ""}; }
ParameterList one(const Tensor& w) { return ParameterList(std::vector<Entry>{entry("w", w)}); }
double apart(const Tensor& a, const Tensor& b) { return max_abs_of(kernels::sub(a.detach(), b.detach())); }
Tensor numbers(const std::vector<double>& v) { return from_vector(v, {int64_t(v.size())}, DType::float64); }
Json json(const char* text) { return Json::parse(text); }
const SGD kPlain{SGDOptions{.lr = 1}};

}  // namespace

TEST_CASE("ESAM: all weights and samples make it SAM; otherwise the sharpest samples and masked weights count") {
  Tensor w0 = gauss({6}, 1), rows = gauss({4, 6}, 2);
  ParameterList a = one(w0), b = one(w0);
  auto losses = [&](const ParameterList& p) { return [&p, &rows] { return square(mv(rows, p[0].tensor)); }; };
  ESAM whole(a, kPlain, {.rho = 0.1, .beta = 1, .gamma = 1});
  SAM sam(b, kPlain, {.rho = 0.1});
  for (int k = 0; k < 3; k++) whole.step(losses(a)), sam.step(losses(b));
  CHECK(apart(a[0].tensor, b[0].tensor) < 1e-11);

  // gamma 0.25: the one sample whose loss rises most.
  ParameterList c = one(w0);
  Tensor g = grad(mean(losses(c)()), c[0].tensor), there = w0 + g * (0.1 / norm_of(g));
  Tensor rise = square(mv(rows, there)) - square(mv(rows, w0));
  int64_t sharpest = argmax(rise.detach(), 0).item<int64_t>();
  Tensor row = select(rows, 0, sharpest), expected = w0 - row * (2 * sum(row * there).item());
  ESAM(c, kPlain, {.rho = 0.1, .beta = 1, .gamma = 0.25}).step(losses(c));
  CHECK(apart(c[0].tensor, expected) < 1e-10);
  CHECK(apart(mean_of_largest(numbers({1.0, 5, 5, 2}), 0.5), numbers({0, 0.5, 0.5, 0})) == 0);
  CHECK(apart(mean_of_largest(numbers({1.0, 5, 5, 2}), 0.1), numbers({0, 1.0, 0, 0})) == 0);

  // Linear loss g.w: the gradient does not see the mask; a quadratic's does, and about beta of the weights move, by rho / beta.
  ParameterList d = one(zeros({4000}, DType::float64));
  Tensor seen;
  ESAM half(d, kPlain, {.rho = 1, .beta = 0.5, .gamma = 1});
  half.step([&] { return seen = kernels::copy(d[0].tensor), sum(d[0].tensor); });
  double moved = sum(gt(seen, 0)).item(), length = 1 / (0.5 * std::sqrt(4000.0));
  CHECK(std::abs(moved / 4000 - 0.5) < 0.03);
  CHECK(max(seen).item() == doctest::Approx(length));
  CHECK_THROWS_AS(ESAM(kPlain, {.beta = 0}), ConfigError);
  CHECK_THROWS_AS(ESAM(kPlain, {.gamma = 1.5}), ConfigError);
}

TEST_CASE("SoftplusNormalize: the gradient over a softly bounded root mean square, also in a chain from JSON") {
  Tensor g = numbers({0.0, 1e-6, 0.01, -0.1, 3.0}), w0 = zeros({5}, DType::float64);
  auto o = build(json(R"({"type": "SGD", "lr": 1, "grad_transforms": [{"type": "SoftplusNormalize", "beta2": 0.9, "eps": 0, "beta_softplus": 10}]})"), one(w0));
  Tensor v = w0, expected = w0;
  for (int t = 1; t <= 3; t++) {
    o->params()[0].tensor.set_grad(g * double(t));
    o->step();
    v = 0.9 * v + 0.1 * square(g * double(t));
    expected = expected - g * double(t) / (log1p(exp(10 * sqrt(v / (1 - std::pow(0.9, t))))) / 10);
  }
  CHECK(apart(o->params()[0].tensor, expected) < 1e-8);  // 3 is beyond the threshold, where softplus(x) = x to 1e-13
  double most = max_abs_of(o->params()[0].tensor / (6.0 * kernels::where(kernels::gt(kernels::abs(g), 0), g, full({}, 1, DType::float64))));
  CHECK(most <= 10 / std::log(2));
  CHECK_THROWS_AS(build(json(R"({"type": "SoftplusNormalize", "beta_softplus": 0})")), ConfigError);
}

TEST_CASE("cube roots, powers and softplus in float: a few units in the last place") {
  Generator random(3);
  double cube = 0, soft = 0;
  for (int i = 0; i < 20000; i++) {
    float x = float(std::exp(170 * random.uniform() - 84)), z = float(20 * random.uniform());
    cube = std::max(cube, std::abs(cube_root(x) / std::cbrt(double(x)) - 1));
    soft = std::max(soft, std::abs(softplus(z) / std::log1p(std::exp(double(z))) - 1));
  }
  double e = 0, raised = 0;
  for (int i = 0; i < 20000; i++) {
    float x = float(170 * random.uniform() - 86), y = float(std::exp(40 * random.uniform() - 20)), p = float(2 * random.uniform() + 0.1);
    e = std::max(e, std::abs(exponential(x) / std::exp(double(x)) - 1));
    raised = std::max(raised, std::abs(power(y, p) / std::pow(double(y), double(p)) - 1) / (1 + p * std::abs(std::log(y))));
  }
  CHECK(cube < 3e-7);
  CHECK(soft < 4e-7);
  CHECK(e < 3e-7);
  CHECK(raised < 3e-7);
  CHECK(exponential(-100.0f) == 0);
  CHECK(std::isinf(exponential(100.0f)));
  CHECK(power(0.0f, 0.5f) == 0);
  CHECK(cube_root(0.0f) == 0);
  CHECK(std::isinf(cube_root(INFINITY)));
  CHECK(soft_floor(3.0f, 50.0f, 0.02f) == 3.0f);
  CHECK(soft_floor(0.0, 50.0, 0.02) == doctest::Approx(std::log(2) / 50));
}

TEST_CASE("methods of several passes: tensors step alike in one part or in many") {
  for (const char* type : {"AdamP", "Apollo"}) {
    CAPTURE(type);
    std::vector<Entry> entries;
    for (uint64_t k = 0; k < 3; k++) entries.push_back(entry(k == 0 ? "a" : k == 1 ? "b" : "c", gauss({600, 500}, k, DType::float32)));
    Tensors alone;
    for (uint64_t k = 0; k < 3; k++) {
      entries[k].tensor.set_grad(gauss({600, 500}, 10 + k, DType::float32));
      ParameterList p = one(entries[k].tensor);
      auto single = build(Json(Json::Object{{"type", type}}), p);
      for (int t = 0; t < 2; t++) p[0].tensor.set_grad(entries[k].tensor.grad()), single->step();
      alone.push_back(p[0].tensor);
    }
    auto all = build(Json(Json::Object{{"type", type}}), ParameterList(entries));
    for (int t = 0; t < 2; t++) all->step();
    for (size_t k = 0; k < 3; k++) CHECK(apart(entries[k].tensor, alone[k]) == 0);
  }
}

TEST_CASE("AdaShift's running momentum is the weighted sum of the last gradients; Apollo warms up from init_lr") {
  ParameterList p = one(zeros({3}, DType::float64));
  AdaShift o(p, {.lr = 1, .betas = {0.8, 0.9}, .keep_num = 3});
  Tensors gradients;
  Tensor before;
  for (uint64_t t = 0; t < 60; t++) {
    gradients.push_back(gauss({3}, t));
    before = kernels::copy(p[0].tensor);
    p[0].tensor.set_grad(gradients.back());
    o.step();
  }
  Tensor m = (gradients[59] + 0.8 * gradients[58] + 0.64 * gradients[57]) / (1 + 0.8 + 0.64);
  double v = 0;
  for (size_t t = 3; t < 60; t++) v = 0.9 * v + 0.1 * std::pow(max_abs_of(gradients[t - 3]), 2);
  CHECK(apart(before - p[0].tensor, m / (std::sqrt(v / (1 - std::pow(0.9, 57))) + 1e-10)) < 1e-13);

  Tensors steps;
  for (int64_t warmup : {0, 2}) {
    ParameterList q = one(zeros({4}, DType::float64));
    Apollo apollo(q, {.lr = 1, .warmup_steps = warmup, .init_lr = 0.2});
    for (uint64_t t = 0; t < 3; t++) {
      Tensor w = kernels::copy(q[0].tensor);
      q[0].tensor.set_grad(gauss({4}, t));
      apollo.step();
      steps.push_back(kernels::sub(q[0].tensor, w));
    }
  }
  CHECK(apart(steps[3], 0.2 * steps[0]) < 1e-12);  // of about 100
  CHECK(apart(steps[4], 0.6 * steps[1]) < 1e-12);
  CHECK(apart(steps[5], steps[2]) < 1e-12);
}

TEST_CASE("Ranger21: a parameter without a gradient does not move, on Lookahead's turn neither") {
  ParameterList p(std::vector<Entry>{entry("a", gauss({3, 2}, 1)), entry("b", gauss({3, 2}, 2))});
  Ranger21 o(p, {.lr = 0.1, .lookahead_mergetime = 2});
  p[0].tensor.set_grad(gauss({3, 2}, 3)), p[1].tensor.set_grad(gauss({3, 2}, 4));
  o.step();
  Tensor b = kernels::copy(p[1].tensor);
  p[1].tensor.set_grad({});
  o.step();
  CHECK(apart(p[1].tensor, b) == 0);
}

TEST_CASE("full-batch training: blocks make the whole gradient, the penalty is exact on quadratics, clipping comes last") {
  Tensor x = gauss({7, 4}, 1), y = gauss({7}, 2), w0 = gauss({4}, 3), h = matmul(transpose(x), x) * (2.0 / 7), g = mv(h, w0) - mv(transpose(x), y) * (2.0 / 7);
  auto loss = [&](const ParameterList& p) {
    return [&, p](int64_t begin, int64_t end) { return mean(square(mv(narrow(x, 0, begin, end - begin), p[0].tensor) - narrow(y, 0, begin, end - begin))); };
  };
  for (int64_t block : {7, 3}) {
    ParameterList p = one(w0);
    FullBatchTrainer t(p, kPlain, {.sub_batch = block});
    CHECK(t.step(7, loss(p)) == doctest::Approx(mean(square(mv(x, w0) - y)).item()));
    CHECK(apart(p[0].tensor, w0 - g) < 1e-12);
  }
  for (const char* how : {"forward-differences", "central-differences", "autograd"}) {
    CAPTURE(how);
    ParameterList p = one(w0);
    Json config = json(R"({"sub_batch": 7, "grad_reg": {"block_strength": 0.5, "fd_eps": 0.3}})");
    config["grad_reg"].set("implementation", how);
    FullBatchTrainer(p, kPlain, FullBatchOptions::from_json(config, "trainer")).step(7, loss(p));
    CHECK(apart(p[0].tensor, w0 - g - mv(h, g) * (0.5 / 4)) < 1e-10);
  }
  ParameterList p = one(w0);
  FullBatchTrainer(p, kPlain, {.grad_clip = 0.1}).step(7, loss(p));
  CHECK(norm_of(kernels::sub(p[0].tensor, w0)) <= 0.1);
  CHECK_THROWS_AS(FullBatchOptions::from_json(json(R"({"grad_reg": {"strength": 1}})"), "trainer"), ConfigError);
  CHECK_THROWS_AS(FullBatchTrainer(p, SAM(kPlain)), ConfigError);
}

TEST_CASE("batches by class: oversampled or in proportion, resumed where they stood") {
  std::vector<int64_t> label;
  for (int64_t i = 0; i < 40; i++) label.push_back(i < 30 ? 2 : i < 38 ? 5 : 7);
  Tensor labels = from_vector(label, {40});
  using Mode = data::ClassBalancedSampler::Mode;
  auto count = [&](const std::vector<int64_t>& batch, int64_t c) { return std::count_if(batch.begin(), batch.end(), [&](int64_t i) { return label[size_t(i)] == c; }); };
  data::ClassBalancedSampler over(labels, 4, 1, Mode::oversample), share(labels, 4, 1);
  CHECK(over.batch_size() == 12);
  CHECK(over.batches_per_epoch() == 8);
  std::vector<int64_t> seen;
  for (int k = 0; k < 8; k++) {
    auto batch = over.next();
    for (int64_t c : {2, 5, 7}) CHECK(count(batch, c) == 4);
    seen.insert(seen.end(), batch.begin(), batch.end());
  }
  for (int64_t i = 0; i < 40; i++) CHECK(std::count(seen.begin(), seen.end(), i) >= (label[size_t(i)] == 7 ? 16 : 1));
  auto part = share.next();
  CHECK(count(part, 2) == 9);
  CHECK(count(part, 5) == 2);
  CHECK(count(part, 7) == 1);
  StateWriter saved;
  over.visit(saved);
  data::ClassBalancedSampler again(labels, 4, 1, Mode::oversample);
  StateReader reader(saved.json, "sampler");
  again.visit(reader);
  CHECK(again.next() == over.next());
  CHECK(share.for_loader().order(40, Generator(3)).size() == size_t(share.batch_size() * share.batches_per_epoch()));
  CHECK_THROWS_AS(data::ClassBalancedSampler(labels, 0, 1), ValueError);
  CHECK_THROWS_AS(data::ClassBalancedSampler(zeros({3}), 1, 1), DTypeError);

  // An absent class takes no part.
  ParameterList p = one(zeros({2}, DType::float64));
  PerClassNormalizedSGD o(p, {.lr = 1, .num_classes = 3});
  Tensor losses = o.step_classes([&](int64_t c) { return c == 1 ? Tensor() : select(p[0].tensor, 0, c / 2) * (c == 0 ? 5.0 : -0.1) + 1; });
  CHECK(apart(p[0].tensor, numbers({-1.0, 1.0})) < 1e-15);
  CHECK(apart(losses, numbers({1.0, 0.0, 1.0})) == 0);
  CHECK_THROWS_WITH_AS(o.step([&] { return p[0].tensor * 1; }), doctest::Contains("num_classes = 3"), ShapeError);
}

TEST_CASE("PyTorch's other ways to say it: OneCycleLR by epochs, clipping that refuses NaN") {
  SGD first(one(zeros({2})), {}), second(one(zeros({2})), {});
  OneCycleLR a(first, {.total_steps = 20}), b(second, {.epochs = 4, .steps_per_epoch = 5});
  for (int t = 0; t < 20; t++, a.step(), b.step()) CHECK(a.value(0) == b.value(0));
  CHECK_THROWS_AS(OneCycleLR(OneCycleLROptions{.epochs = 4}), ConfigError);
  auto o = build(json(R"({"type": "SGD", "lr": 1, "grad_transforms": [{"type": "ClipGradNorm", "max_norm": 1, "error_if_nonfinite": true}]})"), one(zeros({2}, DType::float64)));
  o->params()[0].tensor.set_grad(numbers({1.0, INFINITY}));
  CHECK_THROWS_WITH_AS(o->step(), doctest::Contains("norm of the gradients is inf"), ValueError);
}
