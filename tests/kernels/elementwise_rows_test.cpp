// The driver of elementwise loops: pieces of work that begin and end within rows, over operands of any strides.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/cpu.h"
#include "core/tensor.h"
#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"

using namespace tare;

TEST_CASE("elementwise: pieces that begin within a row, with broadcast, permuted and sliced operands") {
  // Prime sizes, so that no border of a piece (a multiple of kCheapGrain) is one of a row.
  constexpr int64_t kA = 7, kB = 31, kC = 523;
  static_assert(kA * kB * kC > 3 * kernels::kCheapGrain && kernels::kCheapGrain % kC != 0);
  Tensor x = empty({kA, kB, kC}), row = empty({kC}), column = empty({kB, 1}), turned = empty({kC, kA, kB}), wide = empty({kA, kB, 2 * kC});
  for (const Tensor& t : {x, row, column, turned, wide}) {
    float* p = t.mutable_data<float>();
    for (int64_t i = 0; i < t.numel(); i++) p[i] = float(i % 8191);  // sums of two are exact
  }
  struct Case {
    const char* name;
    Tensor other;
    int64_t a, b, c;  // the other operand's strides
  } cases[] = {{"a row", row, 0, 0, 1},
               {"a column", column, 0, 1, 0},
               {"axes permuted", view_of(turned, {kA, kB, kC}, {kB, 1, kA * kB}, 0), kB, 1, kA * kB},
               {"every second number", view_of(wide, {kA, kB, kC}, {2 * kB * kC, 2 * kC, 2}, 0), 2 * kB * kC, 2 * kC, 2}};
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Tensor y = kernels::add(x, c.other), z = kernels::sub(c.other, x);
    const float *px = x.data<float>(), *po = c.other.data<float>(), *py = y.data<float>(), *pz = z.data<float>();
    int64_t wrong = 0;
    for (int64_t i = 0; i < kA; i++)
      for (int64_t j = 0; j < kB; j++)
        for (int64_t k = 0; k < kC; k++) {
          int64_t at = (i * kB + j) * kC + k;
          float other = po[i * c.a + j * c.b + k * c.c];
          wrong += py[at] != px[at] + other || pz[at] != other - px[at];
        }
    CHECK(wrong == 0);
  }
}

TEST_CASE("elementwise: results that go past the cache, from any first byte on and of any width") {
  // Inputs of three quarters of the cache; rows of a prime length, so that they begin anywhere in a line.
  constexpr int64_t kC = 523;
  int64_t rows = last_level_cache_bytes() / 4 * 3 / int64_t(sizeof(float)) / kC + 1, n = rows * kC;
  Tensor x = empty({n}), row = empty({kC}), out = empty({n + 3});
  for (const Tensor& t : {x, row}) {
    float* p = t.mutable_data<float>();
    for (int64_t i = 0; i < t.numel(); i++) p[i] = float(i % 8191);  // sums of two are exact
  }
  auto wrong_sums = [&](const float* y, auto other) {
    const float* p = x.data<float>();
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; i++) wrong += y[i] != p[i] + other(i);
    return wrong;
  };
  auto itself = [&](int64_t i) { return x.data<float>()[i]; };
  CHECK(wrong_sums(kernels::add(x, x).data<float>(), itself) == 0);
  CHECK(wrong_sums(kernels::add(view_of(x, {rows, kC}, {kC, 1}, 0), row).data<float>(), [&](int64_t i) { return row.data<float>()[i % kC]; }) == 0);

  int64_t fewer = rows / 3 * 2;  // with its result a third beyond three quarters of the cache: only some pieces go past it
  Tensor some = kernels::add(view_of(x, {fewer, kC}, {kC, 1}, 0), row);
  int64_t wrong_in_some = 0;
  for (int64_t i = 0; i < fewer * kC; i++) wrong_in_some += some.data<float>()[i] != x.data<float>()[i] + row.data<float>()[i % kC];
  CHECK(wrong_in_some == 0);

  Tensor bools = kernels::gt(x, Scalar(4000.0));
  int64_t wrong = 0;
  for (int64_t i = 0; i < n; i++) wrong += bools.data<bool>()[i] != (x.data<float>()[i] > 4000);
  CHECK(wrong == 0);

  // A result that begins one number after a line's start, between numbers that stay.
  std::fill_n(out.mutable_data<float>(), n + 3, -1.0f);
  Tensor inner = view_of(out, {n}, {1}, 1);
  kernels::Operand in[] = {x, x};
  float unused = 0;
  kernels::run_rows(
      inner, in, 2,
      [](const char* const* at, char* y, const int64_t*, int64_t count, const void*) {
        for (int64_t i = 0; i < count; i++)
          reinterpret_cast<float*>(y)[i] = reinterpret_cast<const float*>(at[0])[i] + reinterpret_cast<const float*>(at[1])[i];
      },
      &unused, kernels::kCheapGrain);
  CHECK(wrong_sums(inner.data<float>(), itself) == 0);
  CHECK(out.data<float>()[0] == -1);
  CHECK(out.data<float>()[n + 1] == -1);
  CHECK(out.data<float>()[n + 2] == -1);
}
