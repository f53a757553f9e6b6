// Fourier transforms against their definition, for lengths of every kind; what they keep; errors.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/complex.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "core/parallel.h"

using namespace tare;

namespace {
Tensor random(const Shape& s, DType t = DType::float64) {
  Generator g(5);
  return randn(s, t, &g);
}
double apart(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }
}  // namespace

TEST_CASE("fft is its definition for smooth, odd, prime and large prime lengths, in both types") {
  for (int64_t n : {1, 2, 3, 12, 35, 53, 64, 101, 106, 251}) {
    CAPTURE(n);
    Tensor x = random({n, 2}), y = fft(x);
    auto in = x.to_vector<double>(), got = y.to_vector<double>();
    double worst = 0;
    for (int64_t k = 0; k < n; k++) {
      double re = 0, im = 0;
      for (int64_t j = 0; j < n; j++) {
        double angle = -2 * M_PI * double(j * k % n) / double(n), c = std::cos(angle), s = std::sin(angle);
        re += in[size_t(2 * j)] * c - in[size_t(2 * j + 1)] * s, im += in[size_t(2 * j)] * s + in[size_t(2 * j + 1)] * c;
      }
      worst = std::max({worst, std::abs(got[size_t(2 * k)] - re), std::abs(got[size_t(2 * k + 1)] - im)});
    }
    CHECK(worst < 1e-12 * double(n));
    CHECK(apart(ifft(y), x) < 1e-13);
    CHECK(apart(fft(to(x, DType::float32)), to(y, DType::float32)) < 1e-5);
  }
}

TEST_CASE("transforms of real numbers agree with the complex one, along any axis, and back") {
  for (int64_t n : {1, 2, 5, 8, 53}) {
    Tensor x = random({3, n, 2});
    Tensor whole = fft(complex(x, zeros_like(x)), {}, 1);
    CHECK(apart(rfft(x, {}, 1), narrow(whole, 1, 0, n / 2 + 1)) < 1e-12);
    for (const char* norm : {"backward", "forward", "ortho"}) CHECK(apart(irfft(rfft(x, {}, 1, norm), n, 1, norm), x) < 1e-13);
  }
  Tensor x = random({4, 5, 6});
  CHECK(apart(irfftn(rfftn(x), x.shape()), x) < 1e-13);
  CHECK(apart(irfft2(rfft2(x, {}, {0, 1}), {4, 5}, {0, 1}), x) < 1e-13);
  CHECK(sum(square(fft(complex(x, x), {}, -1, "ortho"))).item() == doctest::Approx(2 * sum(square(x)).item()));  // Parseval
  CHECK(equal(ifftshift(fftshift(x)), x));
  CHECK(fftshift(fftfreq(5)).to_vector<double>()[0] == doctest::Approx(-0.4));
  CHECK(rfftfreq(4, 0.5).to_vector<double>() == std::vector<double>{0, 0.5, 1});
  // Integers are taken as the default floating type.
  CHECK(fft(full({3, 2}, 1)).dtype() == default_dtype());
}

TEST_CASE("fft gives the same bits for any number of threads") {
  Tensor x = random({300, 53, 2, 2});
  int before = num_threads();
  set_num_threads(1);
  Tensor one = fft(x, {}, 1);
  set_num_threads(5);
  CHECK(equal(fft(x, {}, 1), one));
  set_num_threads(before);
}

TEST_CASE("errors of transforms") {
  Tensor x = ones({4, 2});
  CHECK_THROWS_WITH_AS(fft(ones({4, 3})), doctest::Contains("fft: expected complex numbers (*, 2)"), ShapeError);
  CHECK_THROWS_WITH_AS(fft(ones({2})), doctest::Contains("at least one axis before the pairs"), ShapeError);
  CHECK_THROWS_WITH_AS(fft(x, 0), doctest::Contains("expected at least 1 number to transform, not 0"), ValueError);
  CHECK_THROWS_AS(fft(ones({0, 2})), ValueError);
  CHECK_THROWS_AS(rfft(ones({3}), -1), ValueError);
  CHECK_THROWS_WITH_AS(irfft(ones({1, 2})), doctest::Contains("give n"), ValueError);
  CHECK_THROWS_AS(fft(x, {}, 1), IndexError);
  CHECK_THROWS_AS(fft2(x), IndexError);
  CHECK_THROWS_AS(fftn(ones({3, 4, 2}), {2}, {0, 1}), ValueError);
  CHECK_THROWS_WITH_AS(fft(x, {}, -1, "orto"), doctest::Contains("unknown norm \"orto\""), ConfigError);
  CHECK_THROWS_AS(rfft(ones({})), ShapeError);
}
