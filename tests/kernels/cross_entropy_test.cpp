#include "kernels/cross_entropy.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;
using kernels::CrossEntropyOptions;
using kernels::Reduction;

namespace {

// The definition: l_s = -sum_c w_c q_c log p_c with q the smoothed one-hot target, mean divided by the targets' weights.
Values cross_entropy_reference(const Values& x, const Shape& shape, const std::vector<int64_t>& label, const Values& w,
                               const CrossEntropyOptions& o) {
  int64_t classes = shape.size() == 1 ? shape[0] : shape[1], outer = shape.size() == 1 ? 1 : shape[0];
  int64_t inner = int64_t(x.size()) / (outer * classes);
  Values losses;
  double sum = 0, weights = 0;
  for (int64_t s = 0; s < outer * inner; s++) {
    auto at = [&](int64_t c) { return x[size_t((s / inner * classes + c) * inner + s % inner)]; };
    double top = -INFINITY, total = 0, loss = 0;
    for (int64_t c = 0; c < classes; c++) top = std::max(top, at(c));
    for (int64_t c = 0; c < classes; c++) total += std::exp(at(c) - top);
    int64_t t = label[size_t(s)];
    if (t != o.ignore_index) {
      for (int64_t c = 0; c < classes; c++) {
        double q = o.label_smoothing / double(classes) + (c == t ? 1 - o.label_smoothing : 0.0);
        loss -= (w.empty() ? 1 : w[size_t(c)]) * q * (at(c) - top - std::log(total));
      }
      weights += w.empty() ? 1 : w[size_t(t)];
    }
    losses.push_back(loss);
    sum += loss;
  }
  if (o.reduction == Reduction::none) return losses;
  return {o.reduction == Reduction::mean ? sum / weights : sum};
}

struct CrossEntropyCase {
  Shape logits, targets;
};

std::vector<int64_t> random_labels(int64_t n, int64_t classes, uint64_t seed) {
  Generator g(seed);
  std::vector<int64_t> label(static_cast<size_t>(n));
  for (auto& v : label) v = g.below(classes);
  return label;
}

}  // namespace

TEST_CASE("cross entropy and its gradient follow the definition for every shape, reduction, weight, smoothing and ignored label") {
  const CrossEntropyCase cases[] = {{{5}, {}}, {{4, 1}, {4}}, {{7, 9}, {7}}, {{2, 5, 3}, {2, 3}}, {{2, 3, 2, 5}, {2, 2, 5}}, {{3, 130}, {3}}};
  for (const auto& [shape, target_shape] : cases)
    for (Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum})
      for (double smoothing : {0.0, 0.1})
        for (bool weighted : {false, true})
          for (bool ignored : {false, true}) {
            int64_t classes = shape.size() == 1 ? shape[0] : shape[1];
            CrossEntropyOptions options{reduction, -100, smoothing};
            std::vector<int64_t> label = random_labels(target_shape.numel(), classes, 11);
            if (ignored && label.size() > 1) label[1] = -100;
            Tensor x = random_tensor(shape, DType::float64, 12), target = tensor_of(target_shape, label);
            Tensor w = weighted ? random_tensor({classes}, DType::float64, 13, 1.5) : Tensor();
            Values weights = weighted ? w.to_vector<double>() : Values{};
            auto reference = [&, shape = shape](const Values& v) { return cross_entropy_reference(v, shape, label, weights, options); };
            Values values = x.to_vector<double>(), want = reference(values);
            kernels::CrossEntropyResult r = kernels::cross_entropy(x, target, w, options);
            CHECK(r.loss.shape() == (reduction == Reduction::none ? target_shape : Shape{}));
            CHECK(relative_error(r.loss, want) < 1e-13);
            Tensor g = random_tensor(r.loss.shape(), DType::float64, 14);
            Values gradient = numeric_gradient(reference, values, g.to_vector<double>());
            CHECK(relative_error(kernels::cross_entropy_backward(g, x, target, w, r, options), gradient) < 1e-8);

            Tensor x32 = to_float(x), w32 = weighted ? to_float(w) : w;
            kernels::CrossEntropyResult r32 = kernels::cross_entropy(x32, target, w32, options);
            CHECK(relative_error(r32.loss, want) < 1e-6);
            CHECK(relative_error(kernels::cross_entropy_backward(to_float(g), x32, target, w32, r32, options), gradient) < 2e-6);
          }
}

TEST_CASE("cross entropy of equal logits is log C, and logits of 300 stay finite") {
  for (DType dtype : {DType::float32, DType::float64}) {
    Tensor x = tensor_of({2, 4}, {5, 5, 5, 5, -2, -2, -2, -2}, dtype), target = tensor_of({2}, {0, 3});
    CHECK(kernels::cross_entropy(x, target, {}, {}).loss.item() == doctest::Approx(std::log(4.0)));
    auto r = kernels::cross_entropy(tensor_of({2, 2}, {300, -300, 300, -300}, dtype), tensor_of({2}, {0, 1}), {}, {Reduction::none, -100, 0});
    CHECK(r.loss.to_vector<double>() == Values{0, 600});
  }
}

TEST_CASE("cross entropy ignores what it is told to ignore, also when that is a class") {
  Tensor x = random_tensor({3, 4}, DType::float64, 15), target = tensor_of({3}, {2, 1, 2});
  CrossEntropyOptions options{Reduction::mean, 2, 0};
  auto r = kernels::cross_entropy(x, target, {}, options);
  CHECK(r.loss.item() == doctest::Approx(cross_entropy_reference(x.to_vector<double>(), x.shape(), {2, 1, 2}, {}, options)[0]));
  Values dx = kernels::cross_entropy_backward(tensor_of({}, {1.0}, DType::float64), x, target, {}, r, options).to_vector<double>();
  for (size_t i : {0, 1, 2, 3, 8, 9, 10, 11}) CHECK(dx[i] == 0);
  // As in PyTorch, the mean of nothing is NaN.
  CHECK(std::isnan(kernels::cross_entropy(x, tensor_of({3}, {2, 2, 2}), {}, options).loss.item()));
}

TEST_CASE("cross entropy names what is wrong") {
  Tensor x = random_tensor({3, 4}, DType::float32, 16);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, tensor_of({3}, {0, 4, 1}), {}, {}),
                       "cross_entropy: the label 4 at position 1 is out of range for 4 classes; labels go from 0 to 3, or are ignore_index (-100)",
                           IndexError);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, tensor_of({3}, {0, -1, 1}), {}, {}), doctest::Contains("the label -1 at position 1"), IndexError);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, tensor_of({2}, {0, 1}), {}, {}), doctest::Contains("want targets of shape [3] but they are [2]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, tensor_of({3}, {0, 1, 1}), empty({3}), {}), doctest::Contains("one weight a class, [4]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, empty({3}), {}, {}), doctest::Contains("int64"), DTypeError);
  CHECK_THROWS_WITH_AS(kernels::cross_entropy(x, tensor_of({3}, {0, 1, 1}), {}, {Reduction::mean, -100, 1.5}), doctest::Contains("[-1, 1]"),
                       ValueError);
}

TEST_CASE("cross entropy gives the same bits with 1, 2 and 5 threads") {
  Tensor x = random_tensor({301, 77}, DType::float32, 17), target = tensor_of({301}, random_labels(301, 77, 18));
  CrossEntropyOptions options{Reduction::mean, -100, 0.1};
  CHECK(same_for_any_threads([&] { return kernels::cross_entropy(x, target, {}, options).loss; }));
  CHECK(same_for_any_threads([&] {
    return kernels::cross_entropy_backward(tensor_of({}, {1.0}, DType::float32), x, target, {}, kernels::cross_entropy(x, target, {}, options),
                                           options);
  }));
}
