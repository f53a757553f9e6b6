// Folding, exchanging and recalibrating the normalizations of whole models.
#include "nn/tools/norm_tools.h"

#include <doctest/doctest.h>

#include "autograd/ops/inplace.h"
#include "nn/activation/relu.h"
#include "nn/attention/transformer.h"
#include "nn/container/residual.h"
#include "nn/conv/conv.h"
#include "nn/conv/conv_transpose.h"
#include "nn/edit.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/pool/adaptive_pool.h"
#include "nn/reparam/weight_norm.h"
#include "nn/sequential.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

nn::Sequential small_cnn() {
  nn::Conv2d plain({.in_channels = 2, .out_channels = 6, .kernel_size = 3, .padding = 1, .bias = false});
  nn::Conv2d grouped({.in_channels = 6, .out_channels = 4, .kernel_size = 3, .groups = 2});
  return nn::Sequential(plain, nn::BatchNorm2d(6), nn::ReLU{}, nn::Residual(nn::Sequential(nn::Conv2d(6, 6, nn::Sizes(1)), nn::BatchNorm2d(6))), grouped,
                        nn::BatchNorm2d(4), nn::ReLU{}, nn::AdaptiveAvgPool2d(1), nn::Flatten{}, nn::Linear(4, 3), nn::BatchNorm1d(3));
}

/// A few steps of plain gradient descent on random targets: statistics, weights and biases away from their start.
void train_a_little(nn::Module& m, const Shape& input, DType dtype) {
  m.train();
  for (uint64_t step = 0; step < 5; step++) {
    Tensor x = sample(input, 40 + step, dtype, 0.5, 2);
    Tensor y = m.call({&x, 1})[0];
    m.zero_grad();
    mean(square(y - sample(y.shape(), 90 + step, dtype))).backward();
    NoGrad off;
    for (auto& p : m.parameters())
      if (p.tensor.grad().defined()) add_(p.tensor, p.tensor.grad(), -0.1);
  }
  m.eval();
}

int64_t count_type(nn::Module& m, std::string_view type) {
  int64_t n = 0;
  for (auto& [path, sub] : m.modules()) n += sub->type_name() == type;
  return n;
}

}  // namespace

TEST_CASE("fold norms: a trained net gives the same outputs without its batch norms, also read back from JSON") {
  for (DType dtype : {DType::float32, DType::float64}) {
    DefaultDtype scope(dtype);
    manual_seed(3);
    nn::Sequential net = small_cnn();
    nn::reparametrize(net, "0.weight", nn::WeightNorm{});
    train_a_little(net, {8, 2, 6, 6}, dtype);
    Tensor x = sample({4, 2, 6, 6}, 7, dtype), before = net(x);
    CHECK(nn::fold_norms(net) == 4);
    CHECK(count_type(net, "BatchNorm2d") + count_type(net, "BatchNorm1d") == 0);
    CHECK(difference(net(x), before) < (dtype == DType::float32 ? 1e-5 : 1e-12));
    auto copy = nn::build_module(Json::parse(nn::module_to_json(net).dump()));
    copy->eval();
    CHECK(difference(copy->call({&x, 1})[0], net(x)) == 0);
    CHECK(nn::fold_norms(net) == 0);
  }
}

TEST_CASE("fold norms: every normalization that is a map per channel in evaluation goes, others stay") {
  DefaultDtype scope(DType::float64);
  auto chain = [](const char* first, const char* norm) {
    return build(std::string(R"({"type": "Sequential", "layers": [)") + first + ", " + norm + "]}");
  };
  const char* conv = R"({"type": "Conv2d", "in_channels": 2, "out_channels": 4, "kernel_size": 3})";
  const char* rows = R"({"type": "Linear", "in_features": 3, "out_features": 4})";
  const char* transposed = R"({"type": "ConvTranspose2d", "in_channels": 4, "out_channels": 4, "kernel_size": 2, "groups": 2, "stride": 2})";
  struct {
    const char *first, *norm;
    Shape input;
    int64_t folded;
  } cases[] = {
      {conv, R"({"type": "SyncBatchNorm", "num_features": 4})", {3, 2, 5, 5}, 1},
      {conv, R"({"type": "GhostBatchNorm2d", "num_features": 4, "virtual_batch_size": 2})", {4, 2, 5, 5}, 1},
      {conv, R"({"type": "BatchRenorm2d", "num_features": 4})", {3, 2, 5, 5}, 1},
      {conv, R"({"type": "MABN2d", "num_features": 4})", {3, 2, 5, 5}, 1},
      {conv, R"({"type": "ActNorm2d", "num_features": 4})", {3, 2, 5, 5}, 1},
      {transposed, R"({"type": "BatchNorm2d", "num_features": 4})", {3, 4, 2, 3}, 1},
      {rows, R"({"type": "BatchNorm1d", "num_features": 4, "affine": false})", {6, 3}, 1},
      {rows, R"({"type": "UnifiedNorm", "num_features": 4, "warmup_iters": 2, "window_size": 2})", {6, 3}, 1},
      {conv, R"({"type": "GroupNorm", "num_groups": 2, "num_channels": 4})", {3, 2, 5, 5}, 0},
      {conv, R"({"type": "BatchNorm2d", "num_features": 4, "track_running_stats": false})", {3, 2, 5, 5}, 0},
      {conv, R"({"type": "DyT", "num_features": 4, "channels_first": true})", {3, 2, 5, 5}, 0},
      {conv, R"({"type": "IterNorm", "num_features": 4})", {3, 2, 5, 5}, 0},
  };
  for (auto& c : cases) {
    CAPTURE(std::string(c.norm));
    manual_seed(4);
    auto m = chain(c.first, c.norm);
    scatter_parameters(*m);
    train_a_little(*m, c.input, DType::float64);
    Tensor x = sample(c.input, 9), before = m->call({&x, 1})[0];
    CHECK(nn::fold_norms(*m) == c.folded);
    CHECK(difference(m->call({&x, 1})[0], before) < 1e-10);
  }
}

TEST_CASE("fold norms: by paths, with an error for what cannot be folded") {
  DefaultDtype scope(DType::float64);
  nn::Sequential net = small_cnn();
  train_a_little(net, {8, 2, 6, 6}, DType::float64);
  Tensor x = sample({4, 2, 6, 6}, 7), before = net(x);
  nn::fold_norms(net, {{"3.module.0", "3.module.1"}});
  CHECK(count_type(net, "BatchNorm2d") == 2);
  CHECK(difference(net(x), before) < 1e-12);
  CHECK_THROWS_WITH_AS(nn::fold_norms(net, {{"2", "5"}}), doctest::Contains("5 (BatchNorm2d) cannot be folded into 2 (ReLU)"), ConfigError);
}

TEST_CASE("replace norms: one call swaps every norm of a net, by type, channels and place") {
  manual_seed(5);
  Tensor x = sample({4, 2, 6, 6}, 7, DType::float32);
  auto swapped = [&](const char* type, const Json& options = {}, bool with_example = false) {
    nn::Sequential net = small_cnn();
    CHECK(nn::replace_norms(net, type, options, with_example ? x : Tensor()) == 4);
    Tensor y = net(x);
    sum(square(y)).backward();
    auto copy = nn::build_module(Json::parse(nn::module_to_json(net).dump()));
    CHECK(difference(copy->call({&x, 1})[0], net(x)) == 0);
    return net;
  };
  nn::Sequential group = swapped("GroupNorm", Json::parse(R"({"num_groups": 1, "eps": 0.01})"));
  CHECK(count_type(group, "GroupNorm") == 4);
  CHECK(nn::describe_module(group[1]).at("eps").as_double() == 0.01);
  CHECK(nn::describe_module(swapped("GroupNorm")[1]).at("num_groups").as_int() == 6);
  nn::Sequential layer = swapped("LayerNorm");
  CHECK(count_type(layer, "LayerNorm2d") == 3);
  CHECK(count_type(layer, "LayerNorm") == 1);
  nn::Sequential renorm = swapped("BatchRenorm2d", {}, true);
  CHECK(count_type(renorm, "BatchRenorm2d") == 3);
  CHECK(count_type(renorm, "BatchRenorm1d") == 1);
  nn::Sequential dyt = swapped("DyT");
  CHECK(nn::describe_module(dyt[1]).at("channels_first").as_bool());
  for (const char* type : {"SyncBatchNorm", "IterNorm"}) {
    nn::Sequential net = swapped(type);
    CHECK(count_type(net, type) == 4);
  }
}

TEST_CASE("replace norms: to a type with the same options, statistics and weights carry over; norms of transformers are found") {
  DefaultDtype scope(DType::float64);
  nn::Sequential net(nn::Conv2d(2, 3, nn::Sizes(3)), nn::BatchNorm2d({.num_features = 3, .eps = 0.1}));
  train_a_little(net, {6, 2, 5, 5}, DType::float64);
  Tensor x = sample({2, 2, 5, 5}, 3), before = net(x);
  CHECK(nn::replace_norms(net, "FrozenBatchNorm2d") == 1);
  CHECK(difference(net(x), before) < 1e-14);
  net.train();
  CHECK(difference(net(x), before) < 1e-14);

  nn::TransformerEncoderLayer block({.d_model = 4, .nhead = 2, .dim_feedforward = 5, .dropout = 0});
  CHECK(nn::replace_norms(block, "DyT") == 2);
  CHECK(block(sample({3, 2, 4}, 4)).shape() == Shape{3, 2, 4});
}

TEST_CASE("replace norms: what cannot be is an error that says where and why, and changes nothing") {
  nn::Sequential net(nn::Linear(4, 4), nn::LayerNorm(4));
  CHECK_THROWS_WITH_AS(nn::replace_norms(net, "InstanceNorm3d"), doctest::Contains("InstanceNorm3d cannot stand at 1 in place of LayerNorm"), ConfigError);
  CHECK_THROWS_WITH_AS(nn::replace_norms(net, "LayerNrm"), doctest::Contains("did you mean \"LayerNorm\""), ConfigError);
  CHECK_THROWS_WITH_AS(nn::replace_norms(net, "RMSNorm2d", Json::parse(R"({"epss": 1})")), doctest::Contains("cannot stand at 1"), ConfigError);
  CHECK(net[1].type_name() == "LayerNorm");
  nn::Sequential bare(nn::Linear(4, 4));
  CHECK_THROWS_WITH_AS(nn::replace_norms(bare, "LayerNorm"), doctest::Contains("no normalization that could be exchanged"), ConfigError);
}

TEST_CASE("recalibration: running statistics become the average over the batches, flags and momentum stay") {
  DefaultDtype scope(DType::float64);
  nn::BatchNorm1d bn({.num_features = 2, .momentum = 0.3});
  bn(sample({5, 2}, 1, DType::float64, 100));
  bn.eval();
  Tensor a = sample({5, 2}, 2), b = sample({7, 2}, 3, DType::float64, 3, 2);
  CHECK(nn::recalibrate_running_statistics(bn, {a, b}) == 1);
  CHECK(difference(bn.running.mean(), (mean(a, {0}) + mean(b, {0})) / 2) < 1e-14);
  CHECK(difference(bn.running.variance(), (var(a, {0}) + var(b, {0})) / 2) < 1e-14);
  CHECK(!bn.training());
  CHECK(bn.options.momentum == 0.3);
  nn::Sequential net = small_cnn();
  CHECK(nn::recalibrate_running_statistics(net, {sample({4, 2, 6, 6}, 5)}) == 4);
  CHECK(net.training());
}

TEST_CASE("freezing statistics: norms evaluate while the rest trains") {
  nn::Sequential net = small_cnn();
  CHECK(nn::freeze_statistics(net) == 4);
  CHECK(net[0].training());
  CHECK(!net[1].training());
  CHECK(nn::freeze_statistics(net, false) == 4);
  CHECK(net[1].training());
}

TEST_CASE("scale-invariant weights: those before a norm, and in float64 the output really does not feel them") {
  nn::Sequential net = small_cnn();
  Tensor x = sample({8, 2, 6, 6}, 7, DType::float32);
  auto names = [](const ParameterList& list) {
    std::string all;
    for (auto& e : list) all += e.name + " ";
    return all;
  };
  CHECK(names(nn::scale_invariant_weights(net, {x})) == "0.weight 3.module.0.weight 4.weight 9.weight ");
  CHECK(names(nn::scale_invariant_weights(net, {x}, true)) == "0.weight 3.module.0.weight 4.weight 9.weight ");
  CHECK(&nn::scale_invariant_weights(net, {x})[0].tensor.impl() == &net.parameters()[0].tensor.impl());
  // Layer norm over all outputs: only a weight without a bias, and only as a whole.
  nn::Sequential layer(nn::Linear({.in_features = 3, .out_features = 4, .bias = false}), nn::LayerNorm(4), nn::Linear(4, 4), nn::LayerNorm(4));
  Tensor rows = sample({6, 3}, 8, DType::float32);
  CHECK(names(nn::scale_invariant_weights(layer, {rows})) == "0.weight ");
  CHECK(names(nn::scale_invariant_weights(layer, {rows}, true)) == "");
}
