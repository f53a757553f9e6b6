#include "kernels/norm.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;
using kernels::NormGrads;
using kernels::NormResult;

namespace {

// Every normalization here is: split the elements into cells, normalise each with its own mean and variance, scale and
// shift each element by its feature's weight and bias. `cell` and `feature` say which an element belongs to.
struct NormReference {
  std::function<int64_t(int64_t)> cell, feature;
  int64_t cells;
  double eps;
  bool centred = true;
  bool relu = false;

  void statistics(const Values& x, Values& mean, Values& variance) const {
    Values count(size_t(cells), 0.0);
    mean.assign(size_t(cells), 0.0);
    variance.assign(size_t(cells), 0.0);
    for (size_t i = 0; i < x.size(); i++) {
      count[size_t(cell(int64_t(i)))]++;
      if (centred) mean[size_t(cell(int64_t(i)))] += x[i];
    }
    for (size_t c = 0; c < mean.size(); c++) mean[c] /= count[c];
    for (size_t i = 0; i < x.size(); i++) {
      size_t c = size_t(cell(int64_t(i)));
      variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]);
    }
    for (size_t c = 0; c < mean.size(); c++) variance[c] /= count[c];
  }
  Values operator()(const Values& x, const Values& w, const Values& b) const {
    Values mean, variance, y(x.size());
    statistics(x, mean, variance);
    for (size_t i = 0; i < x.size(); i++) {
      size_t c = size_t(cell(int64_t(i))), f = size_t(feature(int64_t(i)));
      double v = (x[i] - mean[c]) / std::sqrt(variance[c] + eps) * (w.empty() ? 1 : w[f]) + (b.empty() ? 0 : b[f]);
      y[i] = relu && v < 0 ? 0 : v;
    }
    return y;
  }
};

struct NormKernel {
  std::function<NormResult(const Tensor& x, const Tensor& w, const Tensor& b)> forward;
  std::function<NormGrads(const Tensor& g, const Tensor& x, const NormResult& saved, const Tensor& w, const Tensor& b)> backward;
};

// Forward and all gradients against the reference, in both precisions, with and without weight and bias.
void check_norm(const NormReference& reference, const NormKernel& kernel, const Shape& shape, const Shape& features, bool has_bias, double mean) {
  for (bool affine : {false, true}) {
    Tensor x = random_tensor(shape, DType::float64, 21, mean), g = random_tensor(shape, DType::float64, 22);
    Tensor w = affine ? random_tensor(features, DType::float64, 23, 1.5) : Tensor();
    Tensor b = affine && has_bias ? random_tensor(features, DType::float64, 24, 0.3) : Tensor();
    if (mean != 0) x = to_float(x), x = tensor_of(shape, x.to_vector<double>(), DType::float64);  // the same numbers in both precisions
    Values xv = x.to_vector<double>(), gv = g.to_vector<double>(), wv, bv;
    if (affine) wv = w.to_vector<double>();
    if (b.defined()) bv = b.to_vector<double>();
    Values want = reference(xv, wv, bv);
    NormResult r = kernel.forward(x, w, b);
    CHECK(relative_error(r.y, want) < 1e-10);
    Tensor x32 = to_float(x), g32 = to_float(g), w32 = affine ? to_float(w) : w, b32 = b.defined() ? to_float(b) : b;
    NormResult r32 = kernel.forward(x32, w32, b32);
    // Rounding the mean to float32 shifts x - mean by up to |mean| 2^-24.
    double precision = mean == 0 ? 3e-6 : 4e-3;
    CHECK(relative_error(r32.y, want) < precision);
    if (mean != 0 || reference.relu) precision = std::max(precision, 1e-5);

    NormGrads d = kernel.backward(g, x, r, w, b), d32 = kernel.backward(g32, x32, r32, w32, b32);
    if (x.numel() < 400) {
      Values dx = numeric_gradient([&](const Values& v) { return reference(v, wv, bv); }, xv, gv);
      CHECK(relative_error(d.dx, dx) < (mean == 0 ? 1e-6 : 1e-5));
      Values ones(size_t(features.numel()), 1.0);
      Values dw = numeric_gradient([&](const Values& v) { return reference(xv, v, bv); }, affine ? wv : ones, gv);
      CHECK(relative_error(d.dw, dw) < 1e-6);
      if (has_bias) {
        Values zeros(size_t(features.numel()), 0.0);
        Values db = numeric_gradient([&](const Values& v) { return reference(xv, wv, v); }, b.defined() ? bv : zeros, gv);
        CHECK(relative_error(d.db, db) < 1e-6);
      }
    }
    CHECK(d.dw.shape() == features);
    CHECK(relative_error(d32.dx, d.dx.to_vector<double>()) < precision);
    CHECK(relative_error(d32.dw, d.dw.to_vector<double>()) < precision);
    if (has_bias) CHECK(relative_error(d32.db, d.db.to_vector<double>()) < precision);
  }
}

NormKernel layer_kernel(int axes, double eps) {
  return {[=](const Tensor& x, const Tensor& w, const Tensor& b) { return kernels::layer_norm(x, axes, w, b, eps); },
          [=](const Tensor& g, const Tensor& x, const NormResult& s, const Tensor& w, const Tensor&) {
            return kernels::layer_norm_backward(g, x, s, axes, w);
          }};
}
NormKernel rms_kernel(int axes, double eps) {
  return {[=](const Tensor& x, const Tensor& w, const Tensor&) { return kernels::rms_norm(x, axes, w, eps); },
          [=](const Tensor& g, const Tensor& x, const NormResult& s, const Tensor& w, const Tensor&) {
            return kernels::rms_norm_backward(g, x, s, axes, w);
          }};
}
NormKernel batch_kernel(double eps, bool relu) {
  return {[=](const Tensor& x, const Tensor& w, const Tensor& b) { return kernels::batch_norm(x, w, b, eps, relu); },
          [=](const Tensor& g, const Tensor& x, const NormResult& s, const Tensor& w, const Tensor& b) {
            return kernels::batch_norm_backward(g, x, s, w, b, {}, relu);
          }};
}
NormKernel group_kernel(int64_t groups, double eps) {
  return {[=](const Tensor& x, const Tensor& w, const Tensor& b) { return kernels::group_norm(x, groups, w, b, eps); },
          [=](const Tensor& g, const Tensor& x, const NormResult& s, const Tensor& w, const Tensor&) {
            return kernels::group_norm_backward(g, x, s, groups, w);
          }};
}

NormReference row_reference(const Shape& shape, int axes, double eps, bool centred) {
  int64_t n = shape.slice(shape.size() - axes).numel();
  return {[n](int64_t i) { return i / n; }, [n](int64_t i) { return i % n; }, shape.numel() / n, eps, centred};
}
NormReference channel_reference(const Shape& shape, double eps, bool relu) {
  int64_t channels = shape[1], inner = shape.slice(2).numel();
  auto channel = [=](int64_t i) { return i / inner % channels; };
  return {channel, channel, channels, eps, true, relu};
}
NormReference group_reference(const Shape& shape, int64_t groups, double eps) {
  int64_t channels = shape[1], inner = shape.slice(2).numel(), count = channels / groups * inner;
  return {[=](int64_t i) { return i / count; }, [=](int64_t i) { return i / inner % channels; }, shape[0] * groups, eps};
}

}  // namespace

TEST_CASE("layer norm and RMS norm agree with the definition and finite differences, for odd sizes") {
  struct Case {
    Shape shape;
    int axes;
  };
  for (const auto& [shape, axes] : {Case{{3, 5}, 1}, Case{{1, 1}, 1}, Case{{7}, 1}, Case{{2, 3, 5}, 2}, Case{{4, 1, 33}, 1}, Case{{70, 130}, 1},
                                    Case{{3, 1027}, 1}, Case{{130, 9}, 1}}) {
    Shape features = shape.slice(shape.size() - axes);
    check_norm(row_reference(shape, axes, 1e-2, true), layer_kernel(axes, 1e-2), shape, features, true, 0);
    check_norm(row_reference(shape, axes, 1e-2, false), rms_kernel(axes, 1e-2), shape, features, false, 0);
  }
}

TEST_CASE("batch norm agrees with the definition and finite differences, with and without relu") {
  for (const Shape& shape : {Shape{5, 3}, Shape{2, 1}, Shape{3, 2, 7}, Shape{2, 3, 3, 5}, Shape{1, 4, 9}, Shape{200, 33}, Shape{7, 5, 13, 11},
                             Shape{2, 3, 2100}, Shape{300, 530}})
    for (bool relu : {false, true}) {
      if (relu && shape.numel() < 20) continue;
      check_norm(channel_reference(shape, 1e-2, relu), batch_kernel(1e-2, relu), shape, {shape[1]}, true, 0);
    }
}

TEST_CASE("group norm and instance norm agree with the definition and finite differences") {
  struct Case {
    Shape shape;
    int64_t groups;
  };
  for (const auto& [shape, groups] : {Case{{3, 4}, 2}, Case{{2, 6, 5}, 3}, Case{{2, 4, 3, 3}, 4}, Case{{2, 4, 3, 3}, 1}, Case{{3, 8, 17, 5}, 2},
                                      Case{{2, 3, 2100}, 3}, Case{{5, 64, 1}, 8}})
    check_norm(group_reference(shape, groups, 1e-2), group_kernel(groups, 1e-2), shape, {shape[1]}, true, 0);
}

TEST_CASE("statistics are stable: mean 1e4 and deviation 1 in float32") {
  for (double mean : {1e4, -1e4}) {
    check_norm(row_reference({5, 777}, 1, 1e-5, true), layer_kernel(1, 1e-5), {5, 777}, {777}, true, mean);
    check_norm(channel_reference({64, 5}, 1e-5, false), batch_kernel(1e-5, false), {64, 5}, {5}, true, mean);
    check_norm(channel_reference({9, 3, 20, 20}, 1e-5, false), batch_kernel(1e-5, false), {9, 3, 20, 20}, {3}, true, mean);
    check_norm(group_reference({2, 8, 20, 20}, 2, 1e-5), group_kernel(2, 1e-5), {2, 8, 20, 20}, {8}, true, mean);
  }
  Tensor x = random_tensor({64, 3, 28, 28}, DType::float32, 31, 1e4);
  NormResult r = kernels::batch_norm(x, {}, {}, 1e-5);
  Values mean, variance;
  channel_reference(x.shape(), 1e-5, false).statistics(x.to_vector<double>(), mean, variance);
  CHECK(relative_error(r.mean, mean) < 1e-7);
  CHECK(relative_error(r.variance, variance) < 1e-6);
}

TEST_CASE("norms take extremes: constant rows, denormals, 300 and 1e30") {
  NormResult r = kernels::layer_norm(tensor_of({2, 4}, {300, 300, 300, 300, -300, 300, -300, 300}, DType::float32), 1, {}, {}, 1e-5);
  CHECK(relative_error(r.y, {0, 0, 0, 0, -1, 1, -1, 1}) < 1e-6);
  Values tiny = kernels::layer_norm(tensor_of({1, 2}, {1e-40, -1e-40}, DType::float32), 1, {}, {}, 1e-5).y.to_vector<double>();
  CHECK(std::abs(tiny[0]) < 1e-37);
  // One value a channel: variance 0, y = bias.
  NormResult one = kernels::batch_norm(tensor_of({1, 2}, {5, -7}, DType::float32), {}, tensor_of({2}, {1, 2}, DType::float32), 1e-5);
  CHECK(one.y.to_vector<double>() == Values{1, 2});
  CHECK(one.variance.to_vector<double>() == Values{0, 0});
  CHECK(one.rstd.to_vector<double>()[0] == doctest::Approx(1 / std::sqrt(1e-5)));
}

TEST_CASE("batch norm at inference uses the given statistics and treats them as constants") {
  Tensor x = random_tensor({3, 2, 5}, DType::float64, 41), g = random_tensor(x.shape(), DType::float64, 42);
  Tensor mean = tensor_of({2}, {0.5, -1}, DType::float64), variance = tensor_of({2}, {4, 0.25}, DType::float64);
  Tensor w = tensor_of({2}, {2, -3}, DType::float64), b = tensor_of({2}, {0.1, 0.2}, DType::float64);
  for (bool relu : {false, true}) {
    auto reference = [&](const Values& v) {
      Values y(v.size());
      for (size_t i = 0; i < v.size(); i++) {
        bool second = i / 5 % 2;
        y[i] = second ? (v[i] + 1) / std::sqrt(0.25) * -3 + 0.2 : (v[i] - 0.5) / 2 * 2 + 0.1;
        if (relu) y[i] = std::max(y[i], 0.0);
      }
      return y;
    };
    NormResult r = kernels::batch_norm_eval(x, mean, variance, w, b, 0, relu);
    CHECK(relative_error(r.y, reference(x.to_vector<double>())) < 1e-12);
    NormGrads d = kernels::batch_norm_eval_backward(g, x, r, w, b, {}, relu);
    CHECK(relative_error(d.dx, numeric_gradient(reference, x.to_vector<double>(), g.to_vector<double>())) < 1e-8);
    Values dw(2, 0.0), db(2, 0.0), y = reference(x.to_vector<double>()), xv = x.to_vector<double>(), gv = g.to_vector<double>();
    for (size_t i = 0; i < xv.size(); i++) {
      bool second = i / 5 % 2;
      if (relu && y[i] == 0) continue;
      dw[second] += gv[i] * (second ? (xv[i] + 1) * 2 : (xv[i] - 0.5) / 2);
      db[second] += gv[i];
    }
    CHECK(relative_error(d.dw, dw) < 1e-12);
    CHECK(relative_error(d.db, db) < 1e-12);
  }
}

TEST_CASE("norm gradients come only when wanted, and do not depend on what else is") {
  Tensor x = random_tensor({9, 6, 5}, DType::float32, 51), g = random_tensor(x.shape(), DType::float32, 52),
      w = random_tensor({6}, DType::float32, 53);
  NormResult b = kernels::batch_norm(x, w, {}, 1e-5), n = kernels::group_norm(x, 2, w, {}, 1e-5), l = kernels::layer_norm(x, 2, {}, {}, 1e-5);
  for (int mask = 0; mask < 8; mask++) {
    kernels::Wanted wanted{bool(mask & 1), bool(mask & 2), bool(mask & 4)};
    NormGrads some[] = {kernels::batch_norm_backward(g, x, b, w, {}, wanted), kernels::group_norm_backward(g, x, n, 2, w, wanted),
                        kernels::layer_norm_backward(g, x, l, 2, {}, wanted)};
    NormGrads all[] = {kernels::batch_norm_backward(g, x, b, w, {}), kernels::group_norm_backward(g, x, n, 2, w),
                       kernels::layer_norm_backward(g, x, l, 2, {})};
    for (int i = 0; i < 3; i++) {
      CHECK(some[i].dx.defined() == wanted.dx);
      CHECK(some[i].dw.defined() == wanted.dw);
      CHECK(some[i].db.defined() == wanted.db);
      if (wanted.dx) CHECK(same_bits(some[i].dx, all[i].dx));
      if (wanted.dw) CHECK(same_bits(some[i].dw, all[i].dw));
      if (wanted.db) CHECK(same_bits(some[i].db, all[i].db));
    }
  }
}

TEST_CASE("norms take views") {
  Tensor x = random_tensor({20, 12}, DType::float32, 54), view = transposed(x, 0, 1),
      g = transposed(random_tensor({20, 12}, DType::float32, 55), 0, 1);
  Tensor dense_x = to_float(view), dense_g = to_float(g);
  NormResult a = kernels::layer_norm(view, 1, {}, {}, 1e-5), b = kernels::layer_norm(dense_x, 1, {}, {}, 1e-5);
  CHECK(same_bits(a.y, b.y));
  CHECK(same_bits(kernels::layer_norm_backward(g, view, a, 1, {}).dx, kernels::layer_norm_backward(dense_g, dense_x, b, 1, {}).dx));
  CHECK(same_bits(kernels::batch_norm(view, {}, {}, 1e-5).y, kernels::batch_norm(dense_x, {}, {}, 1e-5).y));
  CHECK(same_bits(kernels::group_norm(view, 4, {}, {}, 1e-5).y, kernels::group_norm(dense_x, 4, {}, {}, 1e-5).y));
}

TEST_CASE("norms give the same bits with 1, 2 and 5 threads") {
  Tensor x = random_tensor({67, 24, 19}, DType::float32, 56), g = random_tensor(x.shape(), DType::float32, 57);
  NormResult b = kernels::batch_norm(x, {}, {}, 1e-5), n = kernels::group_norm(x, 8, {}, {}, 1e-5), l = kernels::layer_norm(x, 1, {}, {}, 1e-5);
  CHECK(same_for_any_threads([&] { return kernels::batch_norm(x, {}, {}, 1e-5).y; }));
  CHECK(same_for_any_threads([&] { return kernels::group_norm(x, 8, {}, {}, 1e-5).y; }));
  CHECK(same_for_any_threads([&] { return kernels::layer_norm(x, 1, {}, {}, 1e-5).y; }));
  CHECK(same_for_any_threads([&] { return kernels::batch_norm_backward(g, x, b, {}, {}).dx; }));
  CHECK(same_for_any_threads([&] { return kernels::batch_norm_backward(g, x, b, {}, {}).dw; }));
  CHECK(same_for_any_threads([&] { return kernels::group_norm_backward(g, x, n, 8, {}).dw; }));
  CHECK(same_for_any_threads([&] { return kernels::layer_norm_backward(g, x, l, 1, {}).dw; }));
  CHECK(same_for_any_threads([&] { return kernels::layer_norm_backward(g, x, l, 1, {}).dx; }));
  Tensor wide = random_tensor({2000, 70}, DType::float32, 58);
  CHECK(same_for_any_threads([&] { return kernels::batch_norm(wide, {}, {}, 1e-5).variance; }));
  CHECK(same_for_any_threads([&] { return kernels::batch_norm_backward(wide, wide, kernels::batch_norm(wide, {}, {}, 1e-5), {}, {}).dw; }));
}

TEST_CASE("norms name what is wrong") {
  Tensor x = random_tensor({4, 6}, DType::float32, 59);
  CHECK_THROWS_WITH_AS(kernels::layer_norm(x, 1, empty({5}), {}, 1e-5), "layer_norm: expected weight and bias of shape [6] but one is [5]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::layer_norm(x, 3, {}, {}, 1e-5), doctest::Contains("over the last 3 dimensions of an input of shape [4, 6]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::batch_norm(x, empty({4}), {}, 1e-5), doctest::Contains("shape [6] for an input of shape [4, 6] but one is [4]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(kernels::batch_norm(empty({4}), {}, {}, 1e-5), doctest::Contains("[N, C, ...]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::group_norm(x, 4, {}, {}, 1e-5), "group_norm: 6 channels cannot be split into 4 equal groups", ValueError);
  CHECK_THROWS_WITH_AS(kernels::layer_norm(x, 1, empty({6}, DType::float64), {}, 1e-5), doctest::Contains("float64"), DTypeError);
  CHECK_THROWS_WITH_AS(kernels::layer_norm_backward(empty({6, 4}), x, kernels::layer_norm(x, 1, {}, {}, 1e-5), 1, {}), doctest::Contains("[6, 4]"),
                       ShapeError);
}
