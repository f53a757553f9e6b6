// Attention of papers: Sinkhorn's, Galerkin's, norm-aware and guided attention, and the limits of normalization.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "nn/attention/limits.h"
#include "nn/attention/multihead_attention.h"
#include "nn/attention/nag.h"
#include "nn/attention/nala.h"
#include "nn/attention/simple_attention.h"
#include "nn/attention/sinkhorn_attention.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

}  // namespace

TEST_CASE("sinkhorn: one half step is softmax, odd numbers end on rows, even ones on columns, and all scores are fine") {
  Tensor c = gauss({2, 6, 4}, 1);
  CHECK(apart(sinkhorn(c, 1), softmax(c, -1)) < 1e-12);
  CHECK(apart(sinkhorn(c, 0, 2), 6 * exp(c / 2)) < 1e-12);
  for (int64_t n : {1, 3, 5}) CHECK(apart(sum(sinkhorn(c, n, 0.5), {-1}), ones({2, 6}, DType::float64)) < 1e-12);
  for (int64_t n : {2, 4}) CHECK(apart(sum(sinkhorn(c, n, 0.5), {-2}), full({2, 4}, 1.5, DType::float64)) < 1e-12);
  CHECK(!any(isnan(sinkhorn(c * 1e4, 5))).item());
  CHECK_THROWS_AS(sinkhorn(c, -1), ValueError);
  CHECK_THROWS_WITH_AS(sinkhorn(gauss({3}, 1)), doctest::Contains("expected scores"), ShapeError);
}

TEST_CASE("sinkhorn: converged, columns sum to 1, constants of rows and columns drop out, and P is the derivative of <P, C> + entropy") {
  Tensor c = gauss({6, 6}, 2).set_requires_grad();
  Tensor a = sinkhorn(c, 101);
  CHECK(apart(sum(a, {0}), ones({6}, DType::float64)) < 1e-6);
  CHECK(apart(a, sinkhorn(c + 3 * gauss({6, 1}, 3), 101)) < 1e-6);
  CHECK(apart(a, sinkhorn(c + 3 * gauss({1, 6}, 4), 101)) < 1e-6);
  Tensor p = a / 6;
  CHECK(apart(grad(sum(p * c) - sum(p * log(p)), c), p) < 1e-6);
}

TEST_CASE("SinkhornAttention: no output projection for one head of the full width; errors say what was expected") {
  DefaultDtype scope(DType::float64);
  SinkhornAttention one({.dim = 4, .heads = 1, .dim_head = 4}), two({.dim = 4, .heads = 2, .dim_head = 3});
  CHECK(one.parameters().size() == 1);
  CHECK(two.parameters().size() == 3);
  CHECK(two(gauss({1, 5, 4}, 1).detach()).shape() == Shape{1, 5, 4});
  CHECK_THROWS_WITH_AS(two(gauss({5, 4}, 1)), doctest::Contains("(B, N, 4)"), ShapeError);
  CHECK_THROWS_AS(SinkhornAttention({.dim = 4, .n_iters = 0}), ConfigError);
}

TEST_CASE("SimpleAttention: q (k^T v) is (q k^T) v, repeating every token changes nothing, and values pass linearly") {
  DefaultDtype scope(DType::float64);
  using Type = SimpleAttentionOptions::Type;
  Tensor x = gauss({2, 5, 4}, 1), twice = repeat_interleave(x, 2, 1);
  for (Type type : {Type::galerkin, Type::fourier}) {
    SimpleAttention m({.d_model = 4, .n_head = 2, .pos_dim = 0, .attention_type = type, .dropout = 0, .xavier_init = 1});
    Tensor y = m(x, x, x);
    Tensor q = heads_of(m.linears[0](x), 2, true), k = heads_of(m.linears[1](x), 2, true), v = heads_of(m.linears[2](x), 2, true);
    double scale = type == Type::galerkin ? 5 : 5 * std::sqrt(2);
    CHECK(apart(y, join_heads(matmul(matmul(q, transpose(k)), v) / scale, true)) < 1e-12);
    CHECK(apart(m(twice, twice, twice), repeat_interleave(y, 2, 1)) < 1e-12);
    CHECK(apart(m(x, x, 3.0 * x), 3.0 * y) < 1e-12);
  }
}

TEST_CASE("SimpleAttention: norms of their own for each head, dropout in training only, and coordinates that are asked for") {
  DefaultDtype scope(DType::float64);
  SimpleAttention m({.d_model = 4, .n_head = 2, .pos_dim = 0, .attention_type = SimpleAttentionOptions::Type::galerkin, .dropout = 0.5, .norm = true, .xavier_init = 1});
  CHECK(m.parameters().find("norm_V.1.weight") != nullptr);
  CHECK(m.parameters().find("norm_Q.0.weight") == nullptr);
  Tensor x = gauss({2, 5, 4}, 1);
  CHECK(apart(m(x, x, x), m(x, x, x)) > 0);
  m.eval();
  CHECK(apart(m(x, x, x), m(x, x, x)) == 0);
  CHECK(apart(m(x, 1e4 * x, x), m(x, 2e4 * x, x)) < 1e-6);  // keys are normalized
  CHECK_THROWS_WITH_AS(m(x, x, x, gauss({2, 5, 1}, 1)), doctest::Contains("pos_dim is 0"), ShapeError);
  SimpleAttention with_pos({.d_model = 4, .n_head = 2});
  CHECK_THROWS_WITH_AS(with_pos(x, x, x), doctest::Contains("pos_dim is 1"), ShapeError);
  CHECK_THROWS_AS(SimpleAttention({.d_model = 4, .n_head = 3}), ConfigError);
}

TEST_CASE("nala_attention: weights of at least 0 that sum to 1, the explicit product, no order among keys, zeros without NaN") {
  Tensor q = gauss({1, 2, 5, 3}, 1), k = gauss({1, 2, 5, 3}, 2), v = gauss({1, 2, 5, 3}, 3);
  Tensor w = nala_attention(q, k, expand(eye(5, 5, DType::float64), {1, 2, 5, 5}));
  CHECK(amin(w).item() >= 0);
  CHECK(apart(sum(w, {-1}), ones({1, 2, 5}, DType::float64)) < 1e-4);
  CHECK(apart(nala_attention(q, k, v), matmul(w, v)) < 1e-10);
  CHECK(apart(nala_attention(q, flip(k, {2}), flip(v, {2})), nala_attention(q, k, v)) < 1e-12);
  Tensor zero = zeros({1, 1, 2, 3}, DType::float64).set_requires_grad(), some = gauss({1, 1, 2, 3}, 4).set_requires_grad();
  Tensor y = nala_attention(zero, some, some, {.power_scale = 0.1});
  CHECK(apart(y, zeros_like(y)) == 0);
  for (const Tensor& g : grad(Tensors{sum(y)}, {zero, some}, {.allow_unused = true})) CHECK((!g.defined() || !any(isnan(g)).item()));
  CHECK_THROWS_WITH_AS(nala_attention(q, k, v, {.key_power = 2}), doctest::Contains("odd"), ConfigError);
  CHECK_THROWS_WITH_AS(NormAwareLinearAttention({.dim = 6, .num_heads = 1}), doctest::Contains("4, 8, 12"), ConfigError);
}

TEST_CASE("normalized_attention_guidance: equal branches, s = 1 and alpha = 0 return Z+; the norm is bounded for every input") {
  Tensor p = gauss({7, 6}, 1), n = gauss({7, 6}, 2);
  for (double s : {1.5, 4.0, 1e6}) CHECK(equal(normalized_attention_guidance(p, p, {.scale = s}), p));
  CHECK(equal(normalized_attention_guidance(p, n, {.scale = 1}), p));
  CHECK(equal(normalized_attention_guidance(p, n, {.alpha = 0}), p));
  for (double order : {1.0, 2.0})
    for (double s : {2.0, 50.0, 1e4}) {
      NAGOptions o{.scale = s, .p = order};
      Tensor z = normalized_attention_guidance(p, n, o);
      CHECK(all(le(norm(z, order, {-1}), norm(p, order, {-1}) * (1.375 * (1 + 1e-12)))).item());
      CHECK(apart(normalized_attention_guidance(p * 1e3, n * 1e3, o) / 1e3, z) < 1e-12);
    }
  CHECK(apart(normalized_attention_guidance(p, n, {.scale = 1e9}), normalized_attention_guidance(p, n, {.scale = 1e12})) < 1e-6);
  CHECK(apart(normalized_attention_guidance(p, n, {.scale = 1.01}), p + 0.25 * 0.01 * (p - n)) < 1e-12);
  // |Z+| = 0 gives Z+, |Zg| = 0 gives (1 - alpha) Z+, neither gives NaN.
  Tensor zero = zeros({1, 6}, DType::float64).set_requires_grad(), other = gauss({1, 6}, 3).set_requires_grad();
  for (auto [a, b, want] : {std::tuple{zero, other, zero}, {other, other * 1.5, other * 0.75}}) {
    Tensor z = normalized_attention_guidance(a, b, {.scale = 3});
    CHECK(apart(z, want) < 1e-12);
    for (const Tensor& g : grad(Tensors{sum(z)}, {a, b}, {.allow_unused = true})) CHECK((!g.defined() || !any(isnan(g)).item()));
  }
  CHECK_THROWS_WITH_AS(normalized_attention_guidance(p, n, {.tau = 0.5}), doctest::Contains("tau must be at least 1"), ConfigError);
}

TEST_CASE("attention_normalize: weights of softmax lie within e^(-2D/T) / L and e^(2D/T) / L, its Jacobian below 1 / (2T)") {
  for (double t : {0.02, 0.1, 0.5, 2.0})
    for (int64_t length : {4, 32, 256, 1024}) {
      Generator g(7);
      Tensor l = uniform({3, length}, -0.5, 0.5, DType::float64, &g), alpha = attention_normalize(l, {.temperature = t});
      CHECK(amax(alpha).item() <= std::exp(1 / t) / double(length) * (1 + 1e-12));
      CHECK(amin(alpha).item() >= std::exp(-1 / t) / double(length) * (1 - 1e-12));
      if (length > 32) continue;
      CHECK(amax(softmax_jacobian_norm(l, t)).item() <= 0.5 / t);
      Tensor other = uniform({3, length}, -0.5, 0.5, DType::float64, &g);
      Tensor moved = norm(alpha - attention_normalize(other, {.temperature = t}), 2, {-1}), by = norm(l - other, 2, {-1});
      CHECK(all(le(moved, minimum(by / (2 * t), full({3}, std::sqrt(2.0), DType::float64)))).item());
    }
  for (double t : {2.0, 0.5, 0.02}) CHECK(softmax_jacobian_norm(tensor({0.0, 0.0, -1e3}), t).item() == doctest::Approx(0.5 / t).epsilon(1e-10));
}

TEST_CASE("sparsemax: sums to 1, has zeros, and no point of the simplex is nearer") {
  Tensor l = 2 * gauss({20, 9}, 3), p = attention_normalize(l, {.kind = AttentionNormalizeOptions::Kind::sparsemax});
  CHECK(apart(sum(p, {-1}), ones({20}, DType::float64)) < 1e-12);
  CHECK(amin(p).item() == 0);
  // The projection onto a convex set: (l - p) . (q - p) <= 0 for every q of the simplex, whose corners suffice.
  Tensor corners = (l - p) - sum((l - p) * p, {-1}, true);
  CHECK(amax(corners).item() < 1e-12);
  l.mutable_data<double>()[4] = NAN;
  CHECK(any(isnan(attention_normalize(l, {.kind = AttentionNormalizeOptions::Kind::sparsemax}))).item());
}

TEST_CASE("selection: all tokens selected leave |s|, distances stay below the largest |x|, ties go to the lower index") {
  Tensor l = gauss({4, 6}, 5), x = gauss({4, 6, 3}, 6);
  auto everything = selection_distance(l, x, 6);
  CHECK(apart(everything.distance, norm(everything.selected, 2, {-1})) < 1e-12);
  for (int64_t n = 1; n <= 6; n++) CHECK(all(le(selection_distance(l, x, n).distance, amax(norm(x, 2, {-1}), {-1}))).item());
  Tensor tied = zeros({4}, DType::float64), steps = reshape(tensor({1.0, 2.0, 4.0, 8.0}), {4, 1});
  CHECK(selection_distance(tied, steps, 2).selected.item() == doctest::Approx(0.75));
  CHECK(separable_fraction(l, x, 6).to_vector<double>() == std::vector<double>(4, 1.0));
  CHECK_THROWS_WITH_AS(selection_distance(l, x, 7), doctest::Contains("number of tokens, 6"), ValueError);
}
