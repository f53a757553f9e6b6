// Linear algebra: definitions, invariances, corners and errors. (Derivatives: table_test.cpp; numbers from elsewhere: tests/golden.)
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "autograd/gradcheck.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/spectral.h"
#include "autograd/tape.h"
#include "core/parallel.h"
#include "kernels/elementwise.h"

using namespace tare;

namespace {
Tensor random(const Shape& s, DType t = DType::float64, uint64_t seed = 3) {
  Generator g(seed);
  return randn(s, t, &g);
}
Tensor spd(const Shape& s, DType t = DType::float64) {
  Tensor x = random(s, t);
  return matmul(x, transpose(x)) + eye(s.back(), s.back(), t);
}
Tensor matrix(std::initializer_list<double> v, int64_t n) { return from_vector(std::vector<double>(v), {n, int64_t(v.size()) / n}, DType::float64); }
double error_of(const Tensor& a, const Tensor& b) { return a.numel() ? amax(abs(a - b)).item() / std::max(1.0, amax(abs(b)).item()) : 0; }
bool orthonormal(const Tensor& q, double tolerance) { return error_of(matmul(transpose(q), q), eye(q.size(-1), q.size(-1), q.dtype()) + zeros(q.shape().slice(0, -2).concat({1, 1}), q.dtype())) < tolerance; }
}  // namespace

TEST_CASE("factorizations multiply to what was factorized, for tall, wide and batched matrices in both types") {
  for (DType t : {DType::float32, DType::float64})
    for (const Shape& shape : {Shape{7, 4}, Shape{4, 7}, Shape{2, 3, 5, 5}, Shape{40, 33}}) {
      CAPTURE(text(t, " ", shape));
      double tolerance = t == DType::float32 ? 2e-5 : 1e-12;
      Tensor a = random(shape, t);
      auto [q, r] = qr(a);
      CHECK(error_of(matmul(q, r), a) < tolerance);
      CHECK(orthonormal(q, tolerance));
      CHECK(error_of(triu(r), r) == 0);
      CHECK(amin(diagonal(r, 0, -2, -1)).item() >= 0);
      for (bool full : {false, true}) {
        auto [u, s, vh] = svd(a, full);
        int64_t k = s.size(-1);
        CHECK(error_of(matmul(narrow(u, -1, 0, k) * unsqueeze(s, -2), narrow(vh, -2, 0, k)), a) < tolerance);
        CHECK(orthonormal(u, tolerance));
        CHECK(orthonormal(transpose(vh), tolerance));
      }
      CHECK(error_of(matmul(matmul(a, pinv(a)), a), a) < 10 * tolerance);
      if (shape[shape.size() - 1] != shape[shape.size() - 2]) continue;
      Tensor p = spd(shape, t), l = cholesky(p), b = random(shape.slice(0, -1).concat({2}), t, 5);
      CHECK(error_of(matmul(l, transpose(l)), p) < tolerance);
      CHECK(error_of(matmul(p, cholesky_solve(b, l)), b) < 10 * tolerance);
      CHECK(error_of(matmul(p, solve(p, b)), b) < 10 * tolerance);
      CHECK(error_of(matmul(p, inv(p)), eye(5, 5, t) + zeros({2, 3, 1, 1}, t)) < 10 * tolerance);
      auto [w, v] = eigh(p);
      CHECK(error_of(matmul(v * unsqueeze(w, -2), transpose(v)), p) < tolerance);
      CHECK(error_of(exp(slogdet(p).second), det(p)) < 10 * tolerance);
      CHECK(error_of(matmul(sqrtm(p), sqrtm(p)), p) < tolerance);
      CHECK(error_of(matmul(sqrtm(p), inverse_sqrtm(p)), eye(5, 5, t) + zeros({2, 3, 1, 1}, t)) < 10 * tolerance);
      CHECK(error_of(symmetric_exp(logm(p)), p) < 10 * tolerance);
      CHECK(error_of(matrix_exp(logm(p)), p) < 10 * tolerance);
    }
}

TEST_CASE("empty matrices and batches of none give PyTorch's shapes and values") {
  auto z = [](const Shape& s) { return zeros(s, DType::float64); };
  CHECK(det(z({0, 0})).item() == 1);
  CHECK(slogdet(z({0, 0})).first.item() == 1);
  CHECK(logdet(z({0, 0})).item() == 0);
  CHECK(cond(z({0, 0})).item() == 0);
  CHECK(cond(z({2, 0, 0}), "fro").shape() == Shape{2});
  CHECK(matrix_norm(z({0, 3}), "nuc").item() == 0);
  CHECK(matrix_norm(z({3, 0}), 1).item() == 0);
  CHECK(matrix_norm(z({0, 0}), 2).item() == 0);
  CHECK(matrix_rank(z({2, 0, 3})).shape() == Shape{2});
  CHECK(pinv(z({2, 3, 0})).shape() == Shape{2, 0, 3});
  CHECK(error_of(lstsq(z({0, 3}), z({0, 2})), z({3, 2})) == 0);
  CHECK(lstsq(z({3, 0}), z({3, 2})).shape() == Shape{0, 2});
  CHECK(qr(z({3, 0})).first.shape() == Shape{3, 0});
  CHECK(qr(z({3, 0})).second.shape() == Shape{0, 0});
  CHECK(solve(z({0, 0}), z({0, 3})).shape() == Shape{0, 3});
  CHECK(matrix_exp(z({0, 0})).shape() == Shape{0, 0});
  CHECK(matrix_power(z({0, 0}), -1).shape() == Shape{0, 0});
  CHECK(eigvals(z({0, 3, 3})).shape() == Shape{0, 3, 2});
  CHECK(std::get<0>(svd(z({3, 0}))).shape() == Shape{3, 3});
  CHECK(orthonormal(std::get<0>(svd(z({3, 0}))), 1e-15));
  CHECK(sqrtm(z({0, 2, 2})).shape() == Shape{0, 2, 2});
  CHECK(std::isinf(cond(z({2, 2}), 1.0).item()));
  CHECK(std::isnan(cond(z({2, 2})).item()));
  CHECK(std::isnan(logdet(matrix({0, 1, 1, 0}, 2)).item()));
  CHECK(slogdet(z({2, 2})).second.item() == -std::numeric_limits<double>::infinity());
}

TEST_CASE("derivatives at repeated and zero values exist where mathematics has them, and are errors where it has none") {
  auto gradient = [](Tensor (*f)(const Tensor&), const Tensor& at) {
    Tensor x = clone(at).set_requires_grad();
    return grad(sum(f(x)), x);
  };
  Tensor one = eye(3, 3, DType::float64);
  CHECK(error_of(gradient([](const Tensor& x) { return svdvals(x); }, one), one) < 1e-14);
  CHECK(error_of(gradient([](const Tensor& x) { return eigvalsh(x); }, one), one) < 1e-14);
  CHECK(error_of(gradient(sqrtm, one * 4.0), ones({3, 3}, DType::float64) * 0.25) < 1e-14);
  CHECK(error_of(gradient(svd_reconstruct, zeros({2, 3}, DType::float64)), zeros({2, 3}, DType::float64)) == 0);
  CHECK(error_of(gradient(det, zeros({3, 3}, DType::float64)), zeros({3, 3}, DType::float64)) == 0);
  CHECK(error_of(gradient(det, matrix({1, 2, 3, 4, 5, 6, 7, 8, 9}, 3)), matrix({-3, 6, -3, 6, -12, 6, -3, 6, -3}, 3)) < 1e-12);
  CHECK(error_of(gradient(+[](const Tensor& x) { return matrix_norm(x, "nuc"); }, zeros({2, 2}, DType::float64)), zeros({2, 2}, DType::float64)) == 0);
  // Nearly equal eigenvalues: the quotient of differences has lost all digits there, its series none.
  Tensor close = matrix({1, 0, 0, 1 + 1e-13}, 2), flip = matrix({0, 1, 1, 0}, 2);
  Tensor x = clone(close).set_requires_grad();
  CHECK(grad(sum(logm(x) * flip), x).to_vector<double>()[1] == doctest::Approx(1).epsilon(1e-12));

  // x|x| has a first derivative at 0 and no second one: the step must be small.
  auto squares = [](const Tensors& t) -> Tensors { return {svd_reconstruct(t[0])}; };
  for (const Tensor& t : {matrix({0.1, 0.2, 0.3, 0.2, 0.4, 0.6}, 2), matrix({1, 0, 0, 0, 0, 0}, 3), zeros({2, 2}, DType::float64)}) gradcheck("svd_reconstruct", squares, {t}, {.step = 1e-7, .tolerance = 1e-6});

  auto vectors_of_eigh = [](const Tensor& t) { return square(eigh(t).second); };
  CHECK_THROWS_WITH_AS(gradient(+vectors_of_eigh, one), doctest::Contains("eigh: the value 1 stands twice"), LinAlgError);
  auto vectors_of_svd = [](const Tensor& t) { return square(std::get<0>(svd(t))); };
  CHECK_THROWS_WITH_AS(gradient(+vectors_of_svd, one), doctest::Contains("svd: the value 1 stands twice"), LinAlgError);
  CHECK_THROWS_WITH_AS(gradient(sqrtm, zeros({2, 2}, DType::float64)), doctest::Contains("sqrtm: a matrix of float64 [2, 2] has an eigenvalue 0"), LinAlgError);
  CHECK_THROWS_WITH_AS(gradient(+[](const Tensor& t) { return slogdet(t).second; }, zeros({2, 2}, DType::float64)), doctest::Contains("no derivative"), LinAlgError);
  CHECK_THROWS_WITH_AS(gradient(eigvals, matrix({1, 1, 0, 1}, 2)), doctest::Contains("defective"), LinAlgError);
}

TEST_CASE("errors of linear algebra name the call, the matrix of the batch and the way out") {
  Tensor batch = spd({2, 2, 3, 3});
  kernels::fill(select(select(batch, 0, 1), 0, 0), 0.0);
  CHECK_THROWS_WITH_AS(inv(batch), doctest::Contains("inv: matrix [1, 0] of the batch of shape [3, 3] is singular: pivot 1"), LinAlgError);
  CHECK_THROWS_WITH_AS(solve(batch, ones({3, 1}, DType::float64)), doctest::Contains("solve: matrix [1, 0]"), LinAlgError);
  CHECK_THROWS_WITH_AS(cholesky(batch), doctest::Contains("cholesky: matrix [1, 0] of the batch of shape [3, 3] is not positive definite: its leading minor of order 1"), LinAlgError);
  CHECK_THROWS_WITH_AS(cholesky(matrix({1, 2, 2, 1}, 2)), doctest::Contains("the matrix of shape [2, 2] is not positive definite: its leading minor of order 2"), LinAlgError);
  CHECK_THROWS_WITH_AS(logm(batch), doctest::Contains("logm: matrix [1, 0] of the batch is not positive definite"), LinAlgError);
  CHECK_THROWS_WITH_AS(sqrtm(matrix({1, 2, 2, 1}, 2)), doctest::Contains("sqrtm: the matrix is not positive semidefinite: it has the eigenvalue -"), LinAlgError);
  CHECK_THROWS_WITH_AS(solve_triangular(matrix({1, 2, 2, 0}, 2), ones({2}, DType::float64), false), doctest::Contains("element 1 of its diagonal is zero"), LinAlgError);
  for (double bad : {std::nan(""), double(INFINITY)}) {
    Tensor t = spd({3, 3});
    kernels::fill(select(select(t, 0, 1), 0, 2), bad);
    CHECK_THROWS_WITH_AS(svdvals(t), doctest::Contains("at row 1, column 2"), LinAlgError);
    CHECK_THROWS_WITH_AS(eigh(t), doctest::Contains("only finite numbers"), LinAlgError);
    CHECK_THROWS_AS(eigvals(t), LinAlgError);
    CHECK_THROWS_AS(pinv(t), LinAlgError);
    CHECK(std::isnan(sum(matrix_exp(t)).item()));
  }
  CHECK_THROWS_WITH_AS(inv(ones({2, 3})), doctest::Contains("inv: expected square matrices but the shape is [2, 3]"), ShapeError);
  CHECK_THROWS_WITH_AS(svd(ones({3})), doctest::Contains("svd: expected a matrix or a batch of matrices (*, m, n) but the shape is [3]"), ShapeError);
  CHECK_THROWS_AS(det(full({2, 2}, 1)), DTypeError);
  CHECK_THROWS_WITH_AS(solve(ones({2, 2}), ones({3, 1})), doctest::Contains("2 equations"), ShapeError);
  CHECK_THROWS_AS(matrix_norm(ones({2, 2}), 3), ValueError);
  CHECK_THROWS_AS(matrix_norm(zeros({0, 0}), -2), ValueError);
  CHECK_THROWS_AS(lanczos([](const Tensor& v) { return v; }, zeros({3}), 2), ValueError);
}

TEST_CASE("iterations: orthogonalization, the largest singular value, Lanczos") {
  Tensor a = random({2, 6, 4}), p = polar(a);
  CHECK(error_of(newton_schulz(a, 30, {1.5, -0.5, 0}), p) < 1e-10);
  Tensor s = svdvals(newton_schulz(a, 5));
  CHECK(amin(s).item() > 0.6);
  CHECK(amax(s).item() < 1.3);
  CHECK(error_of(power_iteration(a, ones({2, 6}, DType::float64), 200).sigma, select(svdvals(a), -1, 0)) < 1e-10);
  Tensor m = spd({9, 9});
  auto full = lanczos([&](const Tensor& v) { return matmul(m, v); }, random({9}), 20);
  CHECK(full.diagonal.numel() == 9);
  CHECK(error_of(full.spectrum().first, eigvalsh(m)) < 1e-12);
  CHECK(sum(full.spectrum().second).item() == doctest::Approx(1));
  CHECK(orthonormal(full.basis, 1e-13));
  // An invariant subspace is exhausted early.
  CHECK(lanczos([](const Tensor& v) { return v * 3.0; }, random({9}), 5).diagonal.numel() == 1);
}

TEST_CASE("linear algebra gives the same bits for any number of threads") {
  Tensor a = random({64, 12, 12}), p = spd({64, 12, 12});
  auto all = [&] {
    Tensors out{inv(a), std::get<0>(svd(a)), eigh(p).second, qr(a).first, cholesky(p), matrix_exp(a), logm(p), det(a), eigvals(a)};
    return out;
  };
  int before = num_threads();
  set_num_threads(1);
  Tensors one = all();
  set_num_threads(5);
  Tensors five = all();
  set_num_threads(before);
  for (size_t i = 0; i < one.size(); i++) CHECK(equal(one[i], five[i]));
}

TEST_CASE("a third derivative of eigenvalues of matrices without symmetry is a clear error, of spectral functions it exists") {
  Tensor x = matrix({2, 0.5, 0.1, 1}, 2).set_requires_grad();
  auto third = [&](const Tensor& y) {
    Tensor g1 = grad(sum(y), x, {.create_graph = true}), g2 = grad(sum(square(g1)), x, {.create_graph = true});
    return grad(sum(square(g2)), x);
  };
  CHECK_THROWS_WITH_AS(third(square(eigvals(x))), doctest::Contains("eigvals_backward"), GradError);
  // tr log X = log det X, so that all derivatives agree with those of the determinant.
  auto trace = [](const Tensor& m) { return sum(diagonal(m)); };
  CHECK(error_of(third(trace(logm(x))), third(logdet((x + transpose(x)) * 0.5))) < 1e-10);
}
