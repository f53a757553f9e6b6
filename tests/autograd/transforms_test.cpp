// Products with derivatives, checkpoint, and long tapes.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/checkpoint.h"
#include "autograd/gradcheck.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/allocator.h"

using namespace tare;

namespace {
Tensor random(const Shape& s, uint64_t seed = 1) {
  Generator g(seed);
  return randn(s, DType::float64, &g);
}
bool near(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && allclose(a, b, 1e-10, 1e-12); }
Tensor curve(const Tensor& x) { return sin(x) * x + exp(matmul(x, x)); }  // (2, 2) to (2, 2)
}  // namespace

TEST_CASE("jacobian, vjp and jvp agree with each other and with closed forms") {
  Tensor a = random({3, 2}), x = random({2}, 2);
  CHECK(near(jacobian([&](const Tensor& v) { return matmul(a, v); }, x), a));
  Tensor m = random({2, 2}, 3) * 0.3, v = random({2, 2}, 4);
  Tensor j = reshape(jacobian(curve, m), {4, 4});
  CHECK(near(reshape(vjp(curve, m, v).product, {4}), matmul(reshape(v, {4}), j)));
  CHECK(near(reshape(jvp(curve, m, v).product, {4}), matmul(j, reshape(v, {4}))));
  CHECK(near(jvp(curve, m, v).output, curve(m)));
  // Several inputs and outputs; one that does not depend; integers pass.
  TensorsFunction f = [](const Tensors& t) -> Tensors { return {t[0] * to(t[2], DType::float64), sum(t[1]) * t[0]}; };
  Tensors in{tensor({1, 2}), tensor({3}), indices({4, 5})};
  in[0] = to(in[0], DType::float64), in[1] = to(in[1], DType::float64);
  auto all = jacobian(f, in);
  CHECK(all[0][0].to_vector<double>() == std::vector<double>{4, 0, 0, 5});
  CHECK(all[0][1].to_vector<double>() == std::vector<double>{0, 0});
  CHECK(all[1][0].to_vector<double>() == std::vector<double>{3, 0, 0, 3});
  CHECK(all[1][1].to_vector<double>() == std::vector<double>{1, 2});
  auto forward = jvp(f, in, {ones({2}, DType::float64), ones({1}, DType::float64), indices({0, 0})});
  CHECK(forward.products[0].to_vector<double>() == std::vector<double>{4, 5});
  CHECK(forward.products[1].to_vector<double>() == std::vector<double>{4, 5});
  CHECK(!in[0].requires_grad());
  CHECK(!forward.outputs[0].requires_grad());
  CHECK(jacobian([](const Tensor& t) { return exp(t); }, zeros({0}, DType::float64)).shape() == Shape{0, 0});
  CHECK_THROWS_WITH_AS(jvp(curve, m, x), doctest::Contains("jvp: vector 0 has shape [2] but the input has [2, 2]"), ShapeError);
  CHECK_THROWS_WITH_AS(hvp(curve, m, v), doctest::Contains("hvp: expected a function of one number but its value has shape [2, 2]"), ShapeError);
}

TEST_CASE("hessian, hvp and vhp agree, and can be differentiated again") {
  Tensor a = random({3, 3}), x = random({3}, 2), v = random({3}, 3);
  CHECK(near(hessian([&](const Tensor& t) { return matmul(t, matmul(a, t)); }, x), a + transpose(a)));
  TensorFunction f = [](const Tensor& t) { return sum(pow(t, 4.0)) + prod(t); };
  Tensor h = hessian(f, x);
  CHECK(near(h, transpose(h)));
  CHECK(near(hvp(f, x, v).product, matmul(h, v)));
  CHECK(near(vhp(f, x, v).product, matmul(v, h)));
  auto product = [&](const Tensors& t) -> Tensors { return {hvp(f, t[0], t[1], true).product}; };
  gradcheck("hvp", product, {x, v});
  gradcheck("jvp", [](const Tensors& t) -> Tensors { return {jvp(curve, t[0], t[1], true).product}; }, {random({2, 2}, 4) * 0.3, random({2, 2}, 5)});
  gradcheck("jacobian", [](const Tensors& t) -> Tensors { return {jacobian(curve, t[0], true)}; }, {random({2, 2}, 4) * 0.3});
}

TEST_CASE("checkpoint gives the bits of the plain run: values, gradients of inputs and of what was captured, dropout") {
  Tensor x = random({4, 6}), w = random({6, 6}, 2), b = random({6}, 3);
  auto run = [&](bool checkpointed) {
    manual_seed(5);
    Tensor in = clone(x).set_requires_grad(), weight = clone(w).set_requires_grad(), bias = clone(b).set_requires_grad();
    Tensor scaled = weight * 2.0;  // on the tape, and reached by two ways
    auto block = [&](const Tensor& t) { return dropout(tanh(matmul(t, scaled) + bias), 0.5) + matmul(t, weight); };
    Tensor y = checkpointed ? checkpoint(block, in) : block(in);
    y = checkpointed ? checkpoint(block, y) : block(y);
    Tensor after = rand({2});
    Tensors g = grad(Tensors{sum(square(y))}, Tensors{in, weight, bias});
    g.push_back(y), g.push_back(after);
    return g;
  };
  Tensors plain = run(false), again = run(true);
  for (size_t i = 0; i < plain.size(); i++) CHECK(equal(plain[i], again[i]));
}

TEST_CASE("derivatives of every order go through checkpoint, also where captured tensors depend on each other and on the input") {
  Tensor x = random({3}), w = random({3}, 2);
  auto f = [](const Tensors& t) -> Tensors {
    Tensor v = t[1] * t[1], u = t[0] * v;
    return checkpoint([&, v, u, w = t[1]](const Tensors& in) -> Tensors { return {sin(in[0] * v) * w + u, sum(in[0] * u)}; }, {t[0]});
  };
  auto plain = [](const Tensors& t) -> Tensors {
    Tensor v = t[1] * t[1], u = t[0] * v;
    return {sin(t[0] * v) * t[1] + u, sum(t[0] * u)};
  };
  gradcheck("checkpoint", f, {x, w});
  gradgradcheck("checkpoint", f, {x, w});
  Tensors a{clone(x).set_requires_grad(), clone(w).set_requires_grad()};
  Tensors got = grad(f(a), a, {.grad_outputs = {ones({3}, DType::float64), ones({}, DType::float64)}});
  Tensors want = grad(plain(a), a, {.grad_outputs = {ones({3}, DType::float64), ones({}, DType::float64)}});
  for (size_t i = 0; i < 2; i++) CHECK(near(got[i], want[i]));
  Tensor fused = random({4}, 7);
  gradgradcheck("layer_norm", [](const Tensors& t) -> Tensors { return {layer_norm(t[0], {4}, t[1])}; }, {random({2, 4}), fused});
}

TEST_CASE("checkpoint keeps hooks, refuses changed inputs, and passes what needs no gradient") {
  Tensor x = random({3}).set_requires_grad(), w = random({3}, 2).set_requires_grad();
  int calls = 0;
  register_hook(w, [&](const Tensor& g) {
    calls++;
    return g * 2.0;
  });
  auto f = [&](const Tensor& t) { return t * w; };
  CHECK(near(grad(sum(checkpoint(f, x)), w), x * 2.0));
  CHECK(calls == 1);
  Tensor y = checkpoint(f, x);
  {
    NoGrad off;
    fill_(x, 1.0);
  }
  CHECK_THROWS_WITH_AS(sum(y).backward(), doctest::Contains("checkpoint: a tensor it needs"), GradError);
  CHECK(!checkpoint([](const Tensor& t) { return t * 2.0; }, random({2})).requires_grad());
  NoGrad off;
  CHECK(!checkpoint(f, x).requires_grad());
}

TEST_CASE("checkpoint takes less memory at the peak") {
  auto peak = [](bool checkpointed) {
    Tensor y = random({64, 256}).set_requires_grad();
    reset_peak_memory();
    int64_t before = memory_stats().live_bytes;
    auto segment = [](const Tensor& t) {
      Tensor z = t;
      for (int i = 0; i < 8; i++) z = tanh(z * 1.1);
      return z;
    };
    for (int i = 0; i < 8; i++) y = checkpointed ? checkpoint(segment, y) : segment(y);
    sum(y).backward();
    return memory_stats().peak_bytes - before;
  };
  CHECK(peak(true) * 2 < peak(false));
}

TEST_CASE("a tape of a million operations is played and freed, and its memory comes back") {
  Tensor x = ones({1}, DType::float64).set_requires_grad();
  int64_t before = memory_stats().live_bytes;
  {
    Tensor y = x;
    for (int i = 0; i < 1'000'000; i++) y = y + 1.0;
    y.backward();
    CHECK(y.item() == 1'000'001);
    CHECK(x.grad().item() == 1);
    Tensor unplayed = x;
    for (int i = 0; i < 100'000; i++) unplayed = unplayed * 1.0;
  }
  x.set_grad({});
  CHECK(memory_stats().live_bytes == before);
}
