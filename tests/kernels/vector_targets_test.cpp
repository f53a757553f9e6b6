#include <hwy/targets.h>

#include "kernels/conv.h"
#include "kernels/gemm.h"
#include "kernels/pool.h"
#include "tests/kernels/samples.h"

using namespace tare;
using namespace tare::samples;

namespace {

// Runs f as on a machine that has only the given instruction sets.
template <class F>
auto on_targets(int64_t targets, F f) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  auto result = f();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return result;
}

}  // namespace

TEST_CASE("products, convolutions and pooling give the same numbers on every instruction set of this machine") {
  struct Case {
    Shape x, w;
    kernels::ConvParams p;
  };
  const Case cases[] = {{{2, 17, 9, 14}, {33, 17, 3, 3}, {.padding = {1}}},
                        {{2, 9, 9, 14}, {10, 9, 3, 3}, {.padding = {1}}},
                        {{2, 5, 9, 21}, {4, 5, 5, 3}, {.stride = {2}, .padding = {1}}},
                        {{2, 13, 9, 21}, {29, 13, 5, 3}, {.stride = {2}, .padding = {1}}},
                        {{2, 6, 9, 21}, {6, 1, 3, 3}, {.padding = {1}, .groups = 6}},
                        {{2, 6, 9, 21}, {8, 6, 1, 1}, {}}};
  auto run = [&](DType t) {
    Tensors out;
    for (const Case& c : cases) {
      Tensor x = random_tensor(c.x, t, 1), w = random_tensor(c.w, t, 2), b = random_tensor({c.w[0]}, t, 3);
      Tensor y = kernels::conv_forward(x, w, b, c.p, kernels::Activation::relu);
      kernels::ConvGradients g = kernels::conv_backward(y, x, w, c.p, true, true);
      out.insert(out.end(), {y, g.input, g.weight});
    }
    for (auto [m, n, k] : {std::array<int64_t, 3>{13, 37, 300}, {70, 130, 64}, {3, 5, 7}}) {
      Tensor a = random_tensor({m, k}, t, 4), b = random_tensor({k, n}, t, 5);
      out.push_back(kernels::matmul(a, b));
      out.push_back(kernels::matmul(a, transposed(random_tensor({n, k}, t, 6), 0, 1)));
    }
    kernels::MaxPooled pooled = kernels::max_pool(random_tensor({2, 3, 9, 37}, t, 7), {.kernel = {2, 2}});
    out.insert(out.end(), {pooled.values, pooled.indices});
    return out;
  };
  for (DType t : {DType::float32, DType::float64}) {
    Tensors best = run(t);
    for (int64_t rest = hwy::SupportedTargets(); rest; rest &= rest - 1) {
      int64_t target = rest & -rest;
      INFO("target ", target);
      Tensors other = on_targets(target | HWY_STATIC_TARGET, [&] { return run(t); });
      REQUIRE(other.size() == best.size());
      for (size_t i = 0; i < best.size(); i++) CHECK(relative_error(other[i], best[i].to_vector<double>()) < (t == DType::float32 ? 1e-5 : 1e-13));
    }
  }
}
