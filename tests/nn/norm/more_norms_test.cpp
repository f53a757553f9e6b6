// What the definitions of the further normalizations promise: identities with each other, invariances, states, errors.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "nn/catalogue.h"
#include "nn/init/init.h"
#include "nn/linear.h"
#include "nn/norm/act_norm.h"
#include "nn/norm/attention_norms.h"
#include "nn/norm/batch_instance_norm.h"
#include "nn/norm/batch_norm_variants.h"
#include "nn/norm/batch_renorm.h"
#include "nn/norm/channel_norms.h"
#include "nn/norm/conditional_norm.h"
#include "nn/norm/dyt.h"
#include "nn/norm/filter_response_norm.h"
#include "nn/norm/frozen_batch_norm.h"
#include "nn/norm/ghost_batch_norm.h"
#include "nn/norm/graph_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/mabn.h"
#include "nn/norm/normalized_linear.h"
#include "nn/norm/residual_norm.h"
#include "nn/norm/response_norms.h"
#include "nn/norm/switchable_norm.h"
#include "nn/norm/whitening.h"
#include "tests/nn/catalogue_samples.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;
namespace init = tare::nn::init;

namespace {

double largest(const Tensor& t) {
  double worst = 0;
  for (double v : t.to_vector<double>()) worst = std::max(worst, std::abs(v));
  return worst;
}
Tensor numbers(std::initializer_list<double> v) { return from_vector(std::vector<double>(v), {int64_t(v.size())}, DType::float64); }
/// The covariance of the channels of (N, C, H, W).
Tensor covariance(const Tensor& x) {
  Tensor rows = reshape(movedim(x, {1}, {0}), {x.size(1), -1});
  Tensor c = rows - mean(rows, {1}, true);
  return matmul(c, transpose(c)) / double(c.size(1));
}

}  // namespace

TEST_CASE("further norms: special cases are the layers they generalise") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({6, 4, 3, 2}, 1, DType::float64, 2, 3), bn = nn::BatchNorm2d(4)(x), in = nn::InstanceNorm2d(4)(x);
  CHECK(difference(nn::GhostBatchNorm2d(4, 6)(x), bn) == 0);
  CHECK(difference(nn::BatchRenorm2d({.num_features = 4, .rmax = 1, .dmax = 0})(x), bn) < 1e-14);
  CHECK(difference(nn::BatchRenorm2d({.num_features = 4, .warmup = nn::BatchRenormOptions::Warmup::paper})(x), bn) < 1e-14);
  CHECK(difference(nn::SyncBatchNorm(4)(x), bn) == 0);
  CHECK(difference(nn::DecorrelatedBatchNorm({.num_features = 4, .num_groups = 4})(x), bn) < 1e-12);
  CHECK(difference(nn::IterNorm({.num_features = 4, .num_groups = 4, .T = 1})(x), bn) < 1e-12);

  nn::BatchInstanceNorm2d gated(4);
  CHECK(difference(gated(x), bn) < 1e-14);
  init::zeros_(gated.gate.leaf());
  CHECK(difference(gated(x), in) < 1e-14);
  nn::LayerInstanceNorm2d layer({.num_features = 4, .rho_init = 1});
  CHECK(difference(layer(x), in) < 1e-14);
  init::zeros_(layer.rho.leaf());
  CHECK(difference(layer(x), nn::GroupNorm(1, 4)(x)) < 1e-14);

  // Ghost batches are normalised one by one; in evaluation there is one batch norm.
  nn::GhostBatchNorm2d ghost(4, 2);
  Tensor y = ghost(x);
  CHECK(difference(slice(y, 0, 2, 4), nn::BatchNorm2d(4)(slice(x, 0, 2, 4))) < 1e-14);
  CHECK(ghost.running.num_batches_tracked().item<int64_t>() == 3);
  nn::SplitBatchNorm2d split({.num_features = 4, .num_splits = 3});
  CHECK(difference(split(x), y) < 1e-14);
  CHECK(difference(split.aux_bn[1].running.mean(), mean(slice(x, 0, 4, 6), {0, 2, 3}) * 0.1) < 1e-14);

  // One choice alone: the softmax of a large logit.
  nn::SwitchableNorm2d switched(4);
  for (const nn::Parameter* p : {&switched.mean_weight, &switched.var_weight}) {
    init::constant_(p->leaf(), -800);
    init::constant_(narrow(p->leaf(), 0, 1, 1), 0);
  }
  // Its instance variances are unbiased, so the layer's is not quite group norm's.
  Tensor m = mean(x, {1, 2, 3}, true), mi = mean(x, {2, 3}, true), v = mean(var(x, {2, 3}, 1, true) + square(mi - m), {1}, true);
  CHECK(difference(switched(x), (x - m) / sqrt(v + 1e-5)) < 1e-13);

  Tensor rows = sample({5, 4}, 2), sequence = sample({2, 3, 4}, 3);
  CHECK(difference(nn::GraphNorm(4)(rows), transpose(squeeze(nn::InstanceNorm1d(4)(unsqueeze(transpose(rows), 0)), {0}))) < 1e-14);
  CHECK(difference(nn::AdaLayerNorm({.dim = 4, .cond_dim = 3})(sequence, sample({2, 3}, 4)), nn::LayerNorm({.normalized_shape = {4}, .eps = 1e-6})(sequence)) < 1e-14);
  CHECK(difference(nn::GlobalResponseNorm(4)(sample({2, 3, 2, 4}, 5)), sample({2, 3, 2, 4}, 5)) == 0);
  CHECK(difference(nn::LayerScale({.num_features = 4, .init = 1})(sequence), sequence) == 0);
  CHECK(difference(nn::LayerNorm2d(4)(x), movedim(nn::LayerNorm({.normalized_shape = {4}, .eps = 1e-6})(movedim(x, {1}, {-1})), {-1}, {1})) < 1e-14);
  CHECK(difference(nn::PixelNorm({.eps = 1e-6})(x), nn::RMSNorm2d(4)(x)) < 1e-14);
  nn::CumulativeLayerNorm cumulative({.num_features = 4, .eps = 1e-5});
  Tensor series = sample({2, 4, 6}, 6), all = nn::GroupNorm(1, 4)(series), upto = cumulative(series);
  CHECK(difference(select(upto, 2, 5), select(all, 2, 5)) < 1e-13);
  CHECK(difference(slice(upto, 2, 0, 3), cumulative(slice(series, 2, 0, 3))) < 1e-14);  // nothing is seen ahead
}

TEST_CASE("further norms: invariances and fixed moments of the output") {
  DefaultDtype scope(DType::float64);
  Tensor x = sample({6, 4, 3, 2}, 1, DType::float64, 2, 3);
  nn::FilterResponseNorm frn({.num_features = 4, .eps = 0});
  CHECK(difference(frn(x * 7), frn(x)) < 1e-14);
  nn::PairNorm pair({.scale = 3, .eps = 0});
  Tensor nodes = sample({6, 5}, 3), z = pair(nodes);
  CHECK(largest(mean(z, {0})) < 1e-14);
  CHECK(mean(sum(square(z), {1})).item() == doctest::Approx(9));
  // Several graphs in any order are as each alone.
  Tensor batch = from_vector(std::vector<int64_t>{1, 0, 1, 1, 0, 1}, {6}), ones_rows = index_select(nodes, 0, from_vector(std::vector<int64_t>{0, 2, 3, 5}, {4}));
  CHECK(difference(index_select(pair(nodes, batch), 0, from_vector(std::vector<int64_t>{0, 2, 3, 5}, {4})), pair(ones_rows)) < 1e-13);
  CHECK(difference(nn::GraphSizeNorm()(nodes, batch), nodes / sqrt(reshape(numbers({4, 2, 4, 4, 2, 4}), {6, 1}))) < 1e-15);

  nn::ActNorm2d act(4);
  act.eval();
  CHECK(difference(act(x), x) == 0);
  act.train();
  Tensor first = act(x);
  CHECK(largest(mean(first, {0, 2, 3})) < 1e-14);
  CHECK(largest(tare::std(first, {0, 2, 3}, 0) - 1) < 1e-5);
  CHECK(act.initialized().item<int64_t>() == 1);
  CHECK(difference(act(x * 2) - act(x * 0), (first - act(x * 0)) * 2) < 1e-12);
  CHECK(act.log_det(x).item() == doctest::Approx(sum(act.log_scale()).item() * 6));

  Tensor identity = eye(4, 4, DType::float64), white = nn::DecorrelatedBatchNorm({.num_features = 4, .eps = 0})(x);
  CHECK(difference(covariance(white), identity) < 1e-12);
  double before = INFINITY;
  for (int64_t steps : {1, 2, 4, 12}) {
    double off = difference(covariance(nn::IterNorm({.num_features = 4, .T = steps, .eps = 0})(x)), identity);
    CHECK(off <= before);
    before = off;
  }
  CHECK(before < 1e-12);

  nn::PositionalNorm positional;
  nn::PositionalNormOutput p = positional(x);
  CHECK(difference(p.y * p.std + p.mean, x) < 1e-14);
  CHECK(difference(norm(nn::ScaledL2Norm({.num_features = 4, .scale = 5})(x), 2, {1}), full({6, 3, 2}, 5.0)) < 1e-13);
  CHECK(difference(norm(nn::Normalize({.p = 1})(x), 1, {1}), ones({6, 3, 2})) < 1e-14);
  Tensor h = sample({2, 3, 4}, 7), f = sample({2, 3, 4}, 8);
  CHECK(difference(norm(nn::NGPTResidual({.dim = 4})(h, f), 2, {2}), ones({2, 3})) < 1e-14);
  CHECK(largest(nn::DyT(4)(h * 100)) <= 1);
  nn::DyISRU isru(4);
  CHECK(difference(isru(to(h * 1e30, DType::float32)), 2.0 * to(gt(h, 0), DType::float32) - 1.0) < 1e-6);  // z^2 would be infinite
  CHECK(largest(nn::CosineLinear(4, 3)(h)) <= 1 + 1e-15);
  CHECK(difference(nn::CosineLinear(4, 3)(h * 0), zeros({2, 3, 3})) == 0);
  nn::NormPropLinear prop(4, 1);
  init::constant_(prop.gamma.leaf(), 1);
  Tensor out = prop(sample({20000, 4}, 9));
  CHECK(std::abs(mean(out).item()) < 0.03);
  CHECK(var(out).item() == doctest::Approx(1).epsilon(0.04));
  nn::MessageNorm message;
  CHECK(difference(norm(message(nodes, sample({6, 2}, 4)), 2, {1}), norm(nodes, 2, {1})) < 1e-14);
  nn::AdaptiveInstanceNorm2d adain({.eps = 0});
  Tensor style = sample({6, 4, 5, 5}, 10, DType::float64, -1, 2), styled = adain(x, style);
  CHECK(difference(mean(styled, {2, 3}), mean(style, {2, 3})) < 1e-13);
  CHECK(difference(tare::std(styled, {2, 3}), tare::std(style, {2, 3}, 0) * std::sqrt(6.0 / 5)) < 1e-13);
}

TEST_CASE("virtual batch norm: a sample is normalised by the reference and itself together, whatever stands beside it") {
  DefaultDtype scope(DType::float64);
  nn::VirtualBatchNorm2d layer({.num_features = 2, .eps = 0});
  Tensor x = sample({3, 2, 2, 2}, 1), reference = sample({4, 2, 2, 2}, 2, DType::float64, 1, 2);
  Tensor together = cat({reference, slice(x, 0, 1, 2)});
  Tensor m = mean(together, {0, 2, 3}, true), v = var(together, {0, 2, 3}, 0, true);
  nn::VirtualBatchNormOutput y = layer(x, reference);
  CHECK(difference(slice(y.y, 0, 1, 2), (slice(x, 0, 1, 2) - m) / sqrt(v)) < 1e-13);
  CHECK(difference(y.reference, nn::BatchNorm2d({.num_features = 2, .eps = 0})(reference)) < 1e-13);
}

TEST_CASE("gates: what an optimizer pushed out of [0, 1] is brought back before the next forward pass, not while statistics are frozen") {
  DefaultDtype scope(DType::float64);
  nn::BatchInstanceNorm2d layer(2);
  Tensor x = sample({3, 2, 2, 2}, 1);
  init::constant_(layer.gate.leaf(), 1.5);
  {
    FrozenStatistics frozen;
    layer(x);
    CHECK(layer.gate.leaf().to_vector<double>()[0] == 1.5);
  }
  layer(x);
  CHECK(layer.gate.leaf().to_vector<double>()[0] == 1);
}

TEST_CASE("MABN: before anything is averaged its backward pass is the derivative; afterwards it is the paper's rule and fills its buffer") {
  DefaultDtype scope(DType::float64);
  nn::MABN2d layer({.num_features = 2, .buffer_size = 2, .warmup_iters = 3});
  scatter_parameters(layer);
  Tensor x = sample({3, 2, 2, 2}, 1);
  {
    FrozenStatistics frozen;
    CHECK(gradient_error(layer, {x}) < 1e-7);
  }
  for (uint64_t step = 0; step < 5; step++) {
    Tensor in = sample({3, 2, 2, 2}, step).set_requires_grad();
    sum(square(layer(in))).backward();
  }
  CHECK(layer.iters().item<int64_t>() == 5);
  CHECK(largest(layer.buffer_gz()) > 0);
  Tensor in = sample({3, 2, 2, 2}, 9).set_requires_grad(), grad_y = sample({3, 2, 2, 2}, 10);
  Tensor gz_before = clone(layer.buffer_gz());
  // The sixth step writes row 0; row 1 stays from the fifth.
  Tensor s = sqrt((mean(square(in.detach()), {0, 2, 3}) + select(layer.buffer_x2(), 0, 1)) / 2 + 1e-5);
  layer(in).backward(grad_y);
  Tensor z = in.detach() / per_channel(s, 4), g = grad_y * per_channel(layer.weight().detach(), 4);
  Tensor mg = (mean(g * z, {0, 2, 3}) + select(gz_before, 0, 1)) / 2;
  CHECK(difference(in.grad(), (g - z * per_channel(mg, 4)) / per_channel(s, 4)) < 1e-13);
}

TEST_CASE("residual branches: where the norm stands") {
  DefaultDtype scope(DType::float64);
  nn::LayerNorm norm({.normalized_shape = {4}, .eps = 1e-3});
  nn::Linear f(4, 4);
  Tensor x = sample({2, 3, 4}, 1), n = norm(x);
  CHECK(difference(nn::PreNormResidual({.norm = norm, .sublayer = f})(x), x + f(n)) == 0);
  CHECK(difference(nn::PostNormResidual({.norm = norm, .sublayer = f})(x), norm(x + f(x))) == 0);
  CHECK(difference(nn::HybridNormResidual({.norm = norm, .sublayer = f})(x), n + f(n)) == 0);
  CHECK(difference(nn::SandwichNormResidual({.norm_in = norm, .norm_out = norm, .sublayer = f})(x), x + norm(f(n))) == 0);
  CHECK(difference(nn::ReZeroResidual({.sublayer = f})(x), x) == 0);
  CHECK_THROWS_WITH_AS(nn::PreNormResidual({.norm = norm, .sublayer = nn::Linear(4, 3)})(x), "PreNormResidual: the branch gives [2, 3, 3] but is to be added to [2, 3, 4]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(nn::PostNormResidual({.norm = norm}), "PostNormResidual: sublayer must be given", ConfigError);
}

TEST_CASE("constants: DeepNorm's and sub-LN's by hand") {
  nn::DeepNormConstants both = nn::deepnorm_constants(6, 8), decoder = nn::deepnorm_constants(0, 12);
  CHECK(both.alpha_encoder == doctest::Approx(0.81 * std::pow(std::pow(6, 4) * 8, 1.0 / 16)));
  CHECK(both.beta_encoder == doctest::Approx(0.87 * std::pow(std::pow(6, 4) * 8, -1.0 / 16)));
  CHECK(both.alpha_decoder == doctest::Approx(std::pow(24, 0.25)));
  CHECK(both.beta_decoder == doctest::Approx(std::pow(96, -0.25)));
  CHECK(decoder.alpha_encoder == 0);
  CHECK(decoder.alpha_decoder == doctest::Approx(std::pow(24, 0.25)));
  CHECK(decoder.beta_decoder == doctest::Approx(std::pow(96, -0.25)));
  CHECK(nn::subln_gain(6, 0).encoder == doctest::Approx(std::sqrt(std::log(12))));
  CHECK(nn::subln_gain(6, 8).encoder == doctest::Approx(std::sqrt(std::log(24) * std::log(12) / 3)));
  CHECK(nn::subln_gain(6, 8).decoder == doctest::Approx(std::sqrt(std::log(24))));
  CHECK_THROWS_AS(nn::deepnorm_constants(-1, 2), ValueError);
}

TEST_CASE("further norms: errors say what was expected") {
  struct {
    const char* json;
    const char* message;
  } configs[] = {
      {R"({"type": "GhostBatchNorm1d", "num_features": 0})", "num_features must be at least 1, not 0"},
      {R"({"type": "GhostBatchNorm1d", "num_features": 2, "virtual_batch_size": 0})", "virtual_batch_size must be at least 1"},
      {R"({"type": "BatchRenorm2d", "num_features": 2, "rmax": 0.5})", "expected rmax of at least 1"},
      {R"({"type": "IterNorm", "num_features": 4, "num_groups": 3})", "4 channels cannot be split into 3 equal groups"},
      {R"({"type": "ILMGroupNorm", "num_features": 4, "num_groups": 2, "key_group_size": 3})", "expected key_group_size to divide the 4 channels"},
      {R"({"type": "QKNorm", "num_heads": 0, "head_dim": 4})", "num_heads and head_dim must be at least 1, not 0 and 4"},
      {R"({"type": "ConditionalBatchNorm2d", "num_features": 2})", "num_classes must be at least 1, not 0"},
      {R"({"type": "DivisiveNorm2d", "num_features": 2, "sum_window": 3})", "sup_window"},
  };
  for (auto& c : configs) CHECK_THROWS_WITH_AS(build(c.json), doctest::Contains(c.message), ConfigError);
  CHECK_THROWS_WITH_AS(nn::GhostBatchNorm1d(3, 2)(zeros({5, 3})), doctest::Contains("GhostBatchNorm1d: expected more than 1 value per channel"), ValueError);
  CHECK_THROWS_WITH_AS(nn::SplitBatchNorm2d(3)(zeros({5, 3, 2, 2})), doctest::Contains("split into 2 equal parts"), ShapeError);
  CHECK_THROWS_WITH_AS(nn::ConditionalBatchNorm2d(2, 3)(zeros({4, 2, 1, 1}), zeros({3}, DType::int64)), doctest::Contains("one class for each of the 4 samples"), ShapeError);
  CHECK_THROWS_AS(nn::ConditionalBatchNorm2d(2, 3)(zeros({4, 2, 1, 1}), full({4}, 3, DType::int64)), IndexError);
  CHECK_THROWS_WITH_AS(nn::PairNorm()(zeros({3, 2}), zeros({2}, DType::int64)), doctest::Contains("the graph of each of the 3 nodes"), ShapeError);
  CHECK_THROWS_WITH_AS(nn::QKNorm({.num_heads = 2, .head_dim = 3})(zeros({1, 3, 2, 3}), zeros({1, 2, 2, 3})), doctest::Contains("expected an input (..., 2, T, 3)"),
                       ShapeError);
}
