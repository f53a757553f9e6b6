// Methods with curvature against the Hessian, Jacobian and Fisher matrices themselves.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/error.h"
#include "optim/catalogue.h"
#include "optim/gauss_newton.h"
#include "optim/kfac.h"
#include "optim/measure.h"

using namespace tare;
using namespace tare::optim;

namespace {

ParameterList named(std::initializer_list<std::pair<const char*, Tensor>> list) {
  ParameterList out;
  for (auto& [name, t] : list) out.push_back({name, t});
  return out;
}
Tensor leaf(Tensor t) { return t.set_requires_grad(); }

}  // namespace

TEST_CASE("AdaHessian and Sophia do not step without a Hessian: by gradients alone they would divide by eps") {
  Tensor w = full({2}, 1.0, DType::float64).set_requires_grad();
  for (const char* type : {"AdaHessian", "Sophia"}) {
    auto o = build(Json(Json::Object{{"type", type}}), ParameterList({{"w", w, "", Role::weight, ""}}));
    CHECK(o->needs_closure());
    CHECK_THROWS_AS(o->step(), StateError);
    auto given = build(Json(Json::Object{{"type", type}, {"hessian_every", 0}}), ParameterList({{"w", w, "", Role::weight, ""}}));
    CHECK_FALSE(given->needs_closure());  // its estimates come with the step
  }
}

TEST_CASE("GaussNewton: one undamped step solves linear least squares, where J^T J is the Hessian") {
  Generator g(1);
  Tensor a = randn({12, 4}, DType::float64, &g), y = randn({12}, DType::float64, &g), x = leaf(zeros({4}, DType::float64));
  GaussNewton o(named({{"x", x}}), {.damping = 0, .adaptive = false});
  o.step([&] { return 0.5 * square(mv(a, x) - y); });
  Tensor exact = reshape(solve(matmul(transpose(a), a), reshape(mv(transpose(a), y), {4, 1})), {4});
  CHECK(max_abs_of(x - exact) < 1e-12);
}

TEST_CASE("GaussNewton: both forms of the damped system agree") {
  Generator g(2);
  for (auto [n, p] : {std::pair<int64_t, int64_t>{3, 8}, {8, 3}}) {
    Tensor j = randn({n, p}, DType::float64, &g), v = randn({p}, DType::float64, &g);
    Tensor whole = matmul(transpose(j), j) / double(n) + eye(p, p, DType::float64) * 0.1;
    CHECK(max_abs_of(mv(whole, gauss_newton_direction(j, v, 0.1)) - v) < 1e-12);
  }
}

TEST_CASE("GaussNewton: Rosenbrock's valley as two residuals, in a few damped steps that never go up") {
  Tensor x = leaf(from_vector({-1.2, 1}, {2}, DType::float64));
  GaussNewton o(named({{"x", x}}));
  auto residuals = [&] {
    Tensor a = narrow(x, 0, 0, 1), b = narrow(x, 0, 1, 1);
    return cat({50 * square(b - square(a)), 0.5 * square(1 - a)});
  };
  double last = INFINITY;
  for (int t = 0; t < 40; t++) {
    double now = mean(o.step(residuals)).item();
    CHECK(now <= last);
    last = now;
  }
  CHECK(last < 1e-20);
  CHECK_THROWS_WITH_AS(o.step([&] { return -residuals(); }), doctest::Contains("negative"), ValueError);
}

TEST_CASE("KFAC: where inputs and output gradients are independent its step is the natural gradient of the empirical Fisher matrix") {
  Generator g(3);
  constexpr int64_t in = 3, out = 2, kinds = 5;
  Tensor w = leaf(randn({out, in}, DType::float64, &g)), b = leaf(randn({out}, DType::float64, &g));
  // Every input with every output gradient: 25 samples, whose targets make the gradients what they are.
  Tensor inputs = randn({kinds, in}, DType::float64, &g), slopes = randn({kinds, out}, DType::float64, &g);
  Tensors rows, targets;
  {
    NoGrad off;
    for (int64_t i = 0; i < kinds; i++)
      for (int64_t k = 0; k < kinds; k++) {
        Tensor a = narrow(inputs, 0, i, 1);
        rows.push_back(a), targets.push_back(matmul(a, transpose(w)) + b - narrow(slopes, 0, k, 1));
      }
  }
  Tensor x = cat(rows), y = cat(targets);
  auto losses = [&] { return 0.5 * sum(square(matmul(x, transpose(w)) + b - y), {1}); };
  // The dense one, over [W b] row by row.
  Tensor ones_column = ones({kinds * kinds, 1}, DType::float64), homogeneous = cat({x, ones_column}, 1);
  Tensor errors = (matmul(x, transpose(w)) + b - y).detach();
  Tensor each = reshape(reshape(errors, {-1, out, 1}) * reshape(homogeneous, {-1, 1, in + 1}), {-1, out * (in + 1)});
  Tensor fisher = matmul(transpose(each), each) / double(kinds * kinds), slope = mean(each, {0});
  Tensor step = reshape(solve(fisher, reshape(slope, {-1, 1})), {out, in + 1});
  Tensor w0 = w.detach() + 0.0, b0 = b.detach() + 0.0;
  KFAC o(named({{"layer.weight", w}, {"layer.bias", b}}), {.lr = 0.5, .damping = 0});
  o.step(losses);
  CHECK(max_abs_of(w.detach() - (w0 - narrow(step, 1, 0, in) * 0.5)) < 1e-10);
  CHECK(max_abs_of(b.detach() - (b0 - reshape(narrow(step, 1, in, 1), {out}) * 0.5)) < 1e-10);
  // The next step averages the factors of both; with a decay of 0 it forgets the first ones.
  double moved[2];
  for (double decay : {0.0, 0.9}) {
    Tensor w2 = leaf(w0 + 0.0), b2 = leaf(b0 + 0.0);
    KFAC again(named({{"layer.weight", w2}, {"layer.bias", b2}}), {.lr = 0.5, .decay = decay, .damping = 0.1});
    auto now = [&] { return 0.5 * sum(square(matmul(x, transpose(w2)) + b2 - y), {1}); };
    again.step(now), again.step(now);
    moved[decay > 0] = norm_of(w2.detach() - w0);
  }
  CHECK(std::abs(moved[0] - moved[1]) > 1e-6);
}
