#include "kernels/multi_tensor.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

TEST_CASE("global norm and largest value span tensors of both precisions and skip missing ones") {
  Tensors list{random_tensor({70001}, DType::float32, 1), {}, random_tensor({3, 5}, DType::float64, 2), empty({0}),
      random_tensor({}, DType::float32, 3)};
  double squares = 0, top = 0;
  for (const Tensor& t : list)
    if (t.defined())
      for (double v : t.to_vector<double>()) squares += v * v, top = std::max(top, std::abs(v));
  CHECK(kernels::global_norm(list) == doctest::Approx(std::sqrt(squares)).epsilon(1e-12));
  CHECK(kernels::global_max_abs(list) == top);
  CHECK(kernels::global_norm({}) == 0);
  list[2].mutable_data<double>()[7] = NAN;
  CHECK(std::isnan(kernels::global_max_abs(list)));
  CHECK(std::isnan(kernels::global_norm(list)));
  CHECK(kernels::global_norm(Tensors{tensor_of({2}, {3e30, 4e30}, DType::float32)}) == doctest::Approx(5e30));
}

TEST_CASE("scale, fill and axpy change every tensor of the list in place") {
  Tensors x{random_tensor({40000}, DType::float32, 4), {}, random_tensor({3, 5}, DType::float64, 5)};
  Tensors y{random_tensor({40000}, DType::float32, 6), random_tensor({2}, DType::float32, 7), random_tensor({3, 5}, DType::float64, 8)};
  std::vector<Values> before;
  for (const Tensor& t : y) before.push_back(t.to_vector<double>());
  kernels::axpy(0.5, x, y);
  kernels::axpby(2, x, -1, y);
  for (size_t i : {size_t(0), size_t(2)}) {
    Values add = x[i].to_vector<double>();
    for (size_t j = 0; j < add.size(); j++) before[i][j] = -(before[i][j] + 0.5 * add[j]) + 2 * add[j];
    CHECK(relative_error(y[i], before[i]) < 1e-6);
  }
  CHECK(y[1].to_vector<double>() == before[1]);
  kernels::scale_in_place(y, 3);
  for (double& v : before[2]) v *= 3;
  CHECK(relative_error(y[2], before[2]) < 1e-14);
  kernels::fill_zero(y);
  CHECK(kernels::global_max_abs(y) == 0);
}

TEST_CASE("global norm gives the same bits with 1, 2 and 5 threads") {
  Tensors list{random_tensor({300007}, DType::float32, 9), random_tensor({1111}, DType::float32, 10)};
  CHECK(same_for_any_threads([&] { return tensor_of({}, {kernels::global_norm(list)}, DType::float64); }));
}

TEST_CASE("multi-tensor loops name what is wrong") {
  CHECK_THROWS_WITH_AS(kernels::global_norm(Tensors{empty({2}, DType::int64)}), doctest::Contains("tensor 0 is int64"), DTypeError);
  CHECK_THROWS_WITH_AS(kernels::axpy(1, Tensors{empty({2})}, Tensors{empty({3})}), doctest::Contains("[2] and [3]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::fill_zero(Tensors{transposed(empty({2, 3}), 0, 1)}), doctest::Contains("not contiguous"), ShapeError);
}
