// What the papers' normalizations promise: invariances, closed forms, running statistics, errors.
#include <doctest/doctest.h>

#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/spectral.h"
#include "nn/embedding/fix_norm_embedding.h"
#include "nn/init/init.h"
#include "nn/linear_zero_mean.h"
#include "nn/norm/adab2n.h"
#include "nn/norm/alpha_bn.h"
#include "nn/norm/batch_channel_norm.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/crms_norm.h"
#include "nn/norm/cs_norm.h"
#include "nn/norm/evonorm.h"
#include "nn/norm/feature_norm.h"
#include "nn/norm/gdn.h"
#include "nn/norm/generalized_gdn.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/lie_bn.h"
#include "nn/norm/mean_only_batch_norm.h"
#include "nn/norm/pc_norm.h"
#include "nn/norm/region_norm.h"
#include "nn/norm/rms_norm.h"
#include "nn/norm/scale_norm.h"
#include "nn/norm/spectrum.h"
#include "nn/norm/time_dependent_norm.h"
#include "nn/norm/uncentered_batch_norm.h"
#include "nn/recurrent/layer_norm_lstm.h"
#include "nn/sequential.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

std::vector<double> numbers(const Tensor& t) { return t.to_vector<double>(); }
Tensor leaf(const Tensor& t) { return clone(t).detach().set_requires_grad(); }
double size_of(const Tensor& t) { return std::sqrt(sum(square(t)).item()); }
Tensor column(std::initializer_list<double> v) { return reshape(tensor(v), {int64_t(v.size()), 1}); }
struct Wide : DefaultDtype {
  Wide() : DefaultDtype(DType::float64) {}
};
template <class M>
void set(M& slot, const Tensor& value) {
  slot = value;
}

}  // namespace

TEST_CASE_FIXTURE(Wide, "rms norm: scale does not count, sign does, and rows with mean 0 are those of layer norm") {
  nn::RMSNorm rms({.normalized_shape = {6}, .eps = 0.0});
  nn::LayerNorm ln({.normalized_shape = {6}, .eps = 1e-5});
  Tensor x = sample({4, 6}, 1);
  CHECK(difference(rms(x * 7), rms(x)) < 1e-14);
  CHECK(difference(rms(x * -3), -rms(x)) < 1e-14);
  Tensor centred = x - mean(x, {1}, true);
  CHECK(difference(nn::RMSNorm({.normalized_shape = {6}, .eps = 1e-5})(centred), ln(x)) < 1e-12);
  CHECK(difference(mean(square(rms(x)), {1}), ones({4})) < 1e-14);
}

TEST_CASE_FIXTURE(Wide, "rms norm: p = 1 is all, p = 0.5 of 5 numbers measures 2, and a row of zeros has a gradient of 1 / eps outside the root") {
  Tensor x = sample({3, 5}, 2);
  CHECK(difference(nn::RMSNorm({.normalized_shape = {5}, .eps = 1e-6, .p = 1})(x), nn::RMSNorm({.normalized_shape = {5}, .eps = 1e-6})(x)) == 0);
  Tensor part = narrow(x, 1, 0, 2);
  CHECK(difference(nn::RMSNorm({.normalized_shape = {5}, .eps = 0.0, .p = 0.5})(x), x / sqrt(mean(square(part), {1}, true))) < 1e-14);
  Tensor z = leaf(zeros({1, 5}));
  nn::RMSNorm({.normalized_shape = {5}, .eps = 1e-3, .eps_mode = nn::RMSNormOptions::EpsMode::outside})(z).backward(ones({1, 5}));
  for (double g : numbers(z.grad())) CHECK(g == doctest::Approx(1e3));
  CHECK_THROWS_WITH_AS(nn::RMSNorm({.normalized_shape = {5}, .p = 0.1}), "RMSNorm: p = 0.1 of 5 numbers leaves none to measure", ConfigError);
  CHECK_THROWS_WITH_AS(nn::RMSNorm({.normalized_shape = {5}, .p = 2}), "RMSNorm: expected p between 0 and 1, or -1 for all numbers, not 2", ConfigError);
  // No eps given: that of the input's dtype.
  DefaultDtype narrow_scope(DType::float32);
  nn::RMSNorm tiny(2);
  CHECK(numbers(tiny(full({1, 2}, 1e-4, DType::float32)))[0] == doctest::Approx(1e-4 / std::sqrt(1e-8 + 1.1920929e-7)).epsilon(1e-5));
}

TEST_CASE_FIXTURE(Wide, "compressed rms norm: the first numbers of RMSNorm and LayerNorm of the vector with its sum removed") {
  Tensor x = sample({4, 5}, 3), full_vector = cat({x, -sum(x, {1}, true)}, 1);
  Tensor y = nn::CRMSNorm({.normalized_shape = {5}, .eps = 1e-3})(x);
  CHECK(difference(y, narrow(nn::RMSNorm({.normalized_shape = {6}, .eps = 1e-3})(full_vector), 1, 0, 5)) < 1e-14);
  CHECK(difference(y, narrow(nn::LayerNorm({.normalized_shape = {6}, .eps = 1e-3})(full_vector), 1, 0, 5)) < 1e-14);
  nn::LinearZeroMeanOutput linear(3, 4);
  CHECK(size_of(sum(linear(sample({5, 3}, 4)), {1})) < 1e-14);
}

TEST_CASE_FIXTURE(Wide, "scale norm, feature norm and fixed-norm embeddings: rows have the length asked for, gradients are orthogonal to them") {
  Tensor x = leaf(sample({3, 4}, 5));
  nn::ScaleNorm scale({.scale = 2.5});
  Tensor y = scale(x);
  CHECK(difference(norm(y, 2, {1}), full({3}, 2.5)) < 1e-14);
  CHECK(difference(scale(x * 9), y) < 1e-14);
  y.backward(sample({3, 4}, 6));
  CHECK(size_of(sum(x.grad() * x.detach(), {1})) < 1e-13);
  CHECK(numbers(scale(full({1, 4}, 1e-7)))[0] == doctest::Approx(2.5e-7 / 1e-5));  // shorter than eps: a constant factor
  Tensor h = sample({2, 3, 2}, 7);
  CHECK(difference(norm(reshape(nn::FeatureNorm({.scale_sqrt_dim = true})(h), {2, 6}), 2, {1}), full({2}, std::sqrt(6.0))) < 1e-14);
  nn::FixNormEmbedding words(5, 4);
  Tensor ids = from_vector(std::vector<int64_t>{0, 3, 3}, {3});
  Tensor rows = words(ids);
  CHECK(difference(norm(rows, 2, {1}), full({3}, 2.0)) < 1e-14);
  CHECK(difference(words.logits(rows), matmul(rows, transpose(words(from_vector(std::vector<int64_t>{0, 1, 2, 3, 4}, {5})))) / 2.0) < 1e-14);
  set(words.weight, words.weight().detach() * 3);
  CHECK(difference(words(ids), rows) < 1e-14);
}

TEST_CASE_FIXTURE(Wide, "fedavg: equal models stay, counts weigh") {
  Tensor same = stack({tensor({1, 2}), tensor({1, 2})}, 0);
  CHECK(numbers(nn::fedavg(same, from_vector(std::vector<int64_t>{3, 9}, {2}))) == std::vector<double>{1, 2});
  CHECK(numbers(nn::fedavg(column({0, 4}), from_vector(std::vector<int64_t>{1, 3}, {2}))) == std::vector<double>{3});
  CHECK_THROWS_WITH_AS(nn::fedavg(same, from_vector(std::vector<int64_t>{0, 0}, {2})), "fedavg: sample counts must be at least 0 and not all 0", ValueError);
}

TEST_CASE_FIXTURE(Wide, "evonorm: what the forms are for v = 0, one group a channel and equal statistics") {
  Tensor x = sample({3, 4, 2, 3}, 8);
  nn::EvoNormS0 s0({.num_features = 4, .groups = 2, .eps = 0});
  set(s0.v, zeros({4}));
  Tensor grouped = reshape(x, {3, 2, 12});
  CHECK(difference(s0(x), reshape(grouped * 0.5 / sqrt(moments(grouped, {2}).variance), x.shape())) < 1e-14);
  CHECK(difference(s0(x * 5), s0(x)) < 1e-13);
  CHECK(difference(s0(narrow(x, 0, 1, 1)), narrow(s0(x), 0, 1, 1)) == 0);
  nn::EvoNormB0 b0({.num_features = 4, .eps = 0});
  set(b0.v, zeros({4}));
  Tensor batch = moments(x, {0, 2, 3}).variance, own = moments(x, {2, 3}).variance;
  Tensor y = b0(x);
  CHECK(difference(y, x / sqrt(maximum(batch, own))) < 1e-14);
  CHECK(difference(b0.running_var(), 0.9 + reshape(batch, {4}) * (0.1 * 18 / 17)) < 1e-14);
  b0.running_var = reshape(batch, {4});
  b0.eval();
  CHECK(difference(b0(x), y) < 1e-14);
  CHECK_THROWS_WITH_AS(nn::EvoNormS0(8), "EvoNormS0: 8 channels cannot be split into 32 equal groups", ConfigError);
  CHECK_THROWS_WITH_AS(nn::EvoNormB1(2)(zeros({1, 2, 1})), doctest::Contains("more than 1 value per channel when training"), ValueError);
}

TEST_CASE_FIXTURE(Wide, "region norm: each region has mean 0 and variance 1, and does not feel the other") {
  Tensor x = sample({2, 3, 4, 5}, 9, DType::float64, 4, 3), mask = to(lt(sample({2, 1, 4, 5}, 10), 0), DType::float64);
  nn::RegionNorm rn(3);
  Tensor y = rn(x, mask);
  for (const Tensor& k : {mask, 1 - mask}) {
    double n = sum(k).item();
    CHECK(size_of(sum(y * k, {0, 2, 3}) / n) < 1e-14);
    CHECK(difference(sum(square(y) * k, {0, 2, 3}) / n, ones({3})) < 1e-4);
  }
  CHECK(difference(rn(x + (1 - mask) * 100, mask) * mask, y * mask) < 1e-9);
  nn::RegionNormB plain(3);
  CHECK(difference(plain(x, mask), y) < 1e-14);
  nn::BatchNorm2d bn({.num_features = 3, .affine = false});
  CHECK(difference(rn(x, ones({2, 1, 4, 5})), bn(x)) < 1e-14);
  CHECK(difference(rn(x, zeros({2, 1, 4, 5})), bn(x)) < 1e-14);
  CHECK_THROWS_WITH_AS(rn(x, ones({2, 1, 4, 4})), "RegionNorm: expected a mask of shape [2, 1, 4, 5] but it is [2, 1, 4, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(nn::RegionNormL({.num_features = 3, .kernel_size = 4}), "RegionNormL: kernel_size must be odd, not 4", ConfigError);
}

TEST_CASE_FIXTURE(Wide, "channel selective norm: a closed gate is the identity, an open one instance norm") {
  nn::CSNorm cs(3);
  Tensor x = sample({2, 3, 4, 4}, 11);
  set(cs.fc2.bias, full({3}, -1e3));
  CHECK(difference(cs(x), x) == 0);
  set(cs.fc2.bias, full({3}, 1e3));
  CHECK(difference(cs(x), nn::InstanceNorm2d(3)(x)) < 1e-13);
  Tensor noise = sample({2, 3, 4, 4}, 12);
  CHECK(difference(nn::amplitude_mix(x, noise, 1), x) < 1e-13);
  CHECK(difference(nn::decompose(nn::amplitude_mix(x, noise, 0), false).amplitude, nn::decompose(noise, false).amplitude) < 1e-12);
}

TEST_CASE_FIXTURE(Wide, "frequency norms: phase of the input, amplitude of the normalised map") {
  for (int64_t width : {5, 6}) {
    Tensor x = sample({3, 2, 4, width}, 13, DType::float64, 2);
    nn::PCNorm pc(2);
    nn::BatchNorm2d bn({.num_features = 2, .affine = false});
    nn::Spectrum before = nn::decompose(x), after = nn::decompose(pc(x)), normal = nn::decompose(bn(x));
    CHECK(difference(after.amplitude, normal.amplitude) < 2e-5);  // the replaced ones
    CHECK(difference(after.cosine, before.cosine) < 1e-9);
    nn::CCNorm cc({.num_features = 2, .temperature = 0.01});
    set(cc.mix, tensor({-1, 1}));
    CHECK(difference(cc(x), pc(x)) < 1e-12);
    nn::SCNorm sc(2);
    set(sc.mix, tensor({-9, 9}));
    CHECK(difference(sc(x), x) < 1e-12);
  }
}

TEST_CASE_FIXTURE(Wide, "divisive norm: closed forms, the sign stays, the inverse undoes, nothing sticks at the bound") {
  Tensor x = sample({2, 3, 4}, 14);
  nn::GDN gdn({.num_features = 3, .gamma_init = 0});
  CHECK(difference(gdn(x), x) < 1e-10);  // gamma 0 to 2^-36, beta 1
  nn::GDN mixed(3);
  Tensor want = x / sqrt(1 + square(x) * 0.1), y = mixed(x);
  CHECK(difference(y, want) < 1e-9);
  Tensor back = y;
  for (int i = 0; i < 200; i++) back = y * sqrt(1 + square(back) * 0.1);
  CHECK(difference(back, x) < 1e-7);
  CHECK(difference(nn::GDN({.num_features = 3, .inverse = true})(x), x * sqrt(1 + square(x) * 0.1)) < 1e-9);
  CHECK(difference(nn::GDN1(3)(x), x / (1 + abs(x) * 0.1)) < 1e-9);
  Tensor t = leaf(tensor({0.5, 2, 0.5}));
  nn::lower_bound(t, 1).backward(tensor({3, 3, -3}));
  CHECK(numbers(t.grad()) == std::vector<double>{0, 3, -3});
  nn::GeneralizedGDN general({.num_features = 3, .return_log_det = true});
  scatter_parameters(general);
  Tensor z = sample({1, 3}, 15);
  Tensors rows;
  for (int64_t i = 0; i < 3; i++) {
    Tensor at = leaf(z);
    rows.push_back(reshape(grad(select(select(general(at)[0], 0, 0), 0, i), at), {3}));
  }
  CHECK(general(z)[1].item() == doctest::Approx(slogdet(stack(rows, 0)).second.item()).epsilon(1e-12));
  CHECK(!any_nan(general(zeros({2, 3}))[1]));
}

TEST_CASE_FIXTURE(Wide, "batch-channel norm: groups have their bias as mean and their weight as deviation; estimates work for one sample") {
  nn::BatchChannelNorm bcn({.num_features = 4, .num_groups = 2, .eps = 0});
  set(bcn.weight, tensor({2, 0.5}));
  set(bcn.bias, tensor({-1, 3}));
  Moments m = moments(reshape(bcn(sample({3, 4, 2, 2}, 16)), {3, 2, 8}), {2});
  CHECK(difference(reshape(m.mean, {3, 2}), expand(tensor({-1, 3}), {3, 2})) < 1e-13);
  CHECK(difference(reshape(m.variance, {3, 2}), expand(tensor({4, 0.25}), {3, 2})) < 1e-12);
  nn::EstBatchNorm est({.num_features = 1, .moving_speed = 0.5});
  Tensor y = est(column({4}));  // mean 2, variance 0.5 + 0.5 * 4^2
  CHECK(est.running.mean().item() == 2);
  CHECK(est.running.variance().item() == 8.5);
  CHECK(y.item() == doctest::Approx(2 / std::sqrt(8.5 + 1e-5)));
  est.eval();
  CHECK(difference(est(column({4, 6})), column({2, 4}) / std::sqrt(8.5 + 1e-5)) < 1e-15);
}

TEST_CASE_FIXTURE(Wide, "AdaB2N: balanced statistics, averages of any kappa, errors") {
  Tensor x = cat({full({18, 1, 1, 1}, 4.0), zeros({2, 1, 1, 1})}, 0);
  Tensor ids = cat({ones({18}, DType::int64), zeros({2}, DType::int64)}, 0);
  nn::AdaB2N bn({.num_features = 1, .num_tasks = 3, .momentum = 1});
  CHECK_THROWS_WITH_AS((bn.end_task(), bn.forward(x, ids + 1)), doctest::Contains("AdaB2N: task id 2 is outside the tasks 0 to 1"), ValueError);
  set(bn.task_weight, tensor({2, 0, 0}));
  Tensors out = bn.forward(x, ids);
  double e2 = std::exp(2.0);
  CHECK(bn.running.mean().item() == doctest::Approx(4 * 19 / (e2 + 21)));
  CHECK(out[1].item() == doctest::Approx(0).epsilon(1e-12));  // momentum 1: the running values are the batch's
  // Tasks of equal weight and size: the plain batch statistics.
  nn::AdaB2N even({.num_features = 2, .num_tasks = 2}), first({.num_features = 2, .num_tasks = 2});
  even.end_task();
  Tensor b = sample({4, 2, 3, 3}, 17), pairs = from_vector(std::vector<int64_t>{0, 1, 1, 0}, {4});
  CHECK(difference(even.forward(b, pairs)[0], nn::BatchNorm2d(2)(b)) < 1e-13);
  CHECK(difference(first.forward(b)[0], nn::BatchNorm2d(2)(b)) < 1e-14);
  // 5 tasks of 50 batches with mean k: the last ones weigh most unless kappa is 0.
  double last = INFINITY;
  for (double kappa : {1.0, 0.5, 0.25, 0.0}) {
    nn::AdaB2N running({.num_features = 1, .num_tasks = 1, .kappa = kappa});
    NoGrad off;
    for (int k = 0; k < 5; k++)
      for (int i = 0; i < 50; i++) running.forward(column({k - 1.0, k + 1.0}));
    double away = std::abs(running.running.mean().item() - 2);
    CHECK(away < last);
    last = away;
  }
  CHECK(last < 1e-9);
}

TEST_CASE_FIXTURE(Wide, "alpha-BN: alpha 1 is evaluation, alpha 0 the batch, and a model's batch norms can be exchanged for it") {
  nn::Sequential model{nn::BatchNorm1d(3), nn::BatchNorm1d({.num_features = 3, .eps = 1e-3})};
  Tensor x = sample({6, 3}, 18, DType::float64, 1, 2);
  for (int i = 0; i < 3; i++) model(x);
  nn::Sequential batch = model, source = model, mixed = model;
  source.eval();
  Tensor by_source = source(x), by_batch = batch(x);
  CHECK(nn::to_alpha_bn(mixed, 1) == 2);
  mixed.eval();
  CHECK(difference(mixed(x), by_source) == 0);
  dynamic_cast<nn::AlphaBN&>(mixed[0]).options.alpha = dynamic_cast<nn::AlphaBN&>(mixed[1]).options.alpha = 0;
  CHECK(difference(mixed(x), by_batch) < 1e-14);
  dynamic_cast<nn::AlphaBN&>(mixed[0]).options.alpha = 0.5;
  CHECK(!any_nan(mixed(narrow(x, 0, 0, 1))));  // one test sample: no variance of its own
  CHECK_THROWS_WITH_AS(nn::to_alpha_bn(mixed), "to_alpha_bn: there is no BatchNorm1d, 2d or 3d in Sequential", ConfigError);
  CHECK(nn::core_loss(zeros({4, 5})).item() == doctest::Approx(0.8));
  CHECK(nn::core_loss(tensor({{900.0, 0.0}, {0.0, 900.0}})).item() < 1e-12);
  Tensor logits = sample({5, 3}, 19);
  CHECK(nn::core_loss(flip(logits, {0})).item() == doctest::Approx(nn::core_loss(logits).item()).epsilon(1e-13));
}

TEST_CASE_FIXTURE(Wide, "time-dependent norms: plain at the start, the ends at extreme times, each sample its own") {
  Tensor x = sample({2, 3, 4}, 20), t = tensor({-1, 5});
  nn::TimeDependentLayerNorm ln(4);
  CHECK(difference(ln(x, t), nn::LayerNorm(4)(x)) < 1e-14);
  set(ln.weight.param0, full({4}, 3.0));
  Tensor extreme = ln(x, tensor({4e3, -4e3}));
  Tensor plain = nn::LayerNorm(4)(x);
  CHECK(difference(narrow(extreme, 0, 0, 1), narrow(plain, 0, 0, 1) * 3) < 1e-13);
  CHECK(difference(narrow(extreme, 0, 1, 1), narrow(plain, 0, 1, 1)) < 1e-13);
  CHECK(difference(narrow(ln(x, t), 0, 0, 1), narrow(ln(x, tensor({-1, 77})), 0, 0, 1)) == 0);
  nn::TimeDependentRMSNorm rms({.normalized_shape = 4, .eps = 0});
  CHECK(difference(rms(x, t), nn::RMSNorm({.normalized_shape = {4}, .eps = 0.0})(x)) < 1e-14);
  CHECK_THROWS_WITH_AS(ln(x, tensor({1, 2, 3})), "TimeDependentLayerNorm: expected one time for each of 2 samples but they are [3]", ShapeError);
}

TEST_CASE_FIXTURE(Wide, "uncentred batch norm, isometry gap and shaped activations") {
  Tensor x = sample({5, 5}, 21);
  nn::UncenteredBatchNorm1d bn(5), unit({.num_features = 5, .factor = 1.0});
  CHECK(difference(norm(bn(x), 2, {0}), full({5}, std::sqrt(5.0))) < 1e-14);
  CHECK(difference(norm(unit(x), 2, {0}), ones({5})) < 1e-14);
  Tensor q = nn::init::orthogonal({5, 5});
  double gap = nn::isometry_gap(x).item();
  CHECK(gap > 0);
  CHECK(nn::isometry_gap(matmul(x * 3, q)).item() == doctest::Approx(gap).epsilon(1e-12));
  CHECK(std::abs(nn::isometry_gap(q).item()) < 1e-13);
  CHECK(nn::isometry_gap(ones({2, 3})).item() > 30);  // dependent rows: infinite but for rounding
  Tensor turned = bn(matmul(x, q));
  CHECK(nn::isometry_gap(turned).item() < gap);
  CHECK_THROWS_WITH_AS(nn::shaped_activation(x, "tanh", 0), "shaped_activation: layers count from 1, but layer is 0", ValueError);
  nn::MeanOnlyBatchNorm mean_only(5);
  Tensor in = leaf(x);
  Tensor y = mean_only(in);
  CHECK(size_of(mean(y, {0})) < 1e-15);
  y.backward(sample({5, 5}, 22));
  CHECK(size_of(sum(in.grad(), {0})) < 1e-14);
  CHECK(difference(mean_only.running_mean(), mean(x, {0}) * 0.1) < 1e-15);
}

TEST_CASE_FIXTURE(Wide, "lstm with layer normalization: the layer is its cell step by step, and a vector added to the input weights changes nothing") {
  nn::LayerNormLSTM lstm(3, 4);
  Tensor x = sample({5, 2, 3}, 23), h, c;
  nn::LSTMOutput all = lstm(x);
  for (int64_t t = 0; t < 5; t++) {
    nn::LSTMCellOutput s = lstm.cells[0](select(x, 0, t), h, c);
    h = s.h, c = s.c;
    CHECK(difference(select(all.output, 0, t), h) < 1e-15);
  }
  CHECK(difference(select(all.c_n, 0, 0), c) < 1e-15);
  set(lstm.cells[0].weight_ih, lstm.cells[0].weight_ih().detach() + tensor({1, -2, 3}));
  CHECK(difference(lstm(x).output, all.output) < 1e-12);
  CHECK_THROWS_WITH_AS(lstm(sample({5, 2, 4}, 1)), "LayerNormLSTM: expected an input (T, N, 3) but it is [5, 2, 4]", ShapeError);
}

TEST_CASE_FIXTURE(Wide, "LieBN: the batch comes out with mean `weight` and variance shift^2") {
  Tensor a = sample({32, 4, 4}, 24), x = matmul(a, transpose(a)) + eye(4) * 0.5, b = sample({4, 4}, 25), w = matmul(b, transpose(b)) + eye(4);
  auto run = [&](nn::LieBNSPDOptions options) {
    nn::LieBNSPD bn(options);
    set(bn.weight, w);
    set(bn.shift, tensor({0.7}));
    NoGrad off;
    return bn(x);
  };
  using M = nn::LieBNSPDOptions::Metric;
  Tensor lem = logm(run({.n = 4, .metric = M::LEM}));
  CHECK(difference(mean(lem, {0}), logm(w)) < 1e-10);
  CHECK(sum(square(lem - logm(w))).item() / 32 == doctest::Approx(0.49).epsilon(1e-4));
  Tensor lcm = cholesky(run({.n = 4, .metric = M::LCM})), k = cholesky(w);
  auto logs = [](const Tensor& l) { return tril(l, -1) + diag_embed(log(diagonal(l, 0, -2, -1))); };
  CHECK(difference(mean(logs(lcm), {0}), logs(k)) < 1e-10);
  CHECK(sum(square(logs(lcm) - logs(k))).item() / 32 == doctest::Approx(0.49).epsilon(1e-4));
  Tensor back = inv(k), aim = logm(matmul(matmul(back, run({.n = 4, .karcher_steps = 50})), transpose(back)));
  CHECK(size_of(mean(aim, {0})) < 0.05);
  CHECK(sum(square(aim)).item() / 32 == doctest::Approx(0.49).epsilon(1e-3));
  // Evaluation is differentiable exactly; a batch of one matrix is its own mean.
  for (M metric : {M::AIM, M::LEM, M::LCM}) {
    nn::LieBNSPD bn({.n = 3, .metric = metric, .power = 1.5, .beta = 0.2});
    Tensor some = narrow(narrow(narrow(x, 0, 0, 3), 1, 0, 3), 2, 0, 3);
    bn(contiguous(some));
    bn.eval();
    CHECK(gradient_error(bn, {contiguous(some)}) < 1e-6);
    bn.train();
    CHECK(difference(reshape(bn(contiguous(narrow(some, 0, 0, 1))), {3, 3}), eye(3)) < 1e-6);
  }
  CHECK_THROWS_WITH_AS(nn::LieBNSPD({.n = 2, .beta = -1}), "LieBNSPD: expected alpha > 0 and beta > -alpha / n, not 1 and -1", ConfigError);
  CHECK_THROWS_AS(nn::LieBNSPD(2)(zeros({3, 2, 2})), LinAlgError);
}
