// Methods with curvature or matrices, against exact Hessians and closed forms of small problems.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/catalogue.h"
#include "optim/full_batch.h"
#include "optim/grad_norm_smooth.h"
#include "optim/hutchinson.h"
#include "optim/implicit_map.h"
#include "optim/measure.h"
#include "optim/multi_norm.h"
#include "optim/orthogonalize.h"
#include "optim/psgd.h"
#include "optim/scaled_gd.h"
#include "optim/sgd.h"
#include "optim/swan.h"

using namespace tare;
using namespace tare::optim;
using Entry = ParameterList::Entry;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
Tensor numbers(const std::vector<double>& v, const Shape& shape) { return from_vector(v, shape, DType::float64); }
ParameterList one(const Tensor& w) { return ParameterList(std::vector<Entry>{{"w", kernels::copy(w).set_requires_grad()}}); }
double apart(const Tensor& a, const Tensor& b) { return max_abs_of(kernels::sub(a.detach(), b.detach())); }
Tensor identity(int64_t n) { return eye(n, n, DType::float64); }
Tensor spd(int64_t n, uint64_t seed) {
  Tensor a = gauss({n, n}, seed);
  return matmul(a, transpose(a)) * (1.0 / double(n)) + 0.3 * identity(n);
}
Tensor columns_of(int64_t n, const std::function<Tensor(const Tensor&)>& map) {
  Tensors c;
  for (int64_t k = 0; k < n; k++) c.push_back(map(select(identity(n), 0, k)));
  return stack(c, 1);
}

}  // namespace

TEST_CASE("multi-normalization: lengths, invariances, and no state") {
  Tensor g = gauss({6, 4}, 1), x = sr_sinkhorn(g, 5);
  CHECK(norm_of(x) == doctest::Approx(std::sqrt(24)).epsilon(1e-12));
  CHECK(apart(norm(x, 2, {0}), full({4}, std::sqrt(6), DType::float64)) < 1e-12);
  CHECK(apart(norm(sr_sinkhorn(g, 60), 2, {1}), full({6}, 2.0, DType::float64)) < 1e-10);
  CHECK(apart(sr_sinkhorn(g * 7, 5), x) < 1e-13);
  CHECK(apart(sr_sinkhorn(flip(g, {0}) * -1, 5), flip(x, {0}) * -1) < 1e-14);
  Tensor left = square(gauss({6, 1}, 2)) + 0.1, right = square(gauss({1, 4}, 3)) + 0.1;
  CHECK(apart(sr_sinkhorn(g * left * right, 200), sr_sinkhorn(g, 200)) < 1e-9);
  Tensor zero_row = kernels::copy(g);
  kernels::fill(narrow(zero_row, 0, 2, 1), 0);
  CHECK(max_abs_of(select(sr_sinkhorn(zero_row), 0, 2)) == 0);
  // Rows of mean zero: row normalization and whitening are SWAN.
  Tensor wide = gauss({3, 8}, 4), centred = wide - mean(wide, {1}, true), both = multi_normalize(centred, {"row", "spectral"}, 1);
  Tensor swan = grad_whitening(grad_norm(wide, 0), "exact");
  CHECK(apart(both * (1 / norm_of(both)), swan * (1 / norm_of(swan))) < 1e-12);
  CHECK_THROWS_WITH_AS(multi_normalize(g, {"rows"}), doctest::Contains("unknown norm \"rows\""), ConfigError);
  // A badly scaled matrix quadratic, as the paper's claim: SinkGD from its rate, no state saved.
  for (const char* type : {"SinkGD", "SWAN", "MultiNormGD"}) {
    CAPTURE(type);
    Json config = Json::parse(R"({"lr": 0.01})");
    config.set("type", type);
    ParameterList p(std::vector<Entry>{{"w", gauss({4, 6}, 5).set_requires_grad()}, {"b", gauss({4}, 6).set_requires_grad()}, {"k", gauss({2, 3, 2, 2}, 7).set_requires_grad()}});
    auto o = build(config, p);
    o->step([&] { return sum(square(p[0].tensor)) + sum(square(p[1].tensor)) + sum(square(p[2].tensor)); });
    CHECK(o->to_json().at("state").find("params") == nullptr);
    CHECK(o->to_json().at("state").find("global") == nullptr);
  }
}

TEST_CASE("whitening: orthogonal, idempotent, equivariant; Newton-Schulz tends to it") {
  Tensor g = grad_norm(gauss({3, 6}, 1)), w = grad_whitening(g, "exact");
  CHECK(apart(mean(g, {1}), zeros({3}, DType::float64)) < 1e-12);
  CHECK(apart(matmul(w, transpose(w)), identity(3)) < 1e-12);
  CHECK(apart(grad_whitening(w, "exact"), w) < 1e-12);
  CHECK(apart(grad_whitening(g, "newton_schulz", 25), w) < 1e-10);
  CHECK(apart(grad_whitening(transpose(g), "newton_schulz", 25), transpose(w)) < 1e-10);
  Tensor q = qr(gauss({3, 3}, 2)).first;
  CHECK(apart(grad_whitening(matmul(q, g), "exact"), matmul(q, w)) < 1e-12);
  // Rank n - 1: the null direction stays out.
  Tensor square_one = grad_whitening(grad_norm(gauss({4, 4}, 3)), "exact");
  CHECK(norm_of(square_one) == doctest::Approx(std::sqrt(3)));
}

TEST_CASE("PSGD's preconditioners are Q^T Q, and learn the inverse of |H|") {
  int64_t n = 6;
  Tensor a = gauss({n}, 1) + 3, b = gauss({n}, 2) * 0.3, v = gauss({n}, 3), h = gauss({n}, 4);
  Tensor q = diag(a) + matmul(diag(b), flip(identity(n), {0}));
  CHECK(apart(columns_of(n, [&](const Tensor& x) { return psgd_xmat_precondition(a, b, x); }), matmul(transpose(q), q)) < 1e-12);
  CHECK(apart(psgd_xmat_update(a, b, -v, -h).a, psgd_xmat_update(a, b, v, h).a) < 1e-15);
  LowRank f{gauss({n, 2}, 5) * 0.3, gauss({n, 2}, 6) * 0.3, square(gauss({n}, 7)) + 0.5};
  Tensor ql = matmul(identity(n) + matmul(f.u, transpose(f.v)), diag(f.d));
  CHECK(apart(columns_of(n, [&](const Tensor& x) { return psgd_lra_precondition(f, x); }), matmul(transpose(ql), ql)) < 1e-12);
  Kron k{triu(gauss({2, 2}, 8)) + 2 * identity(2), triu(gauss({3, 3}, 9)) + 2 * identity(3)};
  Tensor qk = kron(k.q1, k.q2);  // row-major vectors
  CHECK(apart(columns_of(n, [&](const Tensor& x) { return reshape(psgd_kron_precondition(k, reshape(x, {2, 3})), {n}); }), matmul(transpose(qk), qk)) < 1e-12);
  // Each update descends h^T P h + v^T P^-1 v.
  auto criterion = [&](const Tensor& p) { return dot_of(h, mv(p, h)) + dot_of(v, solve(p, v)); };
  auto dense = [&](const std::function<Tensor(const Tensor&)>& map) { return criterion(columns_of(n, map)); };
  for (const char* normalizer : {"1st", "2nd"}) {
    XMat x = psgd_xmat_update(a, b, v, h, 0.01, normalizer);
    CHECK(dense([&](const Tensor& t) { return psgd_xmat_precondition(x.a, x.b, t); }) < criterion(matmul(transpose(q), q)));
    for (const char* which : {"U", "V"}) {
      LowRank l = psgd_lra_update(f, v, h, which, 0.01, normalizer);
      CHECK(dense([&](const Tensor& t) { return psgd_lra_precondition(l, t); }) < criterion(matmul(transpose(ql), ql)));
    }
    Kron m = psgd_kron_update(k, reshape(v, {2, 3}), reshape(h, {2, 3}), 0.01, normalizer);
    CHECK(dense([&](const Tensor& t) { return reshape(psgd_kron_precondition(m, reshape(t, {2, 3})), {n}); }) < criterion(matmul(transpose(qk), qk)));
    // Diagonal factors are the same group with triangles of size 1.
    Kron d{ones({2}, DType::float64) * 2, ones({3}, DType::float64)};
    Kron moved = psgd_kron_update(d, reshape(v, {2, 3}), reshape(h, {2, 3}), 0.01, normalizer);
    CHECK(moved.q1.dim() == 1);
  }
  Tensor spectrum = numbers({0.1, 1, 10, 100}, {4}), xa = ones({4}, DType::float64), xb = zeros({4}, DType::float64);
  Generator random(1);
  for (int t = 0; t < 3000; t++) {
    Tensor z = randn({4}, DType::float64, &random);
    XMat x = psgd_xmat_update(xa, xb, z, spectrum * z, 0.1);
    xa = x.a, xb = x.b;
  }
  CHECK(apart(psgd_xmat_precondition(xa, xb, spectrum), ones({4}, DType::float64)) < 0.3);
}

TEST_CASE("PSGD: exact and differenced products agree, an ill-conditioned quadratic falls, resuming is exact") {
  Tensor spectrum = numbers({1, 10, 100, 1000, 1, 0.5}, {6}), w0 = gauss({6}, 1);
  for (const char* kind : {"xmat", "lra", "kron"}) {
    CAPTURE(kind);
    Json config = Json::parse(R"({"type": "PSGD", "lr": 0.3, "rank": 2, "momentum": 0.5, "grad_clip_max_norm": 1})");
    config.set("preconditioner", kind);
    auto loss = [&](const ParameterList& p) { return [&, p] { return 0.5 * sum(spectrum * square(p[0].tensor)); }; };
    ParameterList p = one(w0), q = one(w0), r = one(w0);
    auto exact = build(config, p), resumed = build(config, r);
    config.set("exact_hessian_vector_product", false);
    auto difference = build(config, q);
    double before = loss(p)().item();
    for (int k = 0; k < 60; k++) {
      if (k == 20) resumed->load_state(Json::parse(exact->to_json().dump())), kernels::copy_into(r[0].tensor, p[0].tensor.detach());
      exact->step(loss(p)), difference->step(loss(q));
      if (k >= 20) resumed->step(loss(r));
      if (k == 9) CHECK(apart(p[0].tensor, q[0].tensor) < 1e-4);
    }
    CHECK(apart(p[0].tensor, r[0].tensor) == 0);
    for (int k = 0; k < 300; k++) exact->step(loss(p));
    CHECK(loss(p)().item() < 1e-3 * before);
  }
  ParameterList p = one(w0);
  CHECK_THROWS_WITH_AS(PSGD(p, {}).step(), doctest::Contains("call step(closure)"), StateError);
  PSGD(p, {.preconditioner_type = "whitening"}).step();  // nothing to do without gradients
  CHECK(apart(p[0].tensor, w0) == 0);
}

TEST_CASE("Hessian products of a network equal differences of gradients") {
  Tensor x = gauss({5, 3}, 1), z = gauss({4, 3}, 2);
  ParameterList p = one(gauss({4, 3}, 3));
  Closure loss = [&] { return mean(square(tanh(linear(x, p[0].tensor)))); };
  std::vector<uint32_t> groups(1);
  auto gradient = [&](const Tensor& w) {
    ParameterList at = one(w);
    Closure there = [&] { return mean(square(tanh(linear(x, at[0].tensor)))); };
    Step s{.params = at, .groups = groups, .grads = Tensors(1), .closure = &there};
    s.evaluate();
    return s.grads[0];
  };
  Step s{.params = p, .groups = groups, .grads = Tensors(1), .closure = &loss};
  HessianProduct h(s, "test");
  double e = 1e-5;
  Tensor w = p[0].tensor.detach();
  CHECK(apart(h({z})[0], (gradient(w + z * e) - gradient(w - z * e)) / (2 * e)) < 1e-8);
  CHECK(apart(h({z * 2})[0], h({z})[0] * 2) < 1e-14);
}

TEST_CASE("gradient-normalized steps: the reference trace, exact Newton, and solvers that agree") {
  Tensor a = numbers({1, 2, -1, .5, .5, -1.5}, {3, 2}), b = numbers({.1, -.2, .3}, {3});
  double mu = 0.5;
  ParameterList p = one(numbers({1, 1}, {2}));
  auto log_sum_exp = [&](const ParameterList& p) { return [&, p] { return logsumexp((mv(a, p[0].tensor) - b) * (1 / mu), {0}) * mu; }; };
  SUBCASE("weighted Gauss-Newton on log-sum-exp") {
    GradNormSmooth o(p, {.tol = 1e-12});
    o.hess = [&] {
      Tensor pi = softmax((mv(a, p[0].tensor) - b) * (1 / mu), 0);
      return matmul(transpose(a) * pi, a) * (1 / mu);
    };
    struct Row { double f, gamma, x, y; };
    const Row trace[] = {{2.9009423237664933, 1, 1, 1}, {2.4936849796242804, 2, 0.9188859024735421, 0.8362712519119877},
                         {2.0885108589667962, 2, 0.8383898518024725, 0.6723016193829809}, {1.6888434329547857, 2, 0.7589135255819311, 0.5080553966154716},
                         {1.3039752384525825, 2, 0.6804564487862432, 0.34409744481717386}, {0.9264953004886513, 4, 0.5913398410742223, 0.1683936199111623}};
    for (const Row& row : trace) {
      CHECK(log_sum_exp(p)().item() == doctest::Approx(row.f).epsilon(1e-8));
      CHECK(o.gamma() == row.gamma);
      CHECK(apart(p[0].tensor, numbers({row.x, row.y}, {2})) < 1e-8);
      o.step(log_sum_exp(p));
    }
  }
  SUBCASE("Cholesky and conjugate gradients take the same exact steps, and f falls") {
    ParameterList q = one(numbers({1, 1}, {2}));
    GradNormSmooth direct(p, {}), iterative(q, {.solver = "cg"});
    double before = log_sum_exp(p)().item();
    for (int k = 0; k < 8; k++) {
      direct.step(log_sum_exp(p)), iterative.step(log_sum_exp(q));
      double now = log_sum_exp(p)().item();
      CHECK(now <= before);
      before = now;
    }
    CHECK(apart(p[0].tensor, q[0].tensor) < 1e-8);
  }
  SUBCASE("no Hessian: the step has length gamma") {
    GradNormSmooth o(p, {.adaptive = false, .hessian = "zero"});
    o.step(log_sum_exp(p));
    CHECK(norm_of(p[0].tensor.detach() - 1) == doctest::Approx(1).epsilon(1e-6));
  }
  SUBCASE("linear residuals: Gauss-Newton is Newton; p = 3 against the exact Hessian; Fisher is its second term") {
    Tensor u0 = mv(a, ones({2}, DType::float64)) - b;
    double size = norm_of(u0);
    Tensor first = matmul(transpose(a), a) * size, ju = mv(transpose(a), u0), second = outer(ju, ju) / size, g = ju * size;
    auto step = [&](const char* hessian, double power) {
      ParameterList q = one(ones({2}, DType::float64));
      GradNormSmooth o(q, {.adaptive = false, .hessian = hessian, .p = power});
      o.residuals = [&] { return mv(a, q[0].tensor) - b; };
      o.step([&] { return pow(sum(square(mv(a, q[0].tensor) - b)), power / 2) * (1 / power); });
      return q[0].tensor.detach() - 1;
    };
    auto expected = [&](const Tensor& h, const Tensor& g) { return -solve(h + identity(2) * (norm_of(g) / (1 + 1e-8)), g); };
    CHECK(apart(step("gauss_newton", 2), expected(matmul(transpose(a), a), ju)) < 1e-10);
    CHECK(apart(step("gauss_newton", 3), expected(first + second, g)) < 1e-10);
    CHECK(apart(step("exact", 3), expected(first + second, g)) < 1e-10);
    CHECK(apart(step("fisher", 3), expected(second, g)) < 1e-10);
  }
  SUBCASE("an indefinite Hessian raises lambda until it is not") {
    GradNormSmooth o(p, {});
    auto saddle = [&] { return sum(square(p[0].tensor) * numbers({1, -1}, {2})) + sum(pow(p[0].tensor, 4)); };
    double before = saddle().item();
    for (int k = 0; k < 30; k++) o.step(saddle);
    CHECK(saddle().item() < before);
    CHECK(saddle().item() == doctest::Approx(-0.25).epsilon(1e-6));
  }
}

TEST_CASE("ScaledGD: rotations and changes of basis pass through") {
  Tensor w0 = gauss({5, 2}, 1), g = gauss({5, 2}, 2), q = qr(gauss({2, 2}, 3)).first;
  auto step = [](const Tensor& w, const Tensor& g, ScaledGDOptions o) {
    ParameterList p = one(w);
    p[0].tensor.set_grad(g);
    ScaledGD(p, o).step();
    return p[0].tensor.detach();
  };
  CHECK(apart(step(matmul(w0, q), matmul(g, q), {}), matmul(step(w0, g, {}), q)) < 1e-12);
  CHECK(apart(step(w0, g, {.lr = 1e9, .damping = 1e9}), w0 - g) < 1e-7);
  CHECK(dot_of(w0 - step(w0, g, {}), g) > 0);
  // L R^T with damping 0 does not see (L B, R B^-T).
  Tensor target = gauss({5, 4}, 4), r0 = gauss({4, 2}, 5), change = gauss({2, 2}, 6) + 2 * identity(2);
  auto product = [&](const Tensor& l, const Tensor& r) {
    ParameterList p(std::vector<Entry>{{"l", kernels::copy(l).set_requires_grad()}, {"r", kernels::copy(r).set_requires_grad()}});
    ScaledGD o(p, {.lr = 0.1, .damping = 0, .factors = {{"l", "r"}}});
    for (int k = 0; k < 5; k++) o.step([&] { return sum(square(matmul(p[0].tensor, transpose(p[1].tensor)) - target)); });
    return matmul(p[0].tensor.detach(), transpose(p[1].tensor.detach()));
  };
  CHECK(apart(product(w0, r0), product(matmul(w0, change), matmul(r0, transpose(inv(change))))) < 1e-9);
  Tensor a = gauss({12, 4, 4}, 7), x = gauss({4, 1}, 8), sym = (a + transpose(a)) * 0.5;
  Tensor y = mv(reshape(sym, {12, 16}), reshape(matmul(x, transpose(x)), {16}));
  Tensor path = scaled_gd_matrix_sensing(a, y, x + 0.05, 0.02, 0.01, 200), end = select(path, 0, 199);
  CHECK(apart(matmul(end, transpose(end)), matmul(x, transpose(x))) < 1e-6);
}

TEST_CASE("filters: K preconditioned steps are the Kalman filter, also without information") {
  Tensor f = gauss({3, 3}, 1) * 0.5, y = gauss({6, 2}, 2), q = spd(3, 3), r = spd(2, 4), x0 = gauss({3}, 5), p0 = spd(3, 6), h = gauss({2, 3}, 7);
  Tensor poor = kernels::copy(h);
  kernels::copy_into(narrow(poor, 0, 1, 1), narrow(poor, 0, 0, 1) * 2);
  for (const Tensor& view : {h, poor})
    for (int64_t k : {1, 3, 12}) CHECK(apart(implicit_map_kalman(y, f, view, q, r, x0, p0, k), kalman_filter(y, f, view, q, r, x0, p0).means) < 1e-8);
  // The extended filter is the filter where maps are linear.
  ExtendedKalmanFilter extended(x0, p0, [&](const Tensor& x) { return mv(f, x); }, [&](const Tensor& x) { return mv(h, x); }, q, r);
  Filtered plain = kalman_filter(y, f, h, q, r, x0, p0);
  for (int64_t t = 0; t < 6; t++) CHECK(apart(extended.step(select(y, 0, t)), select(plain.means, 0, t)) < 1e-10);
  CHECK(apart(extended.covariance(), select(plain.covs, 0, 5)) < 1e-10);
}

TEST_CASE("full-batch training: blocks average to the whole, and the penalty is lr / 4 of the Hessian product") {
  Tensor x = gauss({10, 3}, 1), y = gauss({10}, 2), w0 = gauss({3}, 3);
  auto loss = [&](const ParameterList& p, int64_t begin, int64_t end) { return mean(square(mv(narrow(x, 0, begin, end - begin), p[0].tensor) - narrow(y, 0, begin, end - begin))); };
  auto run = [&](FullBatchOptions o) {
    ParameterList p = one(w0);
    FullBatchTrainer t(p, SGD(SGDOptions{.lr = 0.1}), o);
    double mean_loss = t.step(10, [&](int64_t a, int64_t b) { return loss(p, a, b); });
    CHECK(mean_loss == doctest::Approx(loss(one(w0), 0, 10).item()));
    return p[0].tensor.detach();
  };
  Tensor whole = run({.sub_batch = 100});
  CHECK(apart(run({.sub_batch = 4}), whole) < 1e-14);
  Tensor h = matmul(transpose(x), x) * (2.0 / 10), g = (w0 - whole) / 0.1;
  for (const char* mode : {"forward-differences", "central-differences", "autograd"})
    CHECK(apart(run({.sub_batch = 10, .grad_reg = {.block_strength = 0.5, .implementation = mode}}), w0 - (g + mv(h, g) * (0.1 / 4 * 0.5)) * 0.1) < 1e-11);
  CHECK(norm_of(run({.sub_batch = 4, .grad_clip = 0.25}) - w0) <= 0.1 * 0.25);
}
