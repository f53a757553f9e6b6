// Filters in time, space and on graphs: what their papers promise.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/index.h"
#include "autograd/ops/lfilter.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/samples.h"
#include "autograd/tape.h"
#include "core/data/graph.h"
#include "nn/edit.h"
#include "nn/filter/fmlp.h"
#include "nn/filter/iir_filter.h"
#include "nn/filter/spectral_pooling.h"
#include "nn/graph/pdf_conv.h"
#include "nn/graph/sg_conv.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

/// lfilter, one recorded operation after another.
std::pair<Tensor, Tensor> step_by_step(const Tensor& b, const Tensor& a, const Tensor& x, const Tensor& zi) {
  int64_t m = zi.size(1);
  Tensors s = unbind(zi, 1), out;
  for (int64_t t = 0; t < x.size(1); t++) {
    Tensor xt = select(x, 1, t), y = select(b, 1, 0) * xt;
    if (m > 0) y = y + s[0];
    for (int64_t j = 0; j < m; j++) {
      Tensor next = j + 1 < m ? s[size_t(j + 1)] : zeros_like(xt);
      if (j + 1 < b.size(1)) next = next + select(b, 1, j + 1) * xt;
      if (j < a.size(1)) next = next - select(a, 1, j) * y;
      s[size_t(j)] = next;
    }
    out.push_back(y);
  }
  return {stack(out, 1), m > 0 ? stack(s, 1) : zi};
}

}  // namespace

TEST_CASE("lfilter: value and all gradients are those of the recorded loop, also for signals shorter than the state") {
  for (auto [nb, na, length] : {std::tuple<int64_t, int64_t, int64_t>{3, 2, 12}, {1, 3, 7}, {4, 1, 9}, {4, 3, 2}, {1, 1, 5}, {5, 0, 3}, {1, 0, 4}}) {
    CAPTURE(nb);
    CAPTURE(na);
    CAPTURE(length);
    int64_t m = std::max(nb - 1, na);
    Tensors in{gauss({2, nb}, 1), 0.4 * gauss({2, na}, 2), gauss({2, length}, 3), gauss({2, m}, 4)};
    for (Tensor& t : in) t = t.detach().set_requires_grad();
    auto [y, zf] = lfilter(in[0], in[1], in[2], in[3]);
    auto [want, want_zf] = step_by_step(in[0], in[1], in[2], in[3]);
    CHECK(apart(y, want) < 1e-12);
    if (m > 0) CHECK(apart(zf, want_zf) < 1e-12);
    auto probe = [&](const Tensor& u, const Tensor& v) { return sum(u * gauss(u.shape(), 5)) + sum(v * gauss(v.shape(), 6)); };
    Tensors got = grad(Tensors{probe(y, zf)}, in, {.allow_unused = true}), right = grad(Tensors{probe(want, want_zf)}, in, {.allow_unused = true});
    for (size_t i = 0; i < 4; i++)
      if (right[i].defined() && right[i].numel() > 0) CHECK(apart(got[i], right[i]) < 1e-10);
  }
}

TEST_CASE("lfilter: pieces joined by their states are one pass, derivatives of derivatives exist, the form is checked") {
  Tensor b = gauss({2, 3}, 1), a = 0.4 * gauss({2, 2}, 2), x = gauss({2, 11}, 3);
  auto [whole, state] = lfilter(b, a, x);
  auto [first, between] = lfilter(b, a, narrow(x, 1, 0, 4));
  auto [second, last] = lfilter(b, a, narrow(x, 1, 4, 7), between);
  CHECK(apart(cat({first, second}, 1), whole) < 1e-12);
  CHECK(apart(last, state) < 1e-12);
  gradgradcheck("lfilter", [](const Tensors& t) { auto [y, zf] = lfilter(t[0], t[1], t[2], t[3]); return Tensors{y, zf}; },
                {b, a, narrow(x, 1, 0, 3), gauss({2, 2}, 4)});
  CHECK_THROWS_WITH_AS(lfilter(b, a, x, {}, "df2"), doctest::Contains("tdf2"), ConfigError);
  CHECK_THROWS_WITH_AS(lfilter(b, a, x, gauss({2, 3}, 1)), doctest::Contains("[2, 2]"), ShapeError);
  CHECK(lfilter(to(b, DType::float32), to(a, DType::float32), to(x, DType::float32)).first.dtype() == DType::float32);
}

TEST_CASE("StableBiquad: any raw numbers give poles inside of the unit circle; an unstable start is refused") {
  DefaultDtype scope(DType::float64);
  IIRFilter filter;
  CHECK(apart(filter(gauss({2, 6}, 1)), gauss({2, 6}, 1)) == 0);
  nn::reparametrize(filter, "a", StableBiquad{});
  for (uint64_t seed = 0; seed < 20; seed++) {
    filter.parameters().find("a_orig")->tensor.mutable_data<double>()[seed % 2] = 3 * gauss({1}, seed).item();
    auto a = filter.a().to_vector<double>();
    CHECK(std::abs(a[1]) < 1);
    CHECK(std::abs(a[0]) < 1 + a[1]);
  }
  IIRFilter other;
  other.a.start(tensor({0.0, 1.5}), "a");
  CHECK_THROWS_WITH_AS(nn::reparametrize(other, "a", StableBiquad{}), doctest::Contains("unit circle"), ValueError);
}

TEST_CASE("SpectralPoolingFilter: an even balance halves, discs pass constants, complements add up, and it is its own adjoint") {
  auto filter = [](double radius, double lamb) { return SpectralPoolingFilter({.radius = radius, .lamb = lamb}); };
  for (Shape shape : {Shape{2, 5, 7}, {2, 6, 4}, {1, 5, 5}}) {
    Tensor x = gauss(shape, 1), y = gauss(shape, 2);
    CHECK(apart(filter(1.5, 0.5)(x), 0.5 * x) < 1e-12);
    CHECK(apart(filter(100, 0.3)(x), 0.3 * x) < 1e-12);
    CHECK(apart(filter(1, 1)(ones(shape, DType::float64)), ones(shape, DType::float64)) < 1e-12);
    CHECK(apart(filter(1.7, 0.8)(x) + filter(1.7, 0.2)(x), x) < 1e-12);
    auto f = filter(2, 0.9);
    CHECK(sum(f(x) * y).item() == doctest::Approx(sum(x * f(y)).item()));
  }
  // A fixed size is a mask kept; another size gets its own.
  SpectralPoolingFilter sized({.height = 6, .width = 4, .radius = 1, .lamb = 0.8});
  for (Shape shape : {Shape{6, 4}, {5, 3}, {30, 6, 4}}) CHECK(apart(sized(gauss(shape, 1)), filter(1, 0.8)(gauss(shape, 1))) < 1e-12);
  CHECK(sized(zeros({0, 6, 4}, DType::float64)).shape() == Shape{0, 6, 4});
  CHECK_THROWS_WITH_AS(SPAM({.dim = 2}), doctest::Contains("one for each of lambdas"), ConfigError);
}

TEST_CASE("FilterLayer: W = 1 is the identity, W = 0 leaves LayerNorm, a spectrum is a circular convolution, shifts pass through") {
  DefaultDtype scope(DType::float64);
  for (int64_t length : {1, 5, 6}) {
    FilterLayer f({.max_seq_length = length, .hidden_size = 3, .dropout = 0});
    Tensor x = gauss({2, length, 3}, 1), one = zeros({1, length / 2 + 1, 3, 2});
    f.complex_weight.start(one, "W");
    CHECK(apart(f(x), layer_norm(x, {3}, {}, {}, 1e-12)) < 1e-12);
    f.complex_weight.start(one + tensor({1.0, 0.0}), "W");
    CHECK(apart(f.filter(x), x) < 1e-12);
    f.complex_weight.start(gauss(one.shape(), 2), "W");
    Tensor y = f.filter(x), kernel = irfft(squeeze(f.complex_weight(), {0}), length, 0), direct = zeros_like(x);
    for (int64_t s = 0; s < length; s++) direct += roll(x, {s}, {1}) * select(kernel, 0, s);
    CHECK(apart(y, direct) < 1e-12);
    CHECK(apart(f.filter(roll(x, {2}, {1})), roll(y, {2}, {1})) < 1e-12);
    sum(y * gauss(y.shape(), 3)).backward();
    Tensor g = select(f.complex_weight.leaf().grad(), -1, 1);  // of imaginary parts
    CHECK(apart(select(g, 1, 0), zeros({1, 3})) == 0);
    if (length % 2 == 0) CHECK(apart(select(g, 1, length / 2), zeros({1, 3})) < 1e-14);
    CHECK_THROWS_WITH_AS(f(gauss({2, length + 1, 3}, 1)), doctest::Contains("max_seq_length"), ShapeError);
  }
}

TEST_CASE("SGConv: k propagations and one linear map, edges as an adjacency, S keeps sqrt(d), permuted nodes are permuted") {
  DefaultDtype scope(DType::float64);
  data::Graph club = data::karate_club();
  Tensor a = to(data::adjacency(club), DType::float64), s = aug_normalized_adjacency(a);
  CHECK(apart(s, transpose(s)) < 1e-15);
  CHECK(apart(s, to(data::normalized_adjacency(club), DType::float64)) < 1e-6);
  Tensor root = sqrt(sum(a, {1}) + 1.0);
  CHECK(apart(mv(s, root), root) < 1e-12);
  for (int64_t out : {2, 5}) {
    SGConv conv({.in_channels = 3, .out_channels = out, .k = 3});
    Tensor x = gauss({34, 3}, 1), y = conv(x, a), chained = x;
    for (int i = 0; i < 3; i++) chained = sgc_precompute(chained, a, 1);
    CHECK(apart(y, linear(chained, conv.weight(), conv.bias())) < 1e-12);
    CHECK(apart(y, conv(x, club.edges)) < 1e-12);
    Generator g(3);
    Tensor order = randperm(34, &g);
    CHECK(apart(conv(index_select(x, 0, order), index_select(index_select(a, 0, order), 1, order)), index_select(y, 0, order)) < 1e-12);
  }
  Tensor alone = zeros({2, 2}, DType::float64);
  CHECK(equal(aug_normalized_adjacency(alone), eye(2, 2, DType::float64)));
  CHECK(equal(aug_normalized_adjacency(alone, false), alone));
  CHECK_THROWS_WITH_AS(sgc_precompute(gauss({3, 2}, 1), alone, 1), doctest::Contains("adjacency (n, n)"), ShapeError);
  CHECK_THROWS_AS(sgc_precompute(gauss({3, 2}, 1), samples::whole({0, 3}, {2, 1}), 1), IndexError);
}

TEST_CASE("graph_basis and PDFConv: nodes permute, pairs outside of the mask say nothing, an isolated node hears itself alone") {
  DefaultDtype scope(DType::float64);
  Tensor a = to(data::adjacency(data::ring_graph(6), true), DType::float64);
  GraphBasisOptions o{.epsilon = {-0.5, -0.3}, .powers = {{1, 3}, {2, 2}}, .degree_exponents = {0.5}, .edge_hop = 1};
  GraphBasis g = graph_basis(a, o);
  CHECK(g.bases.shape() == Shape{6, 6, 6});
  CHECK(sum(g.mask).item() == 18);
  o.basis_norm = true;
  Tensor normed = graph_basis(a, o).bases, count = sum(g.mask);
  CHECK(apart(sum(normed, {0, 1}), zeros({6})) < 1e-12);
  CHECK(apart(sum(square(select(normed, 2, 0))) / count, ones({})) < 1e-3);  // deviation + 1e-5 in the denominator

  PDFConv conv({.hidden_size = 4, .num_basis = 6});
  Tensor x = gauss({6, 4}, 1), y = conv(x, g.bases, g.mask);
  CHECK(apart(conv(x, where(unsqueeze(gt(g.mask, 0), -1), g.bases, 7.0), g.mask), y) < 1e-12);
  Generator random(3);
  Tensor order = randperm(6, &random);
  auto permuted = [&](const Tensor& t) { return index_select(index_select(t, 0, order), 1, order); };
  CHECK(apart(conv(index_select(x, 0, order), permuted(g.bases), permuted(g.mask)), index_select(y, 0, order)) < 1e-12);
  // The same with the pair (0, 0) alone in its row: other nodes' features do not reach node 0.
  Tensor mask = g.mask * to(ne(arange(6) + 0, 0), DType::float64) * unsqueeze(to(ne(arange(6) + 0, 0), DType::float64), 1);
  mask.mutable_data<double>()[0] = 1;
  Tensor other = cat({narrow(x, 0, 0, 1), narrow(x, 0, 1, 5) + 1.0});
  CHECK(equal(narrow(conv(x, g.bases, mask), 0, 0, 1), narrow(conv(other, g.bases, mask), 0, 0, 1)));
  // A linear filter shared by all pairs is a polynomial of M.
  GraphBasis p = graph_basis(a, {.epsilon = {-0.5}, .powers = {{1, 3}}});
  Tensor w = tensor({0.3, -1.0, 0.5, 2.0}), m = select(p.bases, 2, 1), poly = 0.3 * eye(6) - m + 0.5 * matmul(m, m) + 2.0 * matrix_power(m, 3);
  CHECK(apart(sum(p.bases * w, {2}), poly) < 1e-12);
  CHECK_THROWS_WITH_AS(graph_basis(a, {.epsilon = {1}}), doctest::Contains("as many powers"), ConfigError);
}
