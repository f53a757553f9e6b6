#include "kernels/gemm.h"

#include "tests/kernels/samples.h"

using namespace tare;
using namespace tare::samples;

namespace {

std::vector<double> naive_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const std::vector<double>& a, int64_t lda,
                               const std::vector<double>& b, int64_t ldb, double beta, std::vector<double> c, int64_t ldc) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      double sum = 0;
      for (int64_t l = 0; l < k; l++) sum += a[size_t(ta ? l * lda + i : i * lda + l)] * b[size_t(tb ? j * ldb + l : l * ldb + j)];
      c[size_t(i * ldc + j)] = alpha * sum + (beta == 0 ? 0 : beta * c[size_t(i * ldc + j)]);
    }
  return c;
}

template <class T>
void check_gemm(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, double beta, int64_t slack, double tolerance) {
  int64_t lda = (ta ? m : k) + slack, ldb = (tb ? k : n) + slack, ldc = n + slack;
  Tensor a = random_tensor({ta ? k : m, lda}, dtype_of<T>::value, 1), b = random_tensor({tb ? n : k, ldb}, dtype_of<T>::value, 2),
         c = random_tensor({m, ldc}, dtype_of<T>::value, 3);
  std::vector<double> want =
      naive_gemm(ta, tb, m, n, k, alpha, a.to_vector<double>(), lda, b.to_vector<double>(), ldb, beta, c.to_vector<double>(), ldc);
  kernels::gemm<T>(ta, tb, m, n, k, T(alpha), a.data<T>(), lda, b.data<T>(), ldb, T(beta), c.mutable_data<T>(), ldc);
  INFO(ta, " ", tb, " m ", m, " n ", n, " k ", k, " alpha ", alpha, " beta ", beta, " slack ", slack);
  CHECK(relative_error(c, want) < tolerance);
}

// matmul by its definition: out[batch, i, j] = sum over l of a[batch, i, l] b[batch, l, j], for operands of two or more axes.
std::vector<double> naive_matmul(const Tensor& a, const Tensor& b) {
  std::vector<double> va = a.to_vector<double>(), vb = b.to_vector<double>(), out;
  int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  Shape lead_a = a.shape().slice(0, a.dim() - 2), lead_b = b.shape().slice(0, b.dim() - 2), batch = broadcast_shapes("naive", lead_a, lead_b);
  Shape index(batch.size(), 0);
  if (batch.numel() == 0) return out;
  auto position = [&](const Shape& lead) {
    int64_t at = 0;
    for (int i = 0; i < lead.size(); i++) at = at * lead[i] + (lead[i] == 1 ? 0 : index[batch.size() - lead.size() + i]);
    return at;
  };
  do {
    int64_t pa = position(lead_a) * m * k, pb = position(lead_b) * k * n;
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t l = 0; l < k; l++) sum += va[size_t(pa + i * k + l)] * vb[size_t(pb + l * n + j)];
        out.push_back(sum);
      }
  } while (next_index(index, batch));
  return out;
}

}  // namespace

TEST_CASE("gemm: agrees with the definition for every transposition, odd sizes, row gaps, alpha and beta") {
  const int64_t sizes[][3] = {{1, 1, 1},    {1, 7, 5},   {4, 3, 300},   {5, 1, 9},    {17, 33, 65}, {64, 10, 130}, {3, 700, 40},
                              {130, 70, 90}, {96, 96, 96}, {1, 300, 400}, {400, 1, 300}, {10, 64, 900}, {50, 2, 333}, {2, 50, 1025}, {64, 1100, 30}};
  for (auto [m, n, k] : sizes)
    for (bool ta : {false, true})
      for (bool tb : {false, true})
        for (auto [alpha, beta] : {std::pair{1.0, 0.0}, {1.0, 1.0}, {-0.5, 0.0}, {-0.5, 2.0}})
          for (int64_t slack : {0, 3}) {
            check_gemm<float>(ta, tb, m, n, k, alpha, beta, slack, 2e-5);
            check_gemm<double>(ta, tb, m, n, k, alpha, beta, slack, 1e-13);
          }
}

TEST_CASE("gemm: strips of more than 256 rows, also packed because rows lie pages apart") {
  for (bool ta : {false, true})
    for (auto [alpha, beta] : {std::pair{1.0, 0.0}, {-0.5, 2.0}}) {
      check_gemm<float>(ta, false, 2048, 70, 40, alpha, beta, 0, 2e-5);
      check_gemm<float>(ta, true, 2110, 70, 40, alpha, beta, 3, 2e-5);
    }
}

// Such columns are packed, one chunk of k after the other: sums go on from chunk to chunk, biases are added once, and only the whole is cut at zero.
TEST_CASE("gemm: a transposed operand whose columns lie pages apart") {
  for (double beta : {0.0, 1.0}) check_gemm<float>(true, false, 1024, 66, 700, 1, beta, 0, 2e-5);
  check_gemm<double>(true, true, 512, 66, 700, 1, 0, 0, 1e-13);
  // The last tile of rows is not whole.
  for (int64_t m : {1021, 1019, 301}) {
    check_gemm<float>(true, false, m, 66, 330, -0.5, 2, 1024 - m, 2e-5);
    check_gemm<double>(true, false, m, 66, 330, 1, 0, 1024 - m, 1e-13);
  }
  int64_t m = 1024, n = 66, k = 700;
  Tensor a = random_tensor({k, m}, DType::float32, 1), b = random_tensor({k, n}, DType::float32, 2), row = random_tensor({m}, DType::float32, 3),
         column = random_tensor({n}, DType::float32, 4), c = empty({m, n});
  kernels::gemm<float>(true, false, m, n, k, a.data<float>(), m, b.data<float>(), n, c.mutable_data<float>(), n,
                       {row.data<float>(), column.data<float>(), kernels::Activation::relu});
  std::vector<double> want = naive_gemm(true, false, m, n, k, 1, a.to_vector<double>(), m, b.to_vector<double>(), n, 0, std::vector<double>(size_t(m * n)), n);
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) want[size_t(i * n + j)] = std::max(0.0, want[size_t(i * n + j)] + row.data<float>()[i] + column.data<float>()[j]);
  CHECK(relative_error(c, want) < 2e-5);
}

TEST_CASE("gemm: beta = 0 overwrites NaN, and k = 0 leaves beta C") {
  float a = 2, b = 3, c[2] = {NAN, NAN};
  kernels::gemm<float>(false, false, 1, 1, 1, 1.0f, &a, 1, &b, 1, 0.0f, c, 1);
  CHECK(c[0] == 6);
  CHECK(std::isnan(c[1]));
  float d[4] = {1, 2, 3, 4};
  kernels::gemm<float>(false, false, 2, 2, 0, 1.0f, &a, 1, &b, 2, 2.0f, d, 2);
  CHECK(d[3] == 8);
  kernels::gemm<float>(false, false, 2, 2, 0, 1.0f, &a, 1, &b, 2, 0.0f, d, 2);
  CHECK(d[3] == 0);
}

TEST_CASE("gemm: the epilogue adds biases of rows and columns and cuts at zero") {
  for (int64_t m : {3, 70, 300}) {
    int64_t n = 90, k = 80;
    Tensor a = random_tensor({m, k}, DType::float32, 1), b = random_tensor({k, n}, DType::float32, 2), row = random_tensor({m}, DType::float32, 3),
           column = random_tensor({n}, DType::float32, 4), c = empty({m, n});
    std::vector<double> product = naive_gemm(false, false, m, n, k, 1, a.to_vector<double>(), k, b.to_vector<double>(), n, 0,
                                             std::vector<double>(size_t(m * n)), n);
    for (bool use_row : {false, true})
      for (bool use_column : {false, true})
        for (auto act : {kernels::Activation::none, kernels::Activation::relu}) {
          kernels::gemm<float>(false, false, m, n, k, a.data<float>(), k, b.data<float>(), n, c.mutable_data<float>(), n,
                               {use_row ? row.data<float>() : nullptr, use_column ? column.data<float>() : nullptr, act});
          std::vector<double> want = product;
          for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
              double& v = want[size_t(i * n + j)];
              v += (use_row ? row.data<float>()[i] : 0) + (use_column ? column.data<float>()[j] : 0);
              if (act == kernels::Activation::relu) v = std::max(v, 0.0);
            }
          CHECK(relative_error(c, want) < 1e-5);
        }
  }
}

TEST_CASE("gemm: the same bits for any number of threads") {
  for (auto [m, n, k] : {std::array<int64_t, 3>{300, 290, 310}, {10, 3000, 70}, {1, 4000, 500}, {64, 10, 3136}, {500, 8, 500}, {2110, 70, 40}}) {
    Tensor a = random_tensor({m, k}, DType::float32, 1), b = random_tensor({k, n}, DType::float32, 2);
    CHECK(same_for_any_threads([&] { return kernels::matmul(a, b); }));
  }
}

TEST_CASE("matmul: batches broadcast, and views of any strides are read as they lie") {
  auto check_pair = [](const Tensor& a, const Tensor& b) {
    Tensor y = kernels::matmul(a, b);
    INFO(text(a.shape(), " by ", b.shape(), " ", a.dtype()));
    CHECK(y.is_contiguous());
    CHECK(y.shape() == kernels::matmul_shape("matmul", a.shape(), b.shape()));
    CHECK(relative_error(y, naive_matmul(a, b)) < (a.dtype() == DType::float32 ? 1e-5 : 1e-14));
  };
  for (DType t : {DType::float32, DType::float64, DType::int64}) {
    auto make = [&](const Shape& s, uint64_t seed) { return random_tensor(s, t, seed); };
    check_pair(make({5, 7}, 1), make({7, 3}, 2));
    check_pair(transposed(make({7, 5}, 1), 0, 1), transposed(make({3, 7}, 2), 0, 1));
    check_pair(make({4, 5, 7}, 1), make({7, 3}, 2));
    check_pair(transposed(make({4, 7, 5}, 1), 1, 2), make({7, 3}, 2));
    check_pair(make({5, 7}, 1), make({4, 7, 3}, 2));
    check_pair(make({2, 1, 5, 7}, 1), make({3, 7, 4}, 2));
    check_pair(transposed(make({2, 5, 3, 7}, 1), 1, 2), transposed(transposed(make({2, 6, 3, 7}, 2), 1, 2), 2, 3));
    check_pair(every(make({5, 14}, 1), 1, 2), every(make({14, 3}, 2), 0, 2));
    check_pair(every(make({10, 7}, 1), 0, 2), make({7, 1}, 2));
    check_pair(make({1, 7}, 1), every(make({7, 6}, 2), 1, 3));
    check_pair(make({6, 70, 90}, 1), make({6, 90, 110}, 2));
    check_pair(make({0, 5, 7}, 1), make({7, 3}, 2));
    check_pair(make({2, 5, 0}, 1), make({0, 3}, 2));
    check_pair(make({2, 0, 4}, 1), make({4, 3}, 2));
  }
  Tensor row = random_tensor({1, 7}, DType::float64, 1), wide = view_of(row, {4, 7}, {0, 1}, 0);
  check_pair(wide, random_tensor({7, 3}, DType::float64, 2));
  check_pair(transposed(view_of(row, {4, 7}, {0, 1}, 0), 0, 1), random_tensor({4, 3}, DType::float64, 2));
}

TEST_CASE("matmul: one-dimensional operands are a row on the left and a column on the right") {
  Tensor v = random_tensor({7}, DType::float64, 1), w = every(random_tensor({14}, DType::float64, 2), 0, 2), m = random_tensor({3, 7, 5}, DType::float64, 3);
  Tensor dot = kernels::matmul(v, w);
  CHECK(dot.shape() == Shape{});
  double want = 0;
  for (int i = 0; i < 7; i++) want += v.data<double>()[i] * w.data<double>()[2 * i];
  CHECK(dot.item() == doctest::Approx(want).epsilon(1e-14));
  Tensor left = kernels::matmul(v, m), right = kernels::matmul(transposed(m, 1, 2), v);
  CHECK(left.shape() == Shape{3, 5});
  CHECK(right.shape() == Shape{3, 5});
  CHECK(relative_error(left, right.to_vector<double>()) < 1e-14);
  CHECK(relative_error(left, naive_matmul(view_of(v, {1, 7}, {7, 1}, 0), m)) < 1e-14);
}

TEST_CASE("matmul: errors name both shapes") {
  Tensor a = random_tensor({2, 3}, DType::float32, 1);
  CHECK_THROWS_WITH_AS(kernels::matmul(a, a),
                       "matmul: expected the last axis of the first operand to be as long as the second to last axis of the second but the shapes are "
                       "[2, 3] and [2, 3]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::matmul(a, random_tensor({}, DType::float32, 1)),
                       "matmul: expected operands with at least one axis but got [2, 3] and []; multiply by a number with *", ShapeError);
  CHECK_THROWS_AS(kernels::matmul(random_tensor({2, 4, 3}, DType::float32, 1), random_tensor({3, 3, 3}, DType::float32, 1)), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::matmul(a, random_tensor({3, 2}, DType::float64, 1)),
                       "matmul: expected two operands of one type, float32, float64 or int64, but they are float32 and float64", DTypeError);
}

TEST_CASE("linear: x w^T + b with an optional activation, for inputs of any rank and strides") {
  for (DType t : {DType::float32, DType::float64}) {
    Tensor w = random_tensor({6, 9}, t, 1), b = random_tensor({6}, t, 2);
    for (const Tensor& x : {random_tensor({9}, t, 3), random_tensor({4, 9}, t, 3), transposed(random_tensor({9, 4}, t, 3), 0, 1),
                            random_tensor({2, 3, 9}, t, 3), transposed(random_tensor({2, 9, 3}, t, 3), 1, 2), random_tensor({0, 9}, t, 3),
                            random_tensor({200, 9}, t, 3)}) {
      Shape shape = x.shape();
      shape.back() = 6;
      std::vector<double> xs = x.to_vector<double>(), ws = w.to_vector<double>(), bs = b.to_vector<double>(), plain, relu;
      for (size_t i = 0; i < xs.size() / 9; i++)
        for (size_t o = 0; o < 6; o++) {
          double sum = 0;
          for (size_t k = 0; k < 9; k++) sum += xs[i * 9 + k] * ws[o * 9 + k];
          plain.push_back(sum);
          relu.push_back(std::max(0.0, sum + bs[o]));
        }
      Tensor y = kernels::linear(x, w, {}), z = kernels::linear(x, w, b, kernels::Activation::relu);
      CHECK(y.shape() == shape);
      CHECK(relative_error(y, plain) < (t == DType::float32 ? 1e-6 : 1e-15));
      CHECK(relative_error(z, relu) < (t == DType::float32 ? 1e-6 : 1e-15));
    }
  }
  Tensor none = kernels::linear(random_tensor({3, 0}, DType::float32, 1), random_tensor({2, 0}, DType::float32, 1), random_tensor({2}, DType::float32, 5));
  CHECK(none.to_vector<float>()[5] == random_tensor({2}, DType::float32, 5).to_vector<float>()[1]);
  CHECK_THROWS_WITH_AS(kernels::linear(random_tensor({3, 4}, DType::float32, 1), random_tensor({2, 5}, DType::float32, 1), {}),
                       "linear: expected an input (*, in) and weights (out, in) but the shapes are [3, 4] and [2, 5]", ShapeError);
}
