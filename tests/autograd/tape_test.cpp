// The tape: what is recorded, in which order it is played, what is refused.
#include <cmath>

#include <doctest/doctest.h>

#include "autograd/trace.h"
#include "tare.h"

using namespace tare;

namespace {

Tensor leaf(std::initializer_list<double> values) { return tensor(values).set_requires_grad(); }
std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("tape: gradients accumulate, a node that is used twice gets the sum, unused inputs are said") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({2, 3}), y = leaf({5, 7});
  Tensor z = x * y, loss = sum(z * z + x);
  loss.backward();
  CHECK(allclose(x.grad(), tensor({2 * 2 * 25 + 1, 2 * 3 * 49 + 1})));
  sum(x).backward();
  CHECK(allclose(x.grad(), tensor({2 * 2 * 25 + 2, 2 * 3 * 49 + 2})));
  CHECK_THROWS_AS(grad(Tensors{sum(x)}, Tensors{y}), GradError);
  CHECK(!grad(Tensors{sum(x)}, Tensors{x, y}, {.allow_unused = true})[1].defined());
  CHECK_THROWS_AS((x * 2).backward(), GradError);       // two numbers have no gradient of their own
  CHECK_THROWS_AS(sum(x.detach()).backward(), GradError);
  CHECK_THROWS_AS((x * 2).backward(tensor({1, 2, 3})), ShapeError);
}

TEST_CASE("tape: closures are freed once played, unless they are kept") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({2}), y = exp(x), loss = sum(y * y);
  loss.backward({}, true);
  loss.backward();
  CHECK(allclose(x.grad(), 4 * exp(2 * x.detach())));
  CHECK(has(message_of([&] { loss.backward(); }), "retain_graph"));
}

TEST_CASE("tape: derivatives of any order") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({0.7}), y = sum(sin(x));
  for (int order = 1; order <= 6; order++) {
    y = sum(grad(y, x, {.create_graph = true}));
    CHECK(y.item<double>() == doctest::Approx(std::sin(0.7 + order * 3.141592653589793 / 2)));
  }
}

TEST_CASE("tape: a tensor that is written after it was saved is found out, by name") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({1, 2}), w = tensor({3, 4});
  Tensor y = sum(x * w);
  fill_(w, 9);
  std::string said = message_of([&] { y.backward(); });
  CHECK(has(said, "mul"));
  CHECK(has(said, "float64 [2]"));
  CHECK(!x.grad().defined());
  CHECK_THROWS_AS(fill_(x, 0), GradError);  // a leaf that is recorded
  NoGrad off;
  CHECK_NOTHROW(fill_(x, 0));
}

TEST_CASE("tape: hooks see and change gradients; retained gradients; after-accumulate") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({1, 2}), y = x * 3;
  y.retain_grad();
  int64_t id = register_hook(y, [](const Tensor& g) { return g * 10; });
  int calls = 0;
  register_after_accumulate(x, [&] { calls++; });
  sum(y).backward({}, true);
  CHECK(allclose(x.grad(), tensor({30, 30})));
  CHECK(allclose(y.grad(), tensor({10, 10})));
  CHECK(calls == 1);
  remove_hook(y, id);
  x.set_grad({});
  sum(y).backward();
  CHECK(allclose(x.grad(), tensor({3, 3})));
  Tensor z = x * 1;
  register_hook(z, [](const Tensor&) { return ones({5}); });
  CHECK_THROWS_AS(sum(z).backward(), ShapeError);
}

TEST_CASE("tape: rules of one's own, exact and approximate") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({-1.5, 0.4});
  auto straight = [](Gradient kind) {
    return [kind](const Tensor& t) {
      return custom_vjp("round_straight_through", round(t.detach()), {t}, [](const Tensors& g, const Tensors&, const Tensors&, Needs) { return Tensors{g[0] * 1.0}; }, kind);
    };
  };
  CHECK(allclose(grad(sum(straight(Gradient::approximate)(x) * 2), x), tensor({2, 2})));
  // y = x^2 with its rule written in recorded operations: it can be differentiated again.
  auto squared = [](const Tensor& t) {
    return custom_vjp("my_square", square(t.detach()), {t}, [](const Tensors& g, const Tensors& in, const Tensors&, Needs) { return Tensors{g[0] * 2.0 * in[0]}; });
  };
  Tensor first = grad(sum(squared(x)), x, {.create_graph = true});
  CHECK(allclose(first, 2 * x.detach()));
  CHECK(allclose(grad(sum(first * first), x), 8 * x.detach()));
  // A fused rule without a definition says that it has no second derivative.
  Tensor y = fused("halve", x.detach() * 0.5, {x}, [](const Tensors& g, const Tensors&, const Tensors&, Needs) { return Tensors{g[0] * 0.5}; }, nullptr);
  CHECK(has(message_of([&] { grad(sum(y), x, {.create_graph = true}); }), "halve"));
}

TEST_CASE("tape: anomaly mode names the operation that made the first NaN, forward and backward") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({-1, 4});
  CHECK_NOTHROW(sqrt(x));
  {
    Anomaly on;
    CHECK(has(message_of([&] { sqrt(x); }), "sqrt"));
    Tensor zero = leaf({0.0});
    Tensor y = sum(sqrt(zero * 1.0) * 0.0);  // 0 * infinity on the way back
    std::string said = message_of([&] { y.backward(); });
    CAPTURE(said);
    CHECK(has(said, "sqrt"));
  }
  CHECK_NOTHROW(sqrt(x));
  // A fused operation's backward kernel records nothing; what it hands on is looked at all the same.
  Tensor y = fused("halve", x.detach() * 0.5, {x}, [](const Tensors& g, const Tensors&, const Tensors&, Needs) { return Tensors{g[0] / 0.0}; }, nullptr);
  Anomaly on;
  std::string said = message_of([&] { sum(y).backward(); });
  CHECK(has(said, "halve"));
}

TEST_CASE("tape: what is not recorded") {
  DefaultDtype wide(DType::float64);
  Tensor x = leaf({1, 2});
  CHECK(!(eq(x, x)).requires_grad());
  CHECK(!argmax(x).requires_grad());
  CHECK(!x.detach().requires_grad());
  {
    NoGrad off;
    CHECK(!(x * 2).requires_grad());
    EnableGrad on;
    CHECK((x * 2).requires_grad());
  }
  CHECK((x * 2).requires_grad());
  CHECK_THROWS_AS(indices({1, 2}).set_requires_grad(), GradError);
}

// Sums of random pairs of earlier tensors: the gradient of a leaf is the number of ways from it to the last one. Hundreds of nodes wait at a
// time, and their places in the engine are used again and again.
TEST_CASE("tape: a tangled graph, played whole and in part") {
  DefaultDtype wide(DType::float64);
  constexpr size_t kLeaves = 150, kAll = 1200;
  uint64_t state = 7;
  auto random = [&](size_t n) { return size_t((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % n; };
  Tensors nodes;
  std::vector<std::pair<size_t, size_t>> from(kAll);
  for (size_t i = 0; i < kAll; i++) {
    if (i < kLeaves) {
      nodes.push_back(leaf({double(i)}));
      continue;
    }
    from[i] = {random(i), i - 1 - random(40)};
    nodes.push_back(nodes[from[i].first] + nodes[from[i].second]);
  }
  std::vector<double> ways(kAll, 0.0);
  ways.back() = 1;
  for (size_t i = kAll; i-- > kLeaves;) ways[from[i].first] += ways[i], ways[from[i].second] += ways[i];
  Tensors some = {nodes[3], nodes[140], nodes[400], nodes[900]};
  Tensors partly = grad(Tensors{nodes.back()}, some, {.retain_graph = true, .allow_unused = true});
  for (auto [k, i] : {std::pair<size_t, size_t>{0, 3}, {1, 140}, {2, 400}, {3, 900}})
    CHECK((partly[k].defined() ? partly[k].item<double>() : 0) == ways[i]);
  nodes.back().backward();
  for (size_t i = 0; i < kLeaves; i++) {
    CAPTURE(i);
    CHECK((nodes[i].grad().defined() ? nodes[i].grad().item<double>() : 0) == ways[i]);
  }
}
