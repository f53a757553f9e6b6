// Passes over matrices (optim/sweep.h): against sums and maxima of whole tensors, and what fails in several parameters at once.
#include "optim/sweep.h"

#include <doctest/doctest.h>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/adafactor.h"
#include "optim/came.h"
#include "optim/multi_norm.h"

using namespace tare;
using namespace tare::optim;

namespace {

template <Fold kFold>
struct Gather {
  static constexpr Fold fold = kFold;
  static constexpr bool by_column = true;
  double row = 0;
  void at_row(int64_t r) { row = double(r); }
  std::array<double, 2> operator()(double& w, double g, double column, double& state) const {
    state = w - g;
    return {g * g, row * column};
  }
};

Tensor values(const std::vector<double>& x, Shape shape) { return from_vector(x, shape, DType::float64); }
double apart(const Tensor& a, const Tensor& b) { return a.numel() ? max(abs(a - b)).item() : 0; }

}  // namespace

TEST_CASE("sweep: rows, columns and totals of many shapes, by any number of threads") {
  DefaultDtype d(DType::float64);
  Generator random(1);
  auto noise = [&](const Shape& shape) { return randn(shape, DType::float64, &random); };
  for (Shape shape : {Shape{}, Shape{5}, Shape{700, 300}, Shape{3, 40000}, Shape{90, 7, 3, 3}, Shape{3, 300, 200}, Shape{0, 4}, Shape{4, 0}}) {
    CAPTURE(shape);
    Tensor w = noise(shape), g = noise(shape), state = zeros(shape);
    MatrixShape m(w);
    std::vector<double> columns(size_t(m.count * m.columns), 0.5);
    int threads = num_threads();
    for (int n : {1, 3}) {
      set_num_threads(n);
      Swept sum = sweep(Gather<Fold::sum>(), m, w.mutable_data<double>(), g.data<double>(), columns.data(), state.mutable_data<double>());
      Swept most = sweep(Gather<Fold::largest>(), m, w.mutable_data<double>(), g.data<double>(), columns.data(), state.mutable_data<double>());
      CHECK(apart(state, w - g) == 0);
      if (w.numel() == 0) continue;
      Tensor squares = square(reshape(g, {m.count, m.rows, m.columns}));
      CHECK(apart(values(sum.rows, {m.count, m.rows}), tare::sum(squares, {2})) < 1e-9);
      CHECK(apart(values(sum.columns, {m.count, m.columns}), tare::sum(squares, {1})) < 1e-9);
      CHECK(apart(values(most.rows, {m.count, m.rows}), amax(squares, {2})) == 0);
      CHECK(apart(values(most.columns, {m.count, m.columns}), amax(squares, {1})) == 0);
      double rows = double(m.count * m.rows);
      CHECK(sum.totals[0] == doctest::Approx(0.5 * rows * (rows - 1) / 2 * double(m.columns)));
      static std::vector<double> before;  // the same bits by 3 threads as by 1
      if (n == 1) before = sum.columns;
      else CHECK(before == sum.columns);
    }
    set_num_threads(threads);
  }
}

TEST_CASE("factored second moments: gradients and states of all sizes, in float as in double") {
  // A row of zeros, numbers whose squares are no float, columns of different sizes: SinkGD and CAME in float32 follow float64.
  Generator random(2);
  Tensor g = randn({40, 300}, DType::float64, &random) * 1e-21, column = exp(randn({1, 300}, DType::float64, &random));
  g = g * column;
  zero_(narrow(g, 0, 7, 1));
  auto stepped = [&](auto make, DType dtype, double scale) {
    Tensor w = zeros({40, 300}, dtype).set_requires_grad();
    auto method = make(ParameterList(Tensors{w}));
    for (int i = 0; i < 3; i++) {
      w.set_grad(to(g * scale, dtype));
      method.step();
    }
    return to(w.detach(), DType::float64);
  };
  auto sink = [](ParameterList p) { return SinkGD(std::move(p)); };
  CHECK(apart(stepped(sink, DType::float32, 1), stepped(sink, DType::float64, 1)) < 1e-5);
  CHECK(apart(stepped(sink, DType::float64, 1e18), stepped(sink, DType::float64, 1e21)) < 1e-12);
  auto came = [](ParameterList p) { return CAME(std::move(p), {.lr = 1}); };
  CHECK(apart(stepped(came, DType::float32, 1e18), stepped(came, DType::float64, 1e18)) < 2e-3);
}

TEST_CASE("each_parameter: the first parameter in order that fails is the one named, and the others stepped") {
  Tensors ws;
  for (int i = 0; i < 20; i++) ws.push_back(zeros({50, 60}).set_requires_grad());
  Adafactor method{ParameterList(ws)};
  for (int i = 0; i < 20; i++) ws[size_t(i)].set_grad(full({50, 60}, i == 4 || i == 11 ? NAN : 1));
  CHECK_THROWS_WITH_AS(method.step(), doctest::Contains("4"), ValueError);
  CHECK(max(abs(ws[4])).item() == 0);
  CHECK(max(abs(ws[19])).item() > 0);
}
