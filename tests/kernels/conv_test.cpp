#include "kernels/conv.h"

#include "tests/kernels/samples.h"

using namespace tare;
using namespace tare::samples;
using kernels::Activation;
using kernels::ConvParams;

namespace {

int64_t entry(const Shape& list, int axis, int64_t otherwise) { return list.empty() ? otherwise : list.size() == 1 ? list[0] : list[axis]; }

// The definition, one multiply-add at a time: visit(y index, w index, x index) for every term of every output.
template <class F>
void each_term(const Shape& x, const Shape& w, const ConvParams& p, F visit) {
  Shape y = kernels::conv_output_shape(x, w, p), kernel = w.slice(2), out = y.slice(2);
  int axes = kernel.size();
  int64_t in_plane = x.slice(2).numel(), out_plane = out.numel(), taps = kernel.numel(), group_o = w[0] / p.groups;
  Shape at(axes, 0);
  for (int64_t position = 0; position < out_plane; position++) {
    Shape tap(axes, 0);
    for (int64_t q = 0; q < taps; q++) {
      int64_t source = 0;
      bool inside = true;
      for (int i = 0; i < axes; i++) {
        int64_t c = at[i] * entry(p.stride, i, 1) + tap[i] * entry(p.dilation, i, 1) - entry(p.padding, i, 0);
        inside = inside && c >= 0 && c < x[2 + i];
        source = source * x[2 + i] + c;
      }
      if (inside)
        for (int64_t n = 0; n < x[0]; n++)
          for (int64_t o = 0; o < w[0]; o++)
            for (int64_t c = 0; c < w[1]; c++)
              visit(size_t((n * w[0] + o) * out_plane + position), size_t((o * w[1] + c) * taps + q),
                    size_t((n * x[1] + o / group_o * w[1] + c) * in_plane + source));
      next_index(tap, kernel);
    }
    next_index(at, out);
  }
}

struct Case {
  Shape x, w;
  ConvParams p;
};

void check_case(const Case& c, DType t, double tolerance, double mean = 0) {
  INFO(text(c.x, " by ", c.w, " stride ", c.p.stride, " padding ", c.p.padding, " dilation ", c.p.dilation, " groups ", c.p.groups, " ", t));
  Shape shape = kernels::conv_output_shape(c.x, c.w, c.p);
  Tensor x = random_tensor(c.x, t, 1, mean), w = random_tensor(c.w, t, 2), b = random_tensor({c.w[0]}, t, 3), g = random_tensor(shape, t, 4);
  std::vector<double> xs = x.to_vector<double>(), ws = w.to_vector<double>(), gs = g.to_vector<double>(), bs = b.to_vector<double>();
  std::vector<double> y(gs.size()), dx(xs.size()), dw(ws.size());
  each_term(c.x, c.w, c.p, [&](size_t iy, size_t iw, size_t ix) {
    y[iy] += ws[iw] * xs[ix];
    dx[ix] += ws[iw] * gs[iy];
    dw[iw] += gs[iy] * xs[ix];
  });
  CHECK(relative_error(kernels::conv_forward(x, w, {}, c.p), y) < tolerance);
  CHECK(relative_error(kernels::conv_backward_input(g, w, c.x, c.p), dx) < tolerance);
  CHECK(relative_error(kernels::conv_backward_weight(g, x, c.w, c.p), dw) < tolerance);
  kernels::ConvGradients both = kernels::conv_backward(g, x, w, c.p, true, true);
  CHECK(relative_error(both.input, dx) < tolerance);
  CHECK(relative_error(both.weight, dw) < tolerance);
  size_t plane = shape[0] && shape[1] ? y.size() / size_t(shape[0] * shape[1]) : 1;
  for (size_t i = 0; i < y.size(); i++) y[i] = std::max(0.0, y[i] + bs[i / plane % size_t(c.w[0])]);
  CHECK(relative_error(kernels::conv_forward(x, w, b, c.p, Activation::relu), y) < tolerance);
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> list = {
      {{2, 3, 9}, {4, 3, 3}, {}},
      {{2, 4, 12}, {6, 2, 4}, {.stride = {2}, .padding = {3}, .dilation = {2}, .groups = 2}},
      {{2, 3, 8, 9}, {5, 3, 1, 1}, {}},
      {{3, 4, 6, 7}, {8, 2, 1, 1}, {.groups = 2}},
      {{2, 3, 8, 9}, {5, 3, 1, 1}, {.stride = {2}}},
      {{2, 3, 8, 9}, {5, 3, 1, 1}, {.padding = {1}}},
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
      {{1, 2, 3, 3}, {3, 2, 3, 3}, {}},
      {{1, 2, 1, 1}, {3, 2, 3, 3}, {.padding = {1}}},
      {{2, 3, 7, 11}, {4, 3, 3, 3}, {.padding = {1}}},
      {{2, 3, 7, 11}, {4, 3, 3, 3}, {.padding = {2}}},
      {{2, 16, 13, 10}, {16, 16, 3, 3}, {.padding = {1}}},
      {{2, 16, 13, 10}, {16, 16, 3, 3}, {.padding = {0, 2}}},
      {{3, 33, 9, 14}, {35, 33, 3, 3}, {.padding = {1}}},
      {{2, 64, 14, 14}, {48, 64, 3, 3}, {.padding = {1}}},
      {{2, 32, 15, 13}, {64, 16, 3, 3}, {.padding = {1}, .groups = 2}},
      {{2, 8, 9, 10}, {8, 8, 3, 3}, {.stride = {2}, .padding = {1}}},
      {{2, 8, 9, 10}, {8, 8, 3, 3}, {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}}},
      {{2, 8, 12, 12}, {8, 8, 3, 3}, {.padding = {2}, .dilation = {2}}},
      {{2, 1, 12, 13}, {7, 1, 5, 5}, {.padding = {2}}},
      {{3, 1, 28, 28}, {32, 1, 5, 5}, {.padding = {2}}},
      {{2, 1, 11, 9}, {5, 1, 3, 3}, {.stride = {2}, .padding = {1}}},
      {{2, 1, 20, 17}, {16, 1, 7, 7}, {.stride = {2}, .padding = {3}}},
      {{2, 6, 8, 9}, {6, 1, 3, 3}, {.padding = {1}, .groups = 6}},
      {{2, 64, 28, 28}, {64, 1, 3, 3}, {.padding = {1}, .groups = 64}},
      {{2, 6, 9, 8}, {12, 1, 3, 3}, {.stride = {2}, .padding = {1}, .groups = 6}},
      {{2, 6, 15, 37}, {6, 1, 5, 5}, {.stride = {1}, .padding = {2}, .groups = 6}},
      {{2, 6, 15, 12}, {6, 1, 5, 3}, {.stride = {1}, .padding = {4, 2}, .dilation = {2}, .groups = 6}},
      {{2, 2, 6, 40}, {4, 1, 1, 31}, {.padding = {0, 15}, .groups = 2}},
      {{1, 3, 5, 6, 7}, {4, 3, 3, 2, 3}, {.stride = {1, 2, 1}, .padding = {1, 0, 1}}},
      {{2, 4, 4, 5, 6}, {4, 1, 3, 3, 3}, {.padding = {1}, .groups = 4}},
      {{0, 3, 8, 8}, {4, 3, 3, 3}, {.padding = {1}}},
      {{2, 0, 8, 8}, {4, 0, 3, 3}, {.padding = {1}}},
      {{9, 17, 11, 45}, {20, 17, 3, 3}, {.padding = {1}}},
      {{8, 8, 10, 21}, {9, 8, 3, 3}, {.padding = {2}}},
      {{8, 32, 9, 8}, {40, 16, 3, 3}, {.padding = {0}, .groups = 2}},
      {{16, 16, 7, 7}, {16, 16, 3, 3}, {.padding = {1}}},
      {{70, 2, 5, 5}, {3, 2, 3, 3}, {.padding = {1}}},
      {{2, 3, 40, 6}, {4, 3, 7, 2}, {.stride = {3, 1}}},
      // Channels that fill panels: several images, layers, lines or parts of a line to a piece.
      {{9, 12, 5, 5}, {16, 12, 3, 3}, {.stride = {2}, .padding = {1}}},
      {{2, 24, 9, 8}, {32, 12, 3, 3}, {.stride = {2}, .padding = {1}, .groups = 2}},
      {{2, 16, 9, 8}, {12, 16, 1, 1}, {.stride = {2}}},
      {{1, 12, 40, 41}, {13, 12, 5, 5}, {.padding = {2}}},
      {{1, 12, 30, 41}, {16, 12, 3, 5}, {.stride = {3, 2}, .padding = {1, 4}, .dilation = {1, 2}}},
      {{1, 12, 3000}, {12, 12, 3}, {.padding = {2}, .dilation = {2}}},
      {{2, 12, 3, 1500}, {12, 12, 3, 3}, {.stride = {1, 2}, .padding = {1}}},
      {{1, 12, 9, 10, 11}, {12, 12, 3, 3, 2}, {.stride = {1, 2, 1}, .padding = {1, 1, 0}}},
      {{2, 15, 7, 6, 5}, {12, 15, 2, 3, 3}, {.stride = {2, 1, 3}, .padding = {0, 2, 1}, .dilation = {2, 1, 1}}},
  };
  return list;
}

}  // namespace

TEST_CASE("conv: forward and both gradients agree with the definition") {
  for (const Case& c : all_cases()) {
    check_case(c, DType::float32, 3e-5);
    check_case(c, DType::float64, 1e-13);
  }
}

TEST_CASE("conv: every stride, padding and dilation, for channels that fill panels") {
  for (Shape kernel : {Shape{3, 5}, {1, 1}, {4, 2}})
    for (int64_t stride = 1; stride <= 3; stride++)
      for (int64_t dilation = 1; dilation <= 2; dilation++)
        for (int64_t padding = 0; padding <= 3; padding++) {
          ConvParams p{.stride = {stride, 4 - stride}, .padding = {padding, 3 - padding}, .dilation = {dilation, 3 - dilation}};
          check_case({{1, 12, 9, 10}, {12, 12, kernel[0], kernel[1]}, p}, padding % 2 ? DType::float32 : DType::float64, padding % 2 ? 3e-5 : 1e-13);
        }
}

TEST_CASE("conv: errors stay below 3e-5 of the largest number with many channels and inputs far from zero") {
  check_case({{6, 512, 9, 9}, {8, 512, 3, 3}, {.padding = {1}}}, DType::float32, 3e-5, 0);
  check_case({{6, 8, 9, 9}, {512, 8, 3, 3}, {.padding = {1}}}, DType::float32, 3e-5, 1e4);
  check_case({{6, 512, 9, 9}, {8, 512, 3, 3}, {.padding = {1}}}, DType::float32, 3e-5, 1e4);
  check_case({{2, 64, 14, 14}, {64, 64, 3, 3}, {.padding = {1}}}, DType::float32, 3e-5, 1e4);
  check_case({{2, 16, 14, 14}, {16, 16, 3, 3}, {.padding = {1}}}, DType::float32, 3e-5, 1e4);
}

TEST_CASE("conv: views are read as they lie") {
  ConvParams p{.padding = {1}};
  Tensor x = transposed(random_tensor({2, 7, 6, 4}, DType::float32, 1), 1, 3), w = transposed(random_tensor({4, 5, 3, 3}, DType::float32, 2), 0, 1);
  auto copy = [](const Tensor& t) {
    Tensor out = empty(t.shape(), t.dtype());
    std::vector<float> values = t.to_vector<float>();
    std::copy(values.begin(), values.end(), out.mutable_data<float>());
    return out;
  };
  CHECK(same_bits(kernels::conv_forward(x, w, {}, p), kernels::conv_forward(copy(x), copy(w), {}, p)));
  Tensor g = transposed(random_tensor({2, 7, 6, 5}, DType::float32, 3), 1, 3);
  CHECK(same_bits(kernels::conv_backward_input(g, w, x.shape(), p), kernels::conv_backward_input(copy(g), copy(w), x.shape(), p)));
  CHECK(same_bits(kernels::conv_backward_weight(g, x, w.shape(), p), kernels::conv_backward_weight(copy(g), copy(x), w.shape(), p)));
  CHECK(same_bits(kernels::conv_backward_bias(g), kernels::conv_backward_bias(copy(g))));
}

TEST_CASE("conv: the gradient of the bias is the sum over all axes but the second") {
  for (DType t : {DType::float32, DType::float64}) {
    Tensor g = random_tensor({3, 5, 7, 9}, t, 1);
    std::vector<double> gs = g.to_vector<double>(), want(5);
    for (size_t i = 0; i < gs.size(); i++) want[i / 63 % 5] += gs[i];
    CHECK(relative_error(kernels::conv_backward_bias(g), want) < (t == DType::float32 ? 1e-6 : 1e-14));
  }
}

TEST_CASE("conv: the same bits for any number of threads") {
  for (const Case& c : all_cases()) {
    Tensor x = random_tensor(c.x, DType::float32, 1), w = random_tensor(c.w, DType::float32, 2);
    Tensor y = kernels::conv_forward(x, w, {}, c.p);
    CHECK(same_for_any_threads([&] { return kernels::conv_forward(x, w, {}, c.p); }));
    CHECK(same_for_any_threads([&] { return kernels::conv_backward(y, x, w, c.p, true, true).input; }));
    CHECK(same_for_any_threads([&] { return kernels::conv_backward(y, x, w, c.p, true, true).weight; }));
    CHECK(same_for_any_threads([&] { return kernels::conv_backward_bias(y); }));
  }
}

TEST_CASE("conv: errors name the call, the shapes and what was expected") {
  Tensor x = random_tensor({2, 4, 8, 8}, DType::float32, 1), w = random_tensor({6, 4, 3, 3}, DType::float32, 2);
  auto run = [&](const Tensor& xs, const Tensor& ws, const Tensor& b, const ConvParams& p) { kernels::conv_forward(xs, ws, b, p); };
  CHECK_THROWS_WITH_AS(run(x, w, {}, {.groups = 3}), "conv: 3 groups do not divide the 4 input channels and 6 output channels", ShapeError);
  CHECK_THROWS_WITH_AS(run(x, random_tensor({6, 3, 3, 3}, DType::float32, 1), {}, {}),
                       "conv: expected weights over 4 input channels (4 channels in 1 groups) but the weights are [6, 3, 3, 3] and the input is [2, 4, 8, 8]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(run(x, w, random_tensor({4}, DType::float32, 1), {}), "conv: expected a bias of shape [6] but it is [4]", ShapeError);
  CHECK_THROWS_WITH_AS(run(x, w, {}, {.stride = {0}}), "conv: expected every stride to be at least 1 but got [0]", ValueError);
  CHECK_THROWS_WITH_AS(run(x, w, {}, {.padding = {1, 1, 1}}), "conv: expected one padding for each of the 2 spatial axes but got [1, 1, 1]", ShapeError);
  CHECK_THROWS_WITH_AS(run(x, w, {}, {.dilation = {5}}),
                       "conv: the kernel [3, 3] (dilated: 11 along spatial axis 0) does not fit into the padded input, 8 long there; the input is [2, 4, 8, 8]",
                       ShapeError);
  CHECK_THROWS_AS(run(random_tensor({4, 8}, DType::float32, 1), w, {}, {}), ShapeError);
  CHECK_THROWS_AS(run(x, random_tensor({6, 4, 3, 3}, DType::float64, 1), {}, {}), DTypeError);
  CHECK_THROWS_AS(run(random_tensor({2, 4, 8, 8}, DType::int64, 1), random_tensor({6, 4, 3, 3}, DType::int64, 1), {}, {}), DTypeError);
  CHECK_THROWS_AS(kernels::conv_backward_input(x, w, {2, 4, 8, 8}, {}), ShapeError);
  CHECK_THROWS_AS(kernels::conv_backward_weight(x, x, {6, 4, 3, 3}, {}), ShapeError);
}
