// The vector kernels exist several times, for different processors, and one is chosen at run time. Here each one that this processor can
// run is made to compute the same things, so that the code for old processors is tested on new ones.
#include <hwy/targets.h>

#include "kernels/attention.h"
#include "kernels/cross_entropy.h"
#include "kernels/gemm.h"
#include "kernels/norm.h"
#include "kernels/rnn.h"
#include "kernels/simd_math.h"
#include "kernels/softmax.h"
#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

namespace {

Values appended(std::initializer_list<Tensor> tensors) {
  Values all;
  for (const Tensor& t : tensors)
    for (double v : t.to_vector<double>()) all.push_back(v);
  return all;
}

// Everything that vector kernels compute, from inputs of awkward sizes.
Values all_kernels(DType dtype) {
  Values all;
  auto keep = [&](std::initializer_list<Tensor> tensors) {
    Values v = appended(tensors);
    all.insert(all.end(), v.begin(), v.end());
  };
  if (dtype == DType::float32) {
    Tensor x = random_tensor({1003}, dtype, 1), y = empty(x.shape());
    for (auto f : std::initializer_list<void (*)(const float*, float*, int64_t)>{
             kernels::vexp, kernels::vexpm1, kernels::vlog1p, kernels::vtanh, kernels::vsigmoid, kernels::vsoftplus, kernels::verf, kernels::vgelu,
             kernels::vgelu_tanh, kernels::vsilu, kernels::vsin, kernels::vcos}) {
      f(x.data<float>(), y.mutable_data<float>(), x.numel());
      keep({y});
    }
  }
  Tensor x = random_tensor({7, 6, 19}, dtype, 2), g = random_tensor(x.shape(), dtype, 3), w = random_tensor({6}, dtype, 4),
      v = random_tensor({19}, dtype, 5);
  Tensor p = kernels::softmax(x, 2), l = kernels::log_softmax(x, 1);
  keep({p, l, kernels::softmax_backward(g, p, 2), kernels::log_softmax_backward(g, l, 1)});
  auto ln = kernels::layer_norm(x, 1, v, v, 1e-5);
  auto ln_grads = kernels::layer_norm_backward(g, x, ln, 1, v);
  auto rms = kernels::rms_norm(x, 1, v, 1e-5);
  auto gn = kernels::group_norm(x, 3, w, w, 1e-5);
  auto gn_grads = kernels::group_norm_backward(g, x, gn, 3, w);
  keep({ln.y, ln_grads.dx, ln_grads.dw, ln_grads.db, rms.y, kernels::rms_norm_backward(g, x, rms, 1, v).dx, gn.y, gn_grads.dx, gn_grads.dw});
  Tensor matrix = random_tensor({33, 21}, dtype, 6), mw = random_tensor({21}, dtype, 7);
  for (bool relu : {false, true}) {
    auto bn = kernels::batch_norm(x, w, w, 1e-5, relu), columns = kernels::batch_norm(matrix, mw, mw, 1e-5, relu);
    auto a = kernels::batch_norm_backward(g, x, bn, w, w, {}, relu), b = kernels::batch_norm_backward(matrix, matrix, columns, mw, mw, {}, relu);
    keep({bn.y, a.dx, a.dw, columns.y, columns.variance, b.dx, b.db});
  }
  Tensor labels = tensor_of({33}, std::vector<int64_t>(33, 4)), one = tensor_of({}, {1.0}, dtype);
  auto ce = kernels::cross_entropy(matrix, labels, mw, {});
  keep({ce.loss, kernels::cross_entropy_backward(one, matrix, labels, mw, ce, {})});
  Tensor q = random_tensor({1, 2, 29, 7}, dtype, 8);
  auto attended = kernels::attention(q, q, q, {}, true, 0.5);
  auto dq = kernels::attention_backward(q, q, q, q, {}, true, 0.5, attended);
  keep({attended.out, dq.dq, dq.dk, dq.dv});
  auto seen_all = kernels::attention(q, q, q, {}, false, 0.5);
  keep({seen_all.out, kernels::attention_backward(q, q, q, q, {}, false, 0.5, seen_all).dk});
  // Products that pack both operands: the columns of a transposed A lie pages apart, and the last tile of rows is not whole.
  Tensor a = random_tensor({40, 1024}, dtype, 12), b = random_tensor({40, 69}, dtype, 13), bt = random_tensor({69, 40}, dtype, 14);
  for (bool tb : {false, true}) {
    Tensor c = random_tensor({421, 69}, dtype, 15);
    dispatch_floating("test", dtype, [&]<class T>() {
      kernels::gemm<T>(true, tb, 421, 69, 40, T(0.5), a.data<T>(), 1024, (tb ? bt : b).data<T>(), tb ? 40 : 69, T(1), c.mutable_data<T>(), 69);
    });
    keep({c});
  }
  Tensor s = random_tensor({5, 13, 3}, dtype, 9), wi = random_tensor({36, 3}, dtype, 10), wh = random_tensor({36, 9}, dtype, 11);
  auto lstm = kernels::lstm_forward(s, {}, {}, wi, wh, {}, {}, {});
  keep({lstm.y, kernels::lstm_backward(lstm.y, {}, {}, s, {}, {}, wi, wh, lstm, {}).dw_hh});
  return all;
}

struct ChosenTarget {
  explicit ChosenTarget(int64_t target) { hwy::SetSupportedTargetsForTest(target); }
  ~ChosenTarget() { hwy::SetSupportedTargetsForTest(0); }
};

}  // namespace

TEST_CASE("vector kernels of every processor target agree") {
  for (DType dtype : {DType::float32, DType::float64}) {
    Values best = all_kernels(dtype);
    double tolerance = dtype == DType::float32 ? 2e-5 : 1e-12;
    int64_t supported = hwy::SupportedTargets();
    for (int64_t targets = supported; targets != 0; targets &= targets - 1) {
      ChosenTarget chosen(targets & -targets);
      CAPTURE(std::string(hwy::TargetName(targets & -targets)));
      Values values = all_kernels(dtype);
      REQUIRE(values.size() == best.size());
      int64_t apart = 0;  // counted so that a NaN is seen
      for (size_t i = 0; i < best.size(); i++) apart += !(std::abs(values[i] - best[i]) < tolerance * std::max(1.0, std::abs(best[i])));
      CHECK(apart == 0);
    }
  }
}

TEST_CASE("gelu far out on every processor target: x itself, 0, inf and NaN") {
  const float inf = std::numeric_limits<float>::infinity();
  int64_t supported = hwy::SupportedTargets();
  for (int64_t targets = supported; targets != 0; targets &= targets - 1) {
    ChosenTarget chosen(targets & -targets);
    CAPTURE(std::string(hwy::TargetName(targets & -targets)));
    float x[5] = {300, -300, inf, -inf, NAN}, y[5];
    kernels::vgelu(x, y, 5);
    CHECK(y[0] == 300);
    CHECK(y[1] == 0);
    CHECK(y[2] == inf);
    CHECK(std::isnan(y[3]));  // -inf times 0
    CHECK(std::isnan(y[4]));
  }
}
