// Loops that exist for every processor and again in wide vectors give the same bits in both forms, at every length.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/cpu.h"
#include "kernels/elementwise_driver.h"
#include "kernels/reduce_driver.h"
#include "optim/elementwise.h"

using namespace tare;

namespace {

std::vector<float> numbers(size_t n, float scale) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; i++) x[i] = scale * std::sin(float(i) * 1.7f + scale);
  return x;
}
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) { return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

struct MultiplyAdd {
  float operator()(float a, float b) const { return a * b + a; }  // a fused multiply-add would round once instead of twice
};

struct Sum {
  using In = float;
  using Lane = float;
  using Acc = double;
  static constexpr double kAcc = 0;
  float lane(float v) const { return v; }
  float join(float a, float b) const { return a + b; }
  double merge(double a, double b) const { return a + b; }
};

/// Like Adam: a quotient, a root, two averages, and the sum of the squared steps.
struct Rule {
  optim::Ema<float> first{0.9}, second{0.999};
  float operator()(float& w, float g, float& m, float& v) const {
    m = first(m, g);
    v = second(v, g * g);
    float step = m / (std::sqrt(v) + 1e-8f);
    w -= 0.01f * step;
    return step * step;
  }
};

}  // namespace

TEST_CASE("wide vectors: elementwise rows, sums and optimizer rules give the bits of the plain forms") {
  if (!has_wide_vectors()) return;
  for (size_t n : {1u, 7u, 8u, 31u, 32u, 33u, 100u, 1000u, 2048u}) {
    std::vector<float> a = numbers(n, 3), b = numbers(n, 0.7f), y(n), z(n);
    const char* in[] = {reinterpret_cast<char*>(a.data()), reinterpret_cast<char*>(b.data())};
    MultiplyAdd f;
    for (int64_t step_b : {0, 4}) {
      int64_t step[] = {4, step_b, 4};
      kernels::binary_row<float, float, MultiplyAdd>(in, reinterpret_cast<char*>(y.data()), step, int64_t(n), &f);
      kernels::wide_binary_row<float, float, MultiplyAdd>(in, reinterpret_cast<char*>(z.data()), step, int64_t(n), &f);
      CHECK(same_bits(y, z));
    }

    Sum sum;
    std::vector<float> matrix = numbers(n * 7, 2);
    std::vector<double> rows[2] = {std::vector<double>(7, 0.25), std::vector<double>(7, 0.25)};
    kernels::LaneFold<Sum>::rows(&sum, matrix.data(), 7, int64_t(n), rows[0].data());
    kernels::LaneFold<Sum>::wide_rows(&sum, matrix.data(), 7, int64_t(n), rows[1].data());
    CHECK(rows[0] == rows[1]);
    std::vector<double> plain(n, 1.0), wide(n, 1.0);
    kernels::LaneFold<Sum>::columns(&sum, matrix.data(), 7, std::min<int64_t>(int64_t(n), kernels::kColumns), int64_t(n), plain.data());
    kernels::LaneFold<Sum>::wide_columns(&sum, matrix.data(), 7, std::min<int64_t>(int64_t(n), kernels::kColumns), int64_t(n), wide.data());
    CHECK(plain == wide);

    Rule rule;
    std::vector<float> w[2] = {a, a}, m[2] = {b, b}, v[2] = {std::vector<float>(n, 0.1f), std::vector<float>(n, 0.1f)};
    double sums[2] = {0, 0};
    for (int form : {0, 1}) {
      void* state[] = {m[form].data(), v[form].data()};
      auto loop = form ? optim::detail::wide_piece_loop<Rule, float, 0, 1> : optim::detail::piece_loop<Rule, float, 0, 1>;
      for (int step = 0; step < 3; step++) CHECK(loop(&rule, false, w[form].data(), b.data(), state, int64_t(n), &sums[form]));
    }
    CHECK(same_bits(w[0], w[1]));
    CHECK(same_bits(m[0], m[1]));
    CHECK(same_bits(v[0], v[1]));
    CHECK(sums[0] == sums[1]);
  }
}

TEST_CASE("optimizer rules stop before a gradient that is not finite, wherever it stands") {
  constexpr size_t n = 1000;
  std::vector<float> start = numbers(n, 3);
  for (bool wide : {false, true}) {
    if (wide && !has_wide_vectors()) continue;
    auto loop = wide ? optim::detail::wide_piece_loop<Rule, float, 0, 1> : optim::detail::piece_loop<Rule, float, 0, 1>;
    for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
      for (size_t at : {size_t{0}, size_t{255}, size_t{256}, size_t{511}, size_t{777}, n - 1}) {
        CAPTURE(at);
        std::vector<float> w = start, g = numbers(n, 0.7f), m(n), v(n);
        g[at] = bad;
        void* state[] = {m.data(), v.data()};
        double sum = 0;
        Rule rule;
        CHECK_FALSE(loop(&rule, false, w.data(), g.data(), state, int64_t(n), &sum));
        CHECK(std::equal(w.begin() + int64_t(at), w.end(), start.begin() + int64_t(at)));
        for (const auto* numbers : {&w, &m, &v}) CHECK(std::all_of(numbers->begin(), numbers->end(), [](float x) { return std::isfinite(x); }));
      }
  }
}
