#include "kernels/simd_math.h"

#include <cstdint>
#include <limits>

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

namespace {

using FloatFunction = void (*)(const float*, float*, int64_t);
using DoubleFunction = void (*)(const double*, double*, int64_t);

struct VectorFunction {
  const char* name;
  FloatFunction f;
  double (*reference)(double);
  float low, high;   // where the error is measured, in units in the last place
  double ulp;        // how large it may be
  double absolute;   // error that is allowed besides: where a function crosses zero by cancellation of its definition
};

double sigmoid_reference(double v) { return v >= 0 ? 1 / (1 + std::exp(-v)) : std::exp(v) / (1 + std::exp(v)); }
double gelu_tanh_reference(double v) { return v * sigmoid_reference(2 * std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)); }

void gelu_slope(const float* x, float* y, int64_t n) {
  std::vector<float> ones(size_t(n), 1.f);
  kernels::vgelu_backward(x, ones.data(), y, n);
}
double gelu_slope_reference(double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)) + v * std::exp(-v * v / 2) / std::sqrt(2 * M_PI); }

const VectorFunction vector_functions[] = {
    {"exp", kernels::vexp, [](double v) { return std::exp(v); }, -110, 89, 2, 0},
    {"expm1", kernels::vexpm1, [](double v) { return std::expm1(v); }, -110, 89, 2, 0},
    {"log", kernels::vlog, [](double v) { return std::log(v); }, 0, 3e38f, 2, 0},
    {"log1p", kernels::vlog1p, [](double v) { return std::log1p(v); }, -1, 3e38f, 2, 0},
    {"tanh", kernels::vtanh, [](double v) { return std::tanh(v); }, -300, 300, 2, 0},
    {"sigmoid", kernels::vsigmoid, sigmoid_reference, -300, 300, 2.5, 0},
    {"logsigmoid", kernels::vlogsigmoid, [](double v) { return v > 0 ? -std::log1p(std::exp(-v)) : v - std::log1p(std::exp(v)); }, -300, 300, 2.5, 0},
    {"softplus", kernels::vsoftplus, [](double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); }, -300, 300, 2.5, 0},
    {"erf", kernels::verf, [](double v) { return std::erf(v); }, -300, 300, 2, 0},
    {"gelu", kernels::vgelu, [](double v) { return v * 0.5 * std::erfc(-v / std::sqrt(2.0)); }, -13, 300, 7, 0},
    {"slope of gelu", gelu_slope, gelu_slope_reference, -2, 300, 2, 1.2e-7},
    {"tail of the slope of gelu", gelu_slope, gelu_slope_reference, -12.5f, -2, 5, 0},
    {"gelu_tanh", kernels::vgelu_tanh, gelu_tanh_reference, -9, 300, 4, 1e-8},
    {"silu", kernels::vsilu, [](double v) { return v * sigmoid_reference(v); }, -87, 300, 3, 0},
    {"sin", kernels::vsin, [](double v) { return std::sin(v); }, -1e5f, 1e5f, 2, 1e-10},
    {"cos", kernels::vcos, [](double v) { return std::cos(v); }, -1e5f, 1e5f, 2, 1e-10},
};

// The distance to the next float of this magnitude; the smallest denormal below.
double ulp_at(double v) {
  int exponent;
  std::frexp(v, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

// Points over [low, high] that are dense where floats are: linear, geometric from the smallest denormal, and the ends.
std::vector<float> sample_points(float low, float high) {
  std::vector<float> points{low, high, 0.f, -0.f, 1e-45f, -1e-45f, 1e-38f, -1e-38f, 1.f, -1.f, 0.5f, -0.5f};
  Generator g(7);
  for (int i = 0; i < 100000; i++) {
    points.push_back(float(low + (double(high) - low) * g.uniform()));
    double magnitude = std::exp(-104 + g.uniform() * (104 + 89));
    points.push_back(float(g.uniform() < 0.5 ? -magnitude : magnitude));
    points.push_back(float(12 * g.uniform() - 6));
  }
  std::erase_if(points, [&](float p) { return p < low || p > high; });
  return points;
}

}  // namespace

TEST_CASE("vector functions are accurate to the stated units in the last place, denormals included") {
  for (const VectorFunction& v : vector_functions) {
    std::vector<float> x = sample_points(v.low, v.high), y(x.size());
    v.f(x.data(), y.data(), int64_t(x.size()));
    double worst = 0;
    float where = 0;
    for (size_t i = 0; i < x.size(); i++) {
      double want = v.reference(double(x[i])), error;
      if (std::abs(want) > double(std::numeric_limits<float>::max())) error = y[i] == float(want) ? 0 : INFINITY;
      else if (std::isinf(want)) error = double(y[i]) == want ? 0 : INFINITY;
      else error = std::max(0.0, std::abs(double(y[i]) - want) - v.absolute) / ulp_at(want);
      if (std::isnan(error)) error = INFINITY;
      if (error > worst) worst = error, where = x[i];
    }
    CAPTURE(std::string(v.name));
    CAPTURE(where);
    CHECK(worst <= v.ulp);
  }
}

TEST_CASE("vector functions keep infinities and NaN") {
  const float inf = std::numeric_limits<float>::infinity();
  struct Limit {
    FloatFunction f;
    double at_minus, at_plus;
  };
  const Limit limits[] = {{kernels::vexp, 0, inf},      {kernels::vexpm1, -1, inf},     {kernels::vlog, NAN, inf},   {kernels::vlog1p, NAN, inf},
                          {kernels::vtanh, -1, 1},      {kernels::vsigmoid, 0, 1},      {kernels::vlogsigmoid, -inf, 0}, {kernels::vsoftplus, 0, inf},
                          {kernels::verf, -1, 1},       {kernels::vsin, NAN, NAN},      {kernels::vcos, NAN, NAN},
                          {kernels::vgelu, NAN, inf}};  // -inf Phi(-inf) is -inf times 0
  auto same = [](float got, double want) { return std::isnan(want) ? std::isnan(got) : double(got) == want; };
  for (const Limit& l : limits) {
    float x[3] = {-inf, inf, NAN}, y[3];
    l.f(x, y, 3);
    CAPTURE(&l - limits);
    CHECK(same(y[0], l.at_minus));
    CHECK(same(y[1], l.at_plus));
    CHECK(std::isnan(y[2]));
  }
  for (FloatFunction f : std::initializer_list<FloatFunction>{kernels::vgelu, kernels::vgelu_tanh, kernels::vsilu}) {
    float x[3] = {300, NAN, -300}, y[3];
    f(x, y, 3);
    CHECK(y[0] == 300);
    CHECK(std::isnan(y[1]));
    CHECK(std::abs(y[2]) == 0);
  }
  float x[4] = {0, -0.f, -1, 1}, y[4];
  kernels::vlog(x, y, 4);
  CHECK(y[0] == -inf);
  CHECK(y[1] == -inf);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == 0);
  kernels::vlog1p(x, y, 4);
  CHECK(y[2] == -inf);
  for (FloatFunction f : std::initializer_list<FloatFunction>{kernels::vexpm1, kernels::vtanh, kernels::verf, kernels::vsin, kernels::vlog1p}) {
    f(x, y, 2);
    CHECK(y[0] == 0);
    CHECK(std::signbit(y[1]));
  }
}

TEST_CASE("vector functions give each element the same bits at any length, position and in place") {
  std::vector<float> x(67);
  for (size_t i = 0; i < x.size(); i++) x[i] = 0.1f * float(i) - 3.f;
  for (const VectorFunction& v : vector_functions) {
    std::vector<float> all(x.size());
    v.f(x.data(), all.data(), int64_t(x.size()));
    for (size_t n = 0; n <= x.size(); n++) {
      std::vector<float> part(x.begin(), x.begin() + int64_t(n));
      part.push_back(12345.f);
      v.f(part.data(), part.data(), int64_t(n));
      CHECK(std::memcmp(part.data(), all.data(), n * sizeof(float)) == 0);
      CHECK(part[n] == 12345.f);
    }
  }
}

TEST_CASE("gradients of gelu, gelu_tanh and silu agree with finite differences in double, and in float with double") {
  struct Pair {
    DoubleFunction f;
    void (*back)(const double*, const double*, double*, int64_t);
    void (*back_float)(const float*, const float*, float*, int64_t);
  };
  const Pair pairs[] = {{kernels::vgelu, kernels::vgelu_backward, kernels::vgelu_backward},
                        {kernels::vgelu_tanh, kernels::vgelu_tanh_backward, kernels::vgelu_tanh_backward},
                        {kernels::vsilu, kernels::vsilu_backward, kernels::vsilu_backward}};
  std::vector<double> x;
  for (int i = 0; i < 1001; i++) x.push_back(-12 + 0.024 * i);
  int64_t n = int64_t(x.size());
  for (const Pair& p : pairs) {
    std::vector<double> up(x), down(x), above(x.size()), below(x.size()), g(x.size(), 2.0), d(x.size());
    for (size_t i = 0; i < x.size(); i++) up[i] += 1e-5, down[i] -= 1e-5;
    p.f(up.data(), above.data(), n);
    p.f(down.data(), below.data(), n);
    p.back(x.data(), g.data(), d.data(), n);
    std::vector<float> x32(x.begin(), x.end()), g32(g.begin(), g.end()), d32(x.size());
    p.back_float(x32.data(), g32.data(), d32.data(), n);
    double worst = 0, worst_float = 0;
    for (size_t i = 0; i < x.size(); i++) {
      worst = std::max(worst, std::abs(d[i] - 2 * (above[i] - below[i]) / 2e-5));
      double at[1] = {x32[i]}, want[1];
      p.back(at, g.data(), want, 1);
      worst_float = std::max(worst_float, std::abs(double(d32[i]) - want[0]));
    }
    CHECK(worst < 1e-8);
    CHECK(worst_float < 1e-6);
    float extremes[4] = {300, -300, 0, NAN}, ones[4] = {1, 1, 1, 1}, out[4];
    p.back_float(extremes, ones, out, 4);
    CHECK(out[0] == 1);
    CHECK(std::abs(out[1]) == 0);
    CHECK(out[2] == 0.5f);
    CHECK(std::isnan(out[3]));
  }
}
