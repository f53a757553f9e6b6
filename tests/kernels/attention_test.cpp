#include "kernels/attention.h"

#include "tests/kernels/finite_difference.h"

using namespace tare;
using namespace tare::samples;

namespace {

struct AttentionProblem {
  Shape q, k, v;  // (B, H, T, D)
  Shape mask{};   // empty: none
  bool boolean = false, causal = false;
};

Values attention_reference(const AttentionProblem& p, const Values& q, const Values& k, const Values& v, const Tensor& mask, double scale) {
  int64_t heads = p.q[1], queries = p.q[2], keys = p.k[2], size = p.q[3], value_size = p.v[3];
  Values out(size_t(p.q[0] * heads * queries * value_size), 0.0), m = mask.defined() ? mask.to_vector<double>() : Values{};
  for (int64_t bh = 0; bh < p.q[0] * heads; bh++)
    for (int64_t i = 0; i < queries; i++) {
      Values score(static_cast<size_t>(keys));
      double top = -INFINITY, total = 0;
      for (int64_t j = 0; j < keys; j++) {
        double s = 0;
        for (int64_t d = 0; d < size; d++) s += q[size_t((bh * queries + i) * size + d)] * k[size_t((bh * keys + j) * size + d)];
        s *= scale;
        if (mask.defined()) {
          int64_t index[4] = {bh / heads, bh % heads, i, j}, at = 0;
          for (int a = 0; a < mask.dim(); a++) {
            int64_t extent = mask.shape()[a];
            at = at * extent + (extent == 1 ? 0 : index[4 - mask.dim() + a]);
          }
          if (p.boolean) s = m[size_t(at)] != 0 ? s : -INFINITY;
          else s += m[size_t(at)];
        }
        if (p.causal && j > i) s = -INFINITY;
        score[size_t(j)] = s;
        top = std::max(top, s);
      }
      if (top == -INFINITY) continue;
      for (double& s : score) total += s = std::exp(s - top);
      for (int64_t j = 0; j < keys; j++)
        for (int64_t d = 0; d < value_size; d++)
          out[size_t((bh * queries + i) * value_size + d)] += score[size_t(j)] / total * v[size_t((bh * keys + j) * value_size + d)];
    }
  return out;
}

Tensor random_mask(const AttentionProblem& p, DType dtype) {
  if (p.mask.empty()) return {};
  Tensor values = random_tensor(p.mask, DType::float64, 61);
  if (!p.boolean) return tensor_of(p.mask, values.to_vector<double>(), dtype);
  Tensor m = empty(p.mask, DType::boolean);
  Values v = values.to_vector<double>();
  for (size_t i = 0; i < v.size(); i++) m.mutable_data<bool>()[i] = v[i] > -0.3;
  return m;
}

const AttentionProblem attention_problems[] = {
    {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}},
    {{1, 2, 3, 4}, {1, 2, 5, 4}, {1, 2, 5, 3}},
    {{2, 1, 4, 3}, {2, 1, 4, 3}, {2, 1, 4, 3}, {}, false, true},
    {{1, 1, 5, 2}, {1, 1, 3, 2}, {1, 1, 3, 2}, {}, false, true},
    {{2, 2, 3, 2}, {2, 2, 4, 2}, {2, 2, 4, 2}, {2, 1, 1, 4}, true, false},
    {{2, 2, 3, 2}, {2, 2, 4, 2}, {2, 2, 4, 2}, {3, 4}, false, false},
    {{2, 2, 3, 2}, {2, 2, 4, 2}, {2, 2, 4, 2}, {2, 1, 3, 1}, true, true},
};
const AttentionProblem long_problems[] = {
    {{1, 2, 131, 33}, {1, 2, 131, 33}, {1, 2, 131, 33}, {}, false, true},
    {{1, 1, 70, 64}, {1, 1, 300, 64}, {1, 1, 300, 17}},
    {{1, 3, 200, 8}, {1, 3, 77, 8}, {1, 3, 77, 8}, {1, 3, 200, 77}, false, true},
    {{2, 1, 65, 16}, {2, 1, 129, 16}, {2, 1, 129, 16}, {2, 1, 1, 129}, true, false},
    {{1, 1, 300, 16}, {1, 1, 40, 16}, {1, 1, 40, 16}, {}, false, true},
};

}  // namespace

TEST_CASE("attention and its gradients agree with the definition and finite differences") {
  for (const AttentionProblem& p : attention_problems) {
    Tensor q = random_tensor(p.q, DType::float64, 62), k = random_tensor(p.k, DType::float64, 63), v = random_tensor(p.v, DType::float64, 64);
    Tensor mask = random_mask(p, DType::float64);
    double scale = 0.7;
    Values qv = q.to_vector<double>(), kv = k.to_vector<double>(), vv = v.to_vector<double>();
    auto r = kernels::attention(q, k, v, mask, p.causal, scale);
    CHECK(relative_error(r.out, attention_reference(p, qv, kv, vv, mask, scale)) < 1e-13);
    Tensor g = random_tensor(r.out.shape(), DType::float64, 65);
    Values gv = g.to_vector<double>();
    auto d = kernels::attention_backward(g, q, k, v, mask, p.causal, scale, r);
    CHECK(relative_error(d.dq, numeric_gradient([&](const Values& x) { return attention_reference(p, x, kv, vv, mask, scale); }, qv, gv)) < 1e-8);
    CHECK(relative_error(d.dk, numeric_gradient([&](const Values& x) { return attention_reference(p, qv, x, vv, mask, scale); }, kv, gv)) < 1e-8);
    CHECK(relative_error(d.dv, numeric_gradient([&](const Values& x) { return attention_reference(p, qv, kv, x, mask, scale); }, vv, gv)) < 1e-8);
  }
}

TEST_CASE("attention over several tiles agrees with the definition in float32 and float64") {
  for (const AttentionProblem& p : long_problems) {
    Tensor q = random_tensor(p.q, DType::float64, 66), k = random_tensor(p.k, DType::float64, 67), v = random_tensor(p.v, DType::float64, 68);
    Tensor mask = random_mask(p, DType::float64), mask32 = random_mask(p, DType::float32);
    Values want = attention_reference(p, q.to_vector<double>(), k.to_vector<double>(), v.to_vector<double>(), mask, 0.9);
    auto r = kernels::attention(q, k, v, mask, p.causal, 0.9);
    auto r32 = kernels::attention(to_float(q), to_float(k), to_float(v), mask32, p.causal, 0.9);
    CHECK(relative_error(r.out, want) < 1e-13);
    CHECK(relative_error(r32.out, want) < 3e-6);
    Tensor g = random_tensor(r.out.shape(), DType::float64, 69);
    auto d = kernels::attention_backward(g, q, k, v, mask, p.causal, 0.9, r);
    auto d32 = kernels::attention_backward(to_float(g), to_float(q), to_float(k), to_float(v), mask32, p.causal, 0.9, r32);
    CHECK(relative_error(d32.dq, d.dq.to_vector<double>()) < 1e-5);
    CHECK(relative_error(d32.dk, d.dk.to_vector<double>()) < 1e-5);
    CHECK(relative_error(d32.dv, d.dv.to_vector<double>()) < 1e-5);
    // A direction of q, k and v together: the slope of <g, out> along it.
    double slope = 0, h = 1e-5, sides[2];
    Tensor aq = random_tensor(p.q, DType::float64, 70), ak = random_tensor(p.k, DType::float64, 71), av = random_tensor(p.v, DType::float64, 72);
    auto moved = [&](const Tensor& x, const Tensor& a, double t) {
      Values y = x.to_vector<double>(), s = a.to_vector<double>();
      for (size_t i = 0; i < y.size(); i++) y[i] += t * s[i];
      return y;
    };
    auto dot = [](const Values& a, const Values& b) {
      double s = 0;
      for (size_t i = 0; i < a.size(); i++) s += a[i] * b[i];
      return s;
    };
    for (int side : {0, 1}) {
      double t = side ? h : -h;
      sides[side] = dot(attention_reference(p, moved(q, aq, t), moved(k, ak, t), moved(v, av, t), mask, 0.9), g.to_vector<double>());
    }
    slope = dot(d.dq.to_vector<double>(), aq.to_vector<double>()) + dot(d.dk.to_vector<double>(), ak.to_vector<double>()) +
            dot(d.dv.to_vector<double>(), av.to_vector<double>());
    CHECK(slope == doctest::Approx((sides[1] - sides[0]) / (2 * h)).epsilon(1e-6));
  }
}

TEST_CASE("attention: a query that sees no key gives zeros and no gradients") {
  Tensor q = random_tensor({1, 1, 2, 3}, DType::float32, 73), mask = empty({2, 2}, DType::boolean);
  bool* m = mask.mutable_data<bool>();
  m[0] = m[1] = false;
  m[2] = m[3] = true;
  auto r = kernels::attention(q, q, q, mask, false, 1);
  Values out = r.out.to_vector<double>();
  for (size_t i = 0; i < 3; i++) CHECK(out[i] == 0);
  CHECK(r.logsumexp.to_vector<double>()[0] == -INFINITY);
  auto d = kernels::attention_backward(random_tensor(q.shape(), DType::float32, 74), q, q, q, mask, false, 1, r);
  Values dq = d.dq.to_vector<double>();
  for (size_t i = 0; i < 3; i++) CHECK(dq[i] == 0);
  for (double v : d.dk.to_vector<double>()) CHECK(std::isfinite(v));
}

TEST_CASE("attention keeps large scores: 300 times 300 picks one key") {
  Tensor q = tensor_of({1, 1, 1, 1}, {300}, DType::float32), k = tensor_of({1, 1, 3, 1}, {-300, 300, 0}, DType::float32);
  Tensor v = tensor_of({1, 1, 3, 1}, {1, 2, 3}, DType::float32);
  CHECK(kernels::attention(q, k, v, {}, false, 1).out.item() == 2);
}

TEST_CASE("attention takes views of a packed (B, T, 3, H, D) tensor") {
  Tensor packed = random_tensor({2, 37, 3, 4, 8}, DType::float32, 75);
  auto part = [&](int64_t i) { return view_of(packed, {2, 4, 37, 8}, {37 * 96, 8, 96, 1}, i * 32); };
  auto r = kernels::attention(part(0), part(1), part(2), {}, true, 0.3);
  auto want = kernels::attention(to_float(part(0)), to_float(part(1)), to_float(part(2)), {}, true, 0.3);
  CHECK(relative_error(r.out, want.out.to_vector<double>()) < 1e-6);
  Tensor g = transposed(random_tensor({2, 37, 4, 8}, DType::float32, 76), 1, 2);
  auto d = kernels::attention_backward(g, part(0), part(1), part(2), {}, true, 0.3, r);
  auto dwant = kernels::attention_backward(to_float(g), to_float(part(0)), to_float(part(1)), to_float(part(2)), {}, true, 0.3, want);
  CHECK(relative_error(d.dq, dwant.dq.to_vector<double>()) < 1e-6);
  CHECK(relative_error(d.dk, dwant.dk.to_vector<double>()) < 1e-6);
  CHECK(relative_error(d.dv, dwant.dv.to_vector<double>()) < 1e-6);
}

TEST_CASE("attention gives the same bits with 1, 2 and 5 threads") {
  Tensor q = random_tensor({2, 3, 150, 16}, DType::float32, 77);
  auto r = kernels::attention(q, q, q, {}, true, 0.25);
  CHECK(same_for_any_threads([&] { return to_float(kernels::attention(q, q, q, {}, true, 0.25).out); }));
  CHECK(same_for_any_threads([&] { return to_float(kernels::attention_backward(q, q, q, q, {}, true, 0.25, r).dq); }));
  CHECK(same_for_any_threads([&] { return to_float(kernels::attention_backward(q, q, q, q, {}, true, 0.25, r).dk); }));
  CHECK(same_for_any_threads([&] { return to_float(kernels::attention_backward(q, q, q, q, {}, true, 0.25, r).dv); }));
}

TEST_CASE("attention names what is wrong") {
  Tensor q = random_tensor({1, 2, 3, 4}, DType::float32, 78);
  CHECK_THROWS_WITH_AS(kernels::attention(empty({2, 3, 4}), q, q, {}, false, 1), doctest::Contains("[batch, heads, time, size]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::attention(q, empty({1, 2, 3, 5}), q, {}, false, 1), doctest::Contains("do not fit"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::attention(q, q, q, empty({2, 3}), false, 1), doctest::Contains("[2, 3]"), ShapeError);
  CHECK_THROWS_WITH_AS(kernels::attention(q, q, q, empty({3, 3}, DType::int64), false, 1), doctest::Contains("must be bool or float32"), DTypeError);
}
