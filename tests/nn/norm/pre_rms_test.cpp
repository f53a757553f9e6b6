// A pre-norm Transformer converted to Pre-RMSNorm and Pre-CRMSNorm computes the same function.
#include "nn/attention/pre_rms.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops/inplace.h"
#include "nn/edit.h"
#include "nn/functions.h"
#include "nn/linear.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/rms_norm.h"
#include "nn/sequential.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

nn::Sequential pre_norm_model() {
  nn::TransformerEncoderLayer layer({.d_model = 16, .nhead = 2, .dim_feedforward = 20, .dropout = 0, .activation = "gelu", .norm_first = true});
  nn::Sequential model{nn::Linear(5, 16), nn::TransformerEncoder({.encoder_layer = layer, .num_layers = 4, .norm = nn::LayerNorm(16)}), nn::Linear(16, 3)};
  NoGrad off;
  uint64_t seed = 70;
  for (auto& p : model.parameters()) {
    bool scale = p.role == Role::norm_scale;
    copy_(p.tensor, (scale ? 1.0 : 0.0) + sample(p.tensor.shape(), seed++, DType::float64, 0, scale ? 0.3 : 0.25));
  }
  return model;
}

void descend(nn::Module& m, const Tensor& x, const Tensor& target) {
  m.zero_grad();
  mean(square(m.call({&x, 1})[0] - target)).backward();
  NoGrad off;
  for (auto& p : m.parameters()) add_(p.tensor, p.tensor.grad(), -0.01);
}

}  // namespace

TEST_CASE("Pre-RMSNorm: same outputs, same training by SGD, same after JSON; without centring it is another function") {
  DefaultDtype scope(DType::float64);
  nn::Sequential model = pre_norm_model();
  nn::AnyModule rms = nn::convert_pre_ln_to_pre_rms(model);
  Tensor x = sample({6, 2, 5}, 60), target = sample({6, 2, 3}, 61);
  CHECK(difference(rms(x), model(x)) < 1e-12);
  nn::Sequential uncentred = pre_norm_model();
  nn::replace(uncentred, "1.layers.*.norm*", nn::RMSNorm({.normalized_shape = {16}, .eps = 1e-5, .bias = true}));
  nn::Sequential plain = pre_norm_model();
  nn::replace(plain, "1.layers.*.norm*", nn::LayerNorm(16));
  CHECK(difference(uncentred(x), plain(x)) > 1e-3);
  for (int i = 0; i < 20; i++) {
    descend(model, x, target);
    descend(*rms, x, target);
  }
  CHECK(difference(rms(x), model(x)) < 1e-8);
  nn::AnyModule again(nn::build_module(Json::parse(nn::module_to_json(*rms).dump())));
  CHECK(difference(again(x), rms(x)) == 0);
}

TEST_CASE("Pre-CRMSNorm: same outputs on d - 1 numbers, with masks, and after JSON") {
  DefaultDtype scope(DType::float64);
  nn::Sequential model = pre_norm_model();
  nn::AnyModule crms = nn::convert_pre_ln_to_pre_crms(model);
  Tensor x = sample({6, 2, 5}, 62);
  CHECK(difference(crms(x), model(x)) < 1e-12);
  nn::AnyModule again(nn::build_module(Json::parse(nn::module_to_json(*crms).dump())));
  CHECK(difference(again(x), crms(x)) == 0);
  auto& encoder = dynamic_cast<nn::TransformerEncoder&>(model[1]);
  Tensor h = sample({6, 2, 16}, 63);
  for (auto convert : {nn::convert_pre_ln_to_pre_rms, nn::convert_pre_ln_to_pre_crms}) {
    nn::AnyModule alone = convert(encoder);
    nn::TransformerEncoderArguments masks{.src_key_padding_mask = gt(sample({2, 6}, 64), 1), .is_causal = true};
    CHECK(difference((*alone.as<nn::ZeroMeanEncoder>())(h, masks), encoder(h, masks)) < 1e-12);
  }
}

TEST_CASE("Pre-RMSNorm: what cannot be converted says why") {
  DefaultDtype scope(DType::float64);
  nn::TransformerEncoderLayer post({.d_model = 4, .nhead = 2, .dim_feedforward = 3}), pre({.d_model = 4, .nhead = 2, .dim_feedforward = 3, .norm_first = true});
  auto of = [](const nn::TransformerEncoderLayer& layer, nn::AnyModule norm) { return nn::TransformerEncoder({.encoder_layer = layer, .num_layers = 1, .norm = norm}); };
  CHECK_THROWS_WITH_AS(nn::convert_pre_ln_to_pre_rms(of(post, nn::LayerNorm(4))), doctest::Contains("layers.0 is a post-norm layer (norm_first = false)"), ConfigError);
  CHECK_THROWS_WITH_AS(nn::convert_pre_ln_to_pre_crms(of(pre, {})), doctest::Contains("convert_pre_ln: norm is missing; expected a LayerNorm"), ConfigError);
  CHECK_THROWS_WITH_AS(nn::convert_pre_ln_to_pre_rms(nn::Linear(2, 2)), "convert_pre_ln_to_pre_rms: there is no TransformerEncoder in Linear", ConfigError);
}

TEST_CASE("functions of normalizations pass gradcheck") {
  for (const Function& f : nn::functions()) {
    bool ours = f.name == "amplitude_mix" || f.name == "core_loss" || f.name == "fedavg" || f.name == "isometry_gap" || f.name == "shaped_activation";
    if (!ours) continue;
    CAPTURE(f.name);
    for (const FunctionSample& s : f.samples()) {
      gradcheck(std::string(f.name), [&](const Tensors& x) { return call_function(f, x, s.options); }, s.inputs);
      gradgradcheck(std::string(f.name), [&](const Tensors& x) { return call_function(f, x, s.options); }, s.inputs);
    }
  }
}
