#include "kernels/softmax.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

namespace {

Values softmax_reference(const Values& x, const Shape& shape, int axis, bool logarithm) {
  int64_t n = shape[axis], inner = shape.slice(axis + 1).numel(), outer = shape.slice(0, axis).numel();
  Values y(x.size());
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < inner; i++) {
      auto at = [&](int64_t k) { return size_t((o * n + k) * inner + i); };
      double top = -INFINITY, total = 0;
      for (int64_t k = 0; k < n; k++) top = std::max(top, x[at(k)]);
      for (int64_t k = 0; k < n; k++) total += std::exp(x[at(k)] - top);
      for (int64_t k = 0; k < n; k++) y[at(k)] = logarithm ? x[at(k)] - top - std::log(total) : std::exp(x[at(k)] - top) / total;
    }
  return y;
}

struct SoftmaxCase {
  Shape shape;
  int axis;
};
const SoftmaxCase softmax_cases[] = {{{1}, 0},        {{7}, 0},         {{5, 1}, 1},      {{5, 33}, 1},    {{33, 5}, 0},
                                     {{3, 17, 9}, 1}, {{2, 3, 4, 5}, 2}, {{3, 1000}, 1},   {{2, 70, 40}, 1}, {{1, 4099}, 1}};

}  // namespace

TEST_CASE("softmax and log_softmax agree with a double reference along any axis") {
  for (const auto& [shape, axis] : softmax_cases)
    for (DType dtype : {DType::float32, DType::float64})
      for (double spread : {1.0, 30.0}) {
        Tensor base = random_tensor(shape, DType::float64, 3);
        Values values = base.to_vector<double>();
        for (double& v : values) v *= spread;
        Tensor x = tensor_of(shape, values, dtype);
        values = x.to_vector<double>();
        double tolerance = dtype == DType::float32 ? 1e-6 : 1e-14;
        CAPTURE(shape[0]);
        CHECK(relative_error(kernels::softmax(x, axis), softmax_reference(values, shape, axis, false)) < tolerance);
        CHECK(relative_error(kernels::log_softmax(x, axis), softmax_reference(values, shape, axis, true)) < tolerance);
      }
}

TEST_CASE("softmax gradients agree with finite differences") {
  for (const auto& [shape, axis] : {SoftmaxCase{{3, 7}, 1}, SoftmaxCase{{7, 3}, 0}, SoftmaxCase{{2, 5, 3}, 1}, SoftmaxCase{{2, 1}, 1}}) {
    Tensor x = random_tensor(shape, DType::float64, 4), g = random_tensor(shape, DType::float64, 5);
    for (bool logarithm : {false, true}) {
      auto forward = [&, axis = axis, shape = shape](const Values& v) { return softmax_reference(v, shape, axis, logarithm); };
      Values want = numeric_gradient(forward, x.to_vector<double>(), g.to_vector<double>());
      Tensor y = logarithm ? kernels::log_softmax(x, axis) : kernels::softmax(x, axis);
      auto backward = logarithm ? kernels::log_softmax_backward : kernels::softmax_backward;
      CHECK(relative_error(backward(g, y, axis), want) < 1e-8);
      CHECK(relative_error(backward(to_float(g), to_float(y), axis), want) < 1e-6);
    }
  }
}

TEST_CASE("softmax backward in float32 agrees with float64 for every shape") {
  for (const auto& [shape, axis] : softmax_cases) {
    Tensor x = random_tensor(shape, DType::float64, 6), g = random_tensor(shape, DType::float64, 7);
    Tensor y = kernels::softmax(x, axis), l = kernels::log_softmax(x, axis);
    CHECK(relative_error(kernels::softmax_backward(to_float(g), to_float(y), axis),
                         kernels::softmax_backward(g, y, axis).to_vector<double>()) < 2e-6);
    CHECK(relative_error(kernels::log_softmax_backward(to_float(g), to_float(l), axis),
                         kernels::log_softmax_backward(g, l, axis).to_vector<double>()) <
          2e-5);
  }
}

TEST_CASE("softmax keeps extremes: 300 does not overflow, -inf gets nothing, all -inf and NaN give NaN") {
  double inf = INFINITY;
  for (DType dtype : {DType::float32, DType::float64}) {
    Values y = kernels::softmax(tensor_of({2, 3}, {300, -300, 300, -inf, 0, 0}, dtype), 1).to_vector<double>();
    for (size_t i = 0; i < 6; i++) CHECK(std::abs(y[i] - Values{0.5, 0, 0.5, 0, 0.5, 0.5}[i]) < 1e-30);
    Values l = kernels::log_softmax(tensor_of({1, 2}, {-300, 300}, dtype), 1).to_vector<double>();
    CHECK(l == Values{-600, 0});
    for (double v : kernels::softmax(tensor_of({1, 2}, {-inf, -inf}, dtype), 1).to_vector<double>()) CHECK(std::isnan(v));
    for (double v : kernels::softmax(tensor_of({1, 3}, {1, NAN, 2}, dtype), 1).to_vector<double>()) CHECK(std::isnan(v));
    // The same along an axis that is not the last.
    Values columns = kernels::softmax(tensor_of({2, 3}, {300, NAN, -inf, -300, 1, 0}, dtype), 0).to_vector<double>();
    CHECK(columns[0] == 1);
    CHECK(std::isnan(columns[1]));
    CHECK(std::isnan(columns[4]));
    CHECK(columns[2] == 0);
    CHECK(columns[5] == 1);
  }
}

TEST_CASE("softmax takes views, empty tensors and negative axes") {
  Tensor x = random_tensor({9, 20}, DType::float32, 8), view = transposed(x, 0, 1);
  CHECK(relative_error(kernels::softmax(view, -1), softmax_reference(view.to_vector<double>(), view.shape(), 1, false)) < 1e-6);
  CHECK(kernels::softmax(empty({0, 5}), 1).shape() == Shape{0, 5});
  CHECK(kernels::softmax(empty({5, 0}), 1).shape() == Shape{5, 0});
  CHECK_THROWS_WITH_AS(kernels::softmax(x, 2), doctest::Contains("softmax"), IndexError);
  CHECK_THROWS_WITH_AS(kernels::softmax(empty({3}, DType::int64), 0), doctest::Contains("expected float32 or float64"), DTypeError);
}

TEST_CASE("softmax gives the same bits with 1, 2 and 5 threads") {
  Tensor x = random_tensor({70, 37, 50}, DType::float32, 9), g = random_tensor(x.shape(), DType::float32, 10);
  for (int axis : {0, 1, 2}) {
    CHECK(same_for_any_threads([&] { return kernels::softmax(x, axis); }));
    CHECK(same_for_any_threads([&] { return kernels::log_softmax_backward(g, kernels::log_softmax(x, axis), axis); }));
  }
}
