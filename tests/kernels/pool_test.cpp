#include "kernels/pool.h"

#include <functional>

#include "tests/kernels/samples.h"

using namespace tare;
using namespace tare::samples;
using kernels::PoolParams;

namespace {

int64_t entry(const Shape& list, int axis, int64_t otherwise) { return list.empty() ? otherwise : list.size() == 1 ? list[0] : list[axis]; }

struct Case {
  Shape x;
  PoolParams p;
};

// The definition: visit(output position, inside positions of its window, window size with padding) for each window of a plane.
using Visit = std::function<void(int64_t out, const std::vector<int64_t>& inside, int64_t padded_size)>;
void each_window(const Shape& x, const PoolParams& p, Visit visit) {
  int axes = p.kernel.size(), lead = x.size() - axes;
  Shape out = kernels::pool_output_shape("test", x, p).slice(lead), at(axes, 0);
  int64_t position = 0;
  do {
    std::vector<int64_t> inside;
    int64_t size = 1;
    for (int i = 0; i < axes; i++) {
      int64_t begin = at[i] * entry(p.stride, i, p.kernel[i]) - entry(p.padding, i, 0);
      size *= std::min(begin + p.kernel[i], x[lead + i] + entry(p.padding, i, 0)) - begin;
    }
    Shape tap(axes, 0);
    do {
      int64_t source = 0;
      bool ok = true;
      for (int i = 0; i < axes; i++) {
        int64_t c = at[i] * entry(p.stride, i, p.kernel[i]) - entry(p.padding, i, 0) + tap[i] * entry(p.dilation, i, 1);
        ok = ok && c >= 0 && c < x[lead + i];
        source = source * x[lead + i] + c;
      }
      if (ok) inside.push_back(source);
    } while (next_index(tap, p.kernel));
    visit(position++, inside, size);
  } while (next_index(at, out));
}

const std::vector<Case>& pool_cases() {
  static const std::vector<Case> list = {
      {{2, 3, 9}, {.kernel = {2}}},
      {{3, 10}, {.kernel = {3}, .stride = {2}, .padding = {1}}},
      {{2, 3, 28, 28}, {.kernel = {2, 2}}},
      {{2, 3, 7, 9}, {.kernel = {2, 2}}},
      {{2, 3, 7, 9}, {.kernel = {2, 2}, .ceil_mode = true}},
      {{2, 3, 40, 71}, {.kernel = {2, 2}}},
      {{1, 1, 2, 2}, {.kernel = {2, 2}}},
      {{2, 3, 8, 9}, {.kernel = {3, 3}, .stride = {2}, .padding = {1}}},
      {{2, 3, 8, 9}, {.kernel = {3, 3}, .stride = {2}, .padding = {1}, .ceil_mode = true}},
      {{2, 3, 8, 9}, {.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 0}}},
      {{2, 3, 9, 8}, {.kernel = {3, 3}, .stride = {3}, .ceil_mode = true}},
      {{1, 2, 4, 5, 6}, {.kernel = {2, 3, 2}, .stride = {1, 2, 2}, .padding = {0, 1, 1}}},
      {{1, 2, 5, 5, 5}, {.kernel = {2, 2, 2}, .ceil_mode = true}},
      {{0, 3, 8, 8}, {.kernel = {2, 2}}},
      {{2, 8, 8}, {.kernel = {8, 8}}},
  };
  return list;
}

int64_t pooled_plane(const Shape& s, int axes) { return s.slice(s.size() - axes).numel(); }

}  // namespace

TEST_CASE("max pooling: values, positions and gradients agree with the definition") {
  std::vector<Case> cases = pool_cases();
  cases.push_back({{2, 3, 12, 13}, {.kernel = {3, 3}, .stride = {2}, .padding = {1}, .dilation = {2}}});
  cases.push_back({{2, 3, 12, 13}, {.kernel = {2, 3}, .stride = {2, 1}, .dilation = {3, 1}, .ceil_mode = true}});
  for (const Case& c : cases)
    for (DType t : {DType::float32, DType::float64}) {
      INFO(text(c.x, " kernel ", c.p.kernel, " stride ", c.p.stride, " padding ", c.p.padding));
      int axes = c.p.kernel.size();
      Shape shape = kernels::pool_output_shape("test", c.x, c.p);
      int64_t in_plane = pooled_plane(c.x, axes), out_plane = pooled_plane(shape, axes);
      Tensor x = random_tensor(c.x, t, 1), g = random_tensor(shape, t, 2);
      std::vector<double> xs = x.to_vector<double>(), gs = g.to_vector<double>(), want(gs.size()), dx(xs.size());
      std::vector<int64_t> index(gs.size());
      for (int64_t plane = 0; plane < int64_t(xs.size()) / in_plane; plane++)
        each_window(c.x, c.p, [&](int64_t out, const std::vector<int64_t>& inside, int64_t) {
          int64_t best = inside[0];
          for (int64_t i : inside)
            if (xs[size_t(plane * in_plane + i)] > xs[size_t(plane * in_plane + best)]) best = i;
          want[size_t(plane * out_plane + out)] = xs[size_t(plane * in_plane + best)];
          index[size_t(plane * out_plane + out)] = best;
          dx[size_t(plane * in_plane + best)] += gs[size_t(plane * out_plane + out)];
        });
      kernels::MaxPooled y = kernels::max_pool(x, c.p);
      CHECK(y.values.shape() == shape);
      CHECK(y.values.to_vector<double>() == want);
      CHECK(y.indices.to_vector<int64_t>() == index);
      CHECK(relative_error(kernels::max_pool_backward(g, y.indices, c.x, axes), dx) < (t == DType::float32 ? 1e-6 : 1e-15));
      CHECK(same_for_any_threads([&] { return kernels::max_pool(x, c.p).indices; }));
      CHECK(same_for_any_threads([&] { return kernels::max_pool_backward(g, y.indices, c.x, axes); }));
    }
}

TEST_CASE("max pooling: NaN wins over everything, minus infinity and ties go to the first") {
  for (int64_t width : {4, 36}) {
    Tensor x = random_tensor({1, 2, width}, DType::float32, 1);
    float* v = x.mutable_data<float>();
    v[0] = NAN, v[1] = INFINITY;
    v[2] = v[3] = v[width + 2] = v[width + 3] = -INFINITY;
    kernels::MaxPooled y = kernels::max_pool(x, {.kernel = {2, 2}});
    CHECK(std::isnan(y.values.data<float>()[0]));
    CHECK(y.indices.data<int64_t>()[0] == 0);
    CHECK(y.values.data<float>()[1] == -INFINITY);
    CHECK(y.indices.data<int64_t>()[1] == 2);
    v[0] = 1, v[1] = 2, v[width] = 2, v[width + 1] = NAN;
    y = kernels::max_pool(x, {.kernel = {2, 2}});
    CHECK(std::isnan(y.values.data<float>()[0]));
    CHECK(y.indices.data<int64_t>()[0] == width + 1);
    v[width + 1] = 2;
    y = kernels::max_pool(x, {.kernel = {2, 2}});
    CHECK(y.indices.data<int64_t>()[0] == 1);
  }
}

TEST_CASE("average pooling: values and gradients agree with the definition for every divisor") {
  for (const Case& c : pool_cases())
    for (bool count : {true, false})
      for (int64_t divisor : {0, 3})
        for (DType t : {DType::float32, DType::float64}) {
          INFO(text(c.x, " kernel ", c.p.kernel, " stride ", c.p.stride, " padding ", c.p.padding, " count ", count, " divisor ", divisor));
          int axes = c.p.kernel.size();
          Shape shape = kernels::pool_output_shape("test", c.x, c.p);
          int64_t in_plane = pooled_plane(c.x, axes), out_plane = pooled_plane(shape, axes);
          Tensor x = random_tensor(c.x, t, 1), g = random_tensor(shape, t, 2);
          std::vector<double> xs = x.to_vector<double>(), gs = g.to_vector<double>(), want(gs.size()), dx(xs.size());
          for (int64_t plane = 0; plane < int64_t(xs.size()) / in_plane; plane++)
            each_window(c.x, c.p, [&](int64_t out, const std::vector<int64_t>& inside, int64_t padded) {
              double by = divisor ? double(divisor) : count ? double(padded) : double(inside.size());
              for (int64_t i : inside) {
                want[size_t(plane * out_plane + out)] += xs[size_t(plane * in_plane + i)] / by;
                dx[size_t(plane * in_plane + i)] += gs[size_t(plane * out_plane + out)] / by;
              }
            });
          double tolerance = t == DType::float32 ? 1e-6 : 1e-15;
          CHECK(relative_error(kernels::avg_pool(x, c.p, count, divisor), want) < tolerance);
          CHECK(relative_error(kernels::avg_pool_backward(g, c.x, c.p, count, divisor), dx) < tolerance);
          CHECK(same_for_any_threads([&] { return kernels::avg_pool_backward(g, c.x, c.p, count, divisor); }));
        }
}

TEST_CASE("adaptive pooling: windows from floor(i in / out) to ceil((i + 1) in / out)") {
  struct Adaptive {
    Shape x, out;
  };
  for (const Adaptive& c : {Adaptive{{2, 3, 10}, {4}}, {{2, 3, 7, 7}, {1, 1}}, {{2, 3, 7, 9}, {3, 4}}, {{2, 3, 3, 4}, {5, 6}}, {{2, 5, 6, 7}, {2, 3, 4}}, {{2, 8, 8}, {4, 4}}})
    for (DType t : {DType::float32, DType::float64}) {
      int axes = c.out.size(), lead = c.x.size() - axes;
      Tensor x = random_tensor(c.x, t, 1);
      Shape shape = c.x.slice(0, lead).concat(c.out);
      Tensor g = random_tensor(shape, t, 2);
      std::vector<double> xs = x.to_vector<double>(), gs = g.to_vector<double>(), mean, most, dx(xs.size()), dmax(xs.size());
      std::vector<int64_t> index;
      int64_t in_plane = pooled_plane(c.x, axes);
      for (int64_t plane = 0; plane < c.x.slice(0, lead).numel(); plane++) {
        Shape at(axes, 0);
        do {
          Shape begin(axes, 0), size(axes, 0), tap(axes, 0);
          for (int i = 0; i < axes; i++) {
            int64_t in = c.x[lead + i];
            begin[i] = int64_t(std::floor(double(at[i] * in) / double(c.out[i])));
            size[i] = int64_t(std::ceil(double((at[i] + 1) * in) / double(c.out[i]))) - begin[i];
          }
          double sum = 0, best = -INFINITY;
          int64_t where = 0;
          do {
            int64_t source = 0;
            for (int i = 0; i < axes; i++) source = source * c.x[lead + i] + begin[i] + tap[i];
            double v = xs[size_t(plane * in_plane + source)];
            sum += v;
            dx[size_t(plane * in_plane + source)] += gs[mean.size()] / double(size.numel());
            if (v > best) best = v, where = source;
          } while (next_index(tap, size));
          dmax[size_t(plane * in_plane + where)] += gs[mean.size()];
          mean.push_back(sum / double(size.numel()));
          most.push_back(best);
          index.push_back(where);
        } while (next_index(at, c.out));
      }
      double tolerance = t == DType::float32 ? 1e-6 : 1e-15;
      CHECK(relative_error(kernels::adaptive_avg_pool(x, c.out), mean) < tolerance);
      CHECK(relative_error(kernels::adaptive_avg_pool_backward(g, c.x, axes), dx) < tolerance);
      kernels::MaxPooled y = kernels::adaptive_max_pool(x, c.out);
      CHECK(y.values.to_vector<double>() == most);
      CHECK(y.indices.to_vector<int64_t>() == index);
      CHECK(relative_error(kernels::max_pool_backward(g, y.indices, c.x, axes), dmax) < tolerance);
    }
}

TEST_CASE("pooling: output sizes with ceil_mode are PyTorch's") {
  auto size = [](int64_t in, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil) {
    return kernels::pool_output_shape("pool", {1, in}, {.kernel = {kernel}, .stride = {stride}, .padding = {padding}, .dilation = {dilation}, .ceil_mode = ceil})[1];
  };
  CHECK(size(5, 2, 2, 0, 1, false) == 2);
  CHECK(size(5, 2, 2, 0, 1, true) == 3);
  CHECK(size(2, 3, 2, 0, 1, true) == 1);
  CHECK(size(4, 2, 3, 1, 1, true) == 2);   // a third window would start in the right padding
  CHECK(size(10, 3, 1, 0, 2, false) == 6);
  CHECK(size(112, 3, 2, 1, 1, false) == 56);
}

TEST_CASE("pooling: errors name the call, the parameters and the shapes") {
  Tensor x = random_tensor({2, 3, 4, 4}, DType::float32, 1);
  CHECK_THROWS_WITH_AS(kernels::max_pool(x, {.kernel = {2, 2}, .padding = {2}}), "max_pool: expected paddings of at most half the kernel [2, 2] but got [2]",
                       ValueError);
  CHECK_THROWS_WITH_AS(kernels::max_pool(x, {.kernel = {5, 5}}),
                       "max_pool: the kernel [5, 5] does not fit into the input [2, 3, 4, 4] along pooled axis 0; enlarge the input or the padding", ShapeError);
  CHECK_THROWS_WITH_AS(kernels::max_pool(x, {}), "max_pool: expected a kernel of one to three sizes but got []", ShapeError);
  CHECK_THROWS_WITH_AS(kernels::avg_pool(x, {.kernel = {2, 2}, .dilation = {2}}), "avg_pool: average pooling has no dilation but got [2]", ValueError);
  CHECK_THROWS_WITH_AS(kernels::adaptive_avg_pool(random_tensor({2, 0}, DType::float32, 1), {3}),
                       "adaptive_avg_pool: expected pooled axes that are not empty but the input is [2, 0]", ShapeError);
  Tensor g = random_tensor({2, 3, 2, 2}, DType::float32, 1), bad = empty({2, 3, 2, 2}, DType::int64);
  std::fill(bad.mutable_data<int64_t>(), bad.mutable_data<int64_t>() + 24, int64_t{16});
  CHECK_THROWS_WITH_AS(kernels::max_pool_backward(g, bad, x.shape(), 2), "max_pool_backward: index 16 lies outside the 16 positions of the input [2, 3, 4, 4]",
                       IndexError);
}
