// Losses weighed by what the model says, gradient masking, TrAct: the promises of their papers.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/activation/relu.h"
#include "nn/norm/layer_norm.h"
#include "nn/normalized_weights.h"
#include "nn/recurrent/vanishing_gradient.h"
#include "nn/sequential.h"
#include "nn/sgtm.h"
#include "nn/tract.h"
#include "nn/weighting/gradnorm.h"
#include "nn/weighting/storm.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }
Tensor numbers(const std::vector<double>& v) { return from_vector(v, {int64_t(v.size())}, DType::float64); }

}  // namespace

TEST_CASE("GradNorm: weights add up to T, equal tasks stay, a dominant one is turned down") {
  DefaultDtype d(DType::float64);
  GradNormWeighter w({.num_tasks = 3, .alpha = 0, .optimizer = "sgd"});
  CHECK(apart(w(numbers({1, 2, 3}), numbers({5, 5, 5})).loss_weights, numbers({1, 1, 1})) < 1e-15);
  auto out = w(numbers({1, 2, 3}), numbers({1, 1, 4}));
  CHECK(sum(out.loss_weights).item() == doctest::Approx(3));
  CHECK(out.loss.item() == doctest::Approx(4));  // |1 - 2| + |1 - 2| + |4 - 2|
  CHECK(select(out.loss_weights, 0, 2).item() < 1);
  w.eval();
  CHECK(apart(w(numbers({1, 2, 3}), numbers({9, 1, 4})).loss_weights, out.loss_weights) == 0);
  // A slow task is pulled harder.
  GradNormWeighter slow({.num_tasks = 2, .alpha = 1.5});
  slow(numbers({1, 1}), numbers({1, 1}));
  CHECK(select(slow(numbers({1, 0.1}), numbers({1, 1})).loss_weights, 0, 0).item() > 1);
  // One step of a shared weight: the network's gradient uses the weights before.
  Tensor shared = gauss({4}, 1).set_requires_grad();
  GradNormWeighter pair({.num_tasks = 2});
  gradnorm_backward({sum(square(shared)), 100 * sum(shared)}, shared, pair);
  CHECK(apart(shared.grad(), 2 * shared + 100) < 1e-12);
  CHECK(select(pair.loss_weights(), 0, 1).item() < 1);
}

TEST_CASE("look-ahead losses: the meta-gradient is minus lr times an inner product") {
  Tensor w = gauss({4, 3}, 1), x = gauss({5, 3}, 2), xv = gauss({6, 3}, 3), weights = square(gauss({5}, 4));
  Tensor y = from_vector(std::vector<int64_t>{0, 1, 2, 3, 1}, {5}), yv = from_vector(std::vector<int64_t>{3, 2, 1, 0, 0, 2}, {6});
  auto gradient_of = [&](const Tensor& at, const Tensor& x, const Tensor& y) {
    Tensor leaf = at.detach().set_requires_grad();
    return grad(cross_entropy(linear(x, leaf), y), leaf);
  };
  Tensor leaf = weights.detach().set_requires_grad(), found = grad(meta_lookahead_loss(leaf, w, x, y, xv, yv, 0.5), leaf), next = w;
  for (int64_t i = 0; i < 5; i++)
    next = next - gradient_of(w, narrow(x, 0, i, 1), narrow(y, 0, i, 1)) * (0.5 / 5 * select(weights, 0, i).item());
  Tensor there = gradient_of(next, xv, yv);
  for (int64_t i = 0; i < 5; i++)
    CHECK(select(found, 0, i).item() == doctest::Approx(-0.5 / 5 * sum(there * gradient_of(w, narrow(x, 0, i, 1), narrow(y, 0, i, 1))).item()));
  Tensor v = full({6}, 1.0 / 6, DType::float64);
  CHECK(storm_meta_loss(weights, w, x, y, v, xv, yv, 0.1).item() == doctest::Approx(meta_lookahead_loss(weights, w, x, y, xv, yv, 0.5).item()));
  Tensor features = rescaler_features(zeros({2, 4}, DType::float64), from_vector(std::vector<int64_t>{0, 3}, {2}));
  CHECK(apart(select(features, 0, 0), numbers({std::log(4), 0.25, 0.25, 1, 0})) < 1e-14);
  // One pass, one sample: no deviations, an overlap of one with itself.
  Tensor alone = storm_features(gauss({1, 1, 3}, 5), from_vector(std::vector<int64_t>{1}, {1}), 3);
  CHECK(select(select(alone, 0, 0), 0, 15).item() == doctest::Approx(1));
  CHECK(select(select(alone, 0, 0), 0, 12).item() == 0);
}

TEST_CASE("the vanishing-gradient penalty: zero for an orthogonal weight, its gradient in closed form") {
  Tensor q = qr(gauss({4, 4}, 1)).first, e = gauss({3, 2, 4}, 2), x = gauss({3, 2, 4}, 3);
  CHECK(vanishing_gradient_penalty(q, x * 0, e).item() < 1e-28);
  Tensor one_e = gauss({1, 1, 4}, 4), one_x = gauss({1, 1, 4}, 5), w = gauss({4, 4}, 6).set_requires_grad();
  Tensor found = grad(vanishing_gradient_penalty(w, one_x, one_e), w);
  Tensor ev = reshape(one_e, {4}), d = 1 - square(tanh(reshape(one_x, {4}))), v = matmul(ev, w.detach()) * d;
  double length = norm(ev).item(), size = norm(v).item();
  CHECK(apart(found, outer(ev, v * d) * (2 * (size / length - 1) / (length * size))) < 1e-12);
  CHECK(vanishing_gradient_penalty(w, one_x, one_e * 0).item() == 0);
}

TEST_CASE("selective gradient masking: forward, ablation, and which slices move") {
  DefaultDtype d(DType::float64);
  SgtmSelfAttention attention({.embed_dim = 6, .num_heads = 3, .retain_attn_heads = 2});
  SgtmMLP mlp({.hidden_size = 6, .intermediate_size = 5, .retain_mlp_dim = 3, .output_size = 8});
  Tensor x = gauss({2, 4, 6}, 1);
  auto check_layer = [&](auto& layer, auto& first, auto& last, int64_t retained) {
    Tensor full = layer(x);
    auto gradients = [&](const char* mode) {
      layer.set_mode(mode);
      layer.zero_grad();
      Tensor in = x.detach().set_requires_grad(), y = layer(in);
      sum(square(y)).backward();
      return std::tuple{y.detach(), in.grad(), first.weight.leaf().grad(), last.weight.leaf().grad(), last.bias.leaf().grad()};
    };
    auto [y0, dx0, df0, dl0, db0] = gradients("default");
    auto [y1, dx1, df1, dl1, db1] = gradients("forget");
    CHECK(apart(y0, y1) < 1e-14);
    CHECK(apart(dx0, dx1) < 1e-13);
    CHECK(max(abs(narrow(df1, 0, 0, retained))).item() == 0);
    CHECK(max(abs(narrow(dl1, 1, 0, retained))).item() == 0);
    CHECK(!db1.defined());
    CHECK(apart(narrow(df1, 0, retained, df1.size(0) - retained), narrow(df0, 0, retained, df1.size(0) - retained)) < 1e-13);
    // A penalty on all weights: only the forget part keeps a gradient, and in the other modes everything does.
    for (const char* mode : {"default", "forget"}) {
      layer.set_mode(mode);
      layer.zero_grad();
      sum(square(first.weight())).backward(), sum(last.weight()).backward(), sum(last.bias()).backward();
      layer.adjust_gradients();
      bool kept = mode == std::string("default");
      CHECK((max(abs(narrow(first.weight.leaf().grad(), 0, 0, retained))).item() > 0) == kept);
      CHECK((max(abs(narrow(last.weight.leaf().grad(), 1, 0, retained))).item() > 0) == kept);
      CHECK((max(abs(last.bias.leaf().grad())).item() > 0) == kept);
      CHECK(min(abs(narrow(last.weight.leaf().grad(), 1, retained, last.weight().size(1) - retained))).item() == 1);
    }
    auto [y2, dx2, df2, dl2, db2] = gradients("retain");
    CHECK(max(abs(narrow(df2, 0, retained, df2.size(0) - retained))).item() == 0);
    CHECK(db2.defined());
    layer.set_mode("default");
    layer.ablate();
    CHECK(apart(layer(x), y2) < 1e-14);
    layer.ablate(true);
    CHECK(apart(layer(x), y2) > 1e-6);
    CHECK_THROWS_WITH_AS(layer.set_mode("forgot"), doctest::Contains("\"forgot\""), ConfigError);
  };
  check_layer(mlp, mlp.c_fc, mlp.c_proj, 3);
  check_layer(attention, attention.v_proj, attention.out_proj, 4);
}

TEST_CASE("TrAct: forward of the plain layer, ridge gradients, no second derivative") {
  DefaultDtype d(DType::float64);
  Linear plain(4, 3);
  for (int64_t n : {3, 7}) {
    Tensor x = gauss({n, 4}, uint64_t(n)), g = gauss({n, 3}, 2);
    TrActLinear layer = tract(Linear(plain), 0.2);
    Tensor y = layer(x);
    CHECK(apart(y, plain(x)) == 0);
    y.backward(g);
    Tensor ridge = matmul(transpose(x), x) / double(n) + 0.2 * eye(4, 4, DType::float64);
    CHECK(apart(layer.weight.leaf().grad(), matmul(matmul(transpose(g), x), inv(ridge))) < 1e-12);
    CHECK(apart(layer.bias.leaf().grad(), sum(g, {0})) < 1e-14);
  }
  Tensor leaf = plain.weight.leaf(), x = gauss({2, 4}, 5);
  TrActLinear moved = tract(std::move(plain), 1e9);
  CHECK(moved.weight.leaf().is(leaf));  // an optimizer made before the move still works
  sum(square(moved(x))).backward();
  CHECK(apart(leaf.grad() * 1e9, matmul(transpose(2 * moved(x)), x)) < 1e-6);
  CHECK_THROWS_AS(grad({sum(moved(x))}, {leaf}, {.create_graph = true}), GradError);
  // A convolution whose kernel covers the image is a linear layer.
  Conv2d conv(2, 3, 2);
  Tensor image = gauss({5, 2, 2, 2}, 6), w = conv.weight.leaf();
  TrActConv2d c = tract(std::move(conv), 0.1);
  TrActLinear l({.in_features = 8, .out_features = 3, .bias = false});
  l.weight = reshape(w.detach(), {3, 8});
  sum(square(c(image))).backward();
  Tensor out = l(reshape(image, {5, 8})) + c.bias.leaf().detach();
  sum(square(out)).backward();
  CHECK(apart(reshape(w.grad(), {3, 8}), l.weight.leaf().grad()) < 1e-12);
}

TEST_CASE("NaP projects the weights that a normalization follows, and no other") {
  Sequential model(Linear(4, 3), LayerNorm(LayerNormOptions{.normalized_shape = {3}}), ReLU(), Linear(3, 3), ReLU(), LayerNorm(LayerNormOptions{.normalized_shape = {3}, .elementwise_affine = false}),
                   Linear(3, 3), LayerNorm(LayerNormOptions{.normalized_shape = {3}, .elementwise_affine = false}), Linear(3, 2));
  CHECK(nap_parameters(model) == std::vector<std::string>{"0.weight", "6.weight"});
}
