#include "kernels/distinct_rows.h"

#include "tests/kernels/samples.h"

using namespace tare;
using namespace tare::samples;

namespace {

// (rows, size) whose row i is row pick(i) of a random table.
template <class F>
Tensor picked(int64_t rows, int64_t size, DType dtype, const Tensor& table, F pick) {
  Tensor x = empty({rows, size}, dtype);
  size_t bytes = size_t(size * item_size(dtype));
  for (int64_t i = 0; i < rows; i++)
    std::memcpy(static_cast<char*>(x.mutable_raw()) + size_t(i) * bytes, static_cast<const char*>(table.raw()) + size_t(pick(i)) * bytes, bytes);
  return x;
}

}  // namespace

TEST_CASE("distinct_rows: table and index give the matrix back, rows in the order in which they come") {
  for (DType dtype : {DType::float32, DType::float64})
    for (int64_t size : {1, 3, 7, 8, 9, 33, 128})
      for (int64_t different : {1, 2, 5, 50}) {
        INFO("size ", size, ", different rows ", different);
        Tensor all = random_tensor({different, size}, dtype, 71);
        Tensor x = picked(1000, size, dtype, all, [&](int64_t i) { return (i * i + i / 7) % different; });
        kernels::DistinctRows r = kernels::distinct_rows(x);
        REQUIRE(r.found());
        const int64_t* index = r.index.data<int64_t>();
        CHECK(same_bits(picked(1000, size, dtype, r.table, [&](int64_t i) { return index[i]; }), x));
        int64_t seen = 0;
        for (int64_t i = 0; i < 1000; i++) {
          REQUIRE(index[i] <= seen);
          seen += index[i] == seen;
        }
        CHECK(r.table.shape()[0] == seen);
        CHECK(seen <= different);
      }
}

TEST_CASE("distinct_rows: finds nothing where more than half of the rows differ") {
  Tensor all = random_tensor({51, 5}, DType::float32, 72);
  auto with = [&](int64_t different) {
    return kernels::distinct_rows(picked(100, 5, DType::float32, all, [&](int64_t i) { return i % different; }));
  };
  CHECK(with(50).found());
  CHECK(!with(51).found());
  CHECK(!kernels::distinct_rows(random_tensor({1, 5}, DType::float32, 73)).found());
}

// Rows that differ in one place alone, wherever it is: also in the last, which does not fill a word.
TEST_CASE("distinct_rows: one number makes a row another one; NaN equals itself, zeros differ by their sign") {
  for (int64_t size : {9, 16, 31}) {
    Tensor all = zeros_raw({size + 1, size}, DType::float32);
    for (int64_t i = 0; i < size; i++) all.mutable_data<float>()[i * size + i] = 1;
    kernels::DistinctRows r = kernels::distinct_rows(picked(4 * size, size, DType::float32, all, [&](int64_t i) { return i % (size + 1); }));
    REQUIRE(r.found());
    CHECK(r.table.shape()[0] == size + 1);
  }
  Tensor special = zeros_raw({3, 2}, DType::float32);
  special.mutable_data<float>()[0] = NAN;
  special.mutable_data<float>()[2] = -0.0f;
  kernels::DistinctRows r = kernels::distinct_rows(picked(6, 2, DType::float32, special, [](int64_t i) { return i % 3; }));
  REQUIRE(r.found());
  CHECK(r.table.shape()[0] == 3);
}
