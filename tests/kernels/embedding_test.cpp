#include "kernels/embedding.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

namespace {

std::vector<int64_t> random_rows(int64_t n, int64_t rows, uint64_t seed) {
  Generator g(seed);
  std::vector<int64_t> index(static_cast<size_t>(n));
  for (auto& v : index) v = g.below(rows);
  return index;
}

}  // namespace

TEST_CASE("embedding gathers rows, for indices of any shape and views") {
  Tensor w = random_tensor({5, 3}, DType::float32, 1);
  Tensor y = kernels::embedding(w, tensor_of({2, 2}, {4, 0, 0, 3}));
  CHECK(y.shape() == Shape{2, 2, 3});
  Values all = w.to_vector<double>(), got = y.to_vector<double>();
  for (size_t j = 0; j < 3; j++) {
    CHECK(got[j] == all[4 * 3 + j]);
    CHECK(got[3 + j] == all[j]);
    CHECK(got[9 + j] == all[3 * 3 + j]);
  }
  CHECK(same_bits(kernels::embedding(w, transposed(tensor_of({2, 2}, {4, 0, 0, 3}), 0, 1)), kernels::embedding(w, tensor_of({2, 2}, {4, 0, 0, 3}))));
  CHECK(kernels::embedding(w, tensor_of({}, {2})).shape() == Shape{3});
  CHECK(kernels::embedding(w, empty({0}, DType::int64)).shape() == Shape{0, 3});
}

TEST_CASE("embedding gradient adds the rows of equal index") {
  for (DType dtype : {DType::float32, DType::float64}) {
    std::vector<int64_t> index = random_rows(200, 7, 2);
    Tensor g = random_tensor({200, 33}, dtype, 3);
    Values values = g.to_vector<double>(), want(7 * 33, 0.0), count(7, 0.0);
    for (size_t i = 0; i < 200; i++) {
      count[size_t(index[i])]++;
      for (size_t j = 0; j < 33; j++) want[size_t(index[i]) * 33 + j] += values[i * 33 + j];
    }
    double tolerance = dtype == DType::float32 ? 2e-6 : 1e-14;
    CHECK(relative_error(kernels::embedding_backward(g, tensor_of({200}, index), 7), want) < tolerance);
    Values padded = want, scaled = want;
    for (size_t j = 0; j < 33; j++) padded[4 * 33 + j] = 0;
    CHECK(relative_error(kernels::embedding_backward(g, tensor_of({200}, index), 7, 4), padded) < tolerance);
    for (size_t j = 0; j < scaled.size(); j++) scaled[j] /= count[j / 33];
    CHECK(relative_error(kernels::embedding_backward(g, tensor_of({200}, index), 7, -1, true), scaled) < tolerance);
  }
}

TEST_CASE("embedding gradient gives the same bits with 1, 2 and 5 threads, few rows or many") {
  Tensor g = random_tensor({5000, 19}, DType::float32, 4);
  for (int64_t rows : {1, 3, 4000}) {
    Tensor index = tensor_of({5000}, random_rows(5000, rows, 5));
    CHECK(same_for_any_threads([&] { return kernels::embedding_backward(g, index, rows); }));
  }
}

TEST_CASE("embedding names an index out of range") {
  Tensor w = random_tensor({5, 3}, DType::float32, 6);
  CHECK_THROWS_WITH_AS(kernels::embedding(w, tensor_of({2}, {4, 5})),
                       "embedding: the index 5 at position 1 is out of range for a table of 5 rows; indices go from 0 to 4", IndexError);
  CHECK_THROWS_WITH_AS(kernels::embedding(w, tensor_of({1}, {-1})), doctest::Contains("the index -1"), IndexError);
  CHECK_THROWS_WITH_AS(kernels::embedding(w, empty({2})), doctest::Contains("int64 indices"), DTypeError);
  CHECK_THROWS_WITH_AS(kernels::embedding_backward(empty({2, 3}), tensor_of({3}, {0, 1, 2}), 5), doctest::Contains("[2, 3]"), ShapeError);
}
