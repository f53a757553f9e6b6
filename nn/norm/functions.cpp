// The rows of the normalizations' functions.
#include "autograd/functions.h"

#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "nn/norm/alpha_bn.h"
#include "nn/norm/feature_norm.h"
#include "nn/norm/residual_norm.h"
#include "nn/norm/spectrum.h"
#include "nn/norm/uncentered_batch_norm.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::whole;
using samples::with;

Tensors constants(std::initializer_list<double> values) {
  Tensors all;
  for (double v : values) all.push_back(scalar(v, DType::float64));
  return all;
}
Tensors call_deepnorm_constants(const Inputs&, Keywords& o) {
  DeepNormConstants c = deepnorm_constants(o.integer("encoder_layers", 0), o.integer("decoder_layers", 0));
  return constants({c.alpha_encoder, c.beta_encoder, c.alpha_decoder, c.beta_decoder});
}
Tensors call_subln_gain(const Inputs&, Keywords& o) {
  SubLNGain g = subln_gain(o.integer("encoder_layers", 0), o.integer("decoder_layers", 0));
  return constants({g.encoder, g.decoder});
}

const Function kNormFunctions[] = {
    {"amplitude_mix", [](const Inputs& x, Keywords& o) { return Tensors{amplitude_mix(x[0], x[1], o.real("lam"))}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 3, 4}), spread({2, 3, 4}, -1, 2, 1)}, with({{"lam", 0.3}})}}; }, Gradient::exact,
     "An image with part of another's amplitude spectrum.", "csnorm"},
    {"core_loss", [](const Inputs& x, Keywords&) { return Tensors{core_loss(x[0])}; }, [] { return std::vector<FunctionSample>{{{spread({4, 3})}}, {{spread({1, 2})}}}; },
     Gradient::exact, "Correlation of different classes in a batch of predictions.", "alpha_bn"},
    {"deepnorm_constants", call_deepnorm_constants, nullptr, Gradient::none, "DeepNorm's residual scales and gains of encoder and decoder."},
    {"fedavg", [](const Inputs& x, Keywords&) { return Tensors{fedavg(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{spread({3, 4}), whole({2, 0, 5}, {3})}}}; }, Gradient::exact,
     "Average of clients' parameters by their sample counts.", "federated_layer_norm"},
    {"isometry_gap", [](const Inputs& x, Keywords&) { return Tensors{isometry_gap(x[0])}; },
     [] { return std::vector<FunctionSample>{{{spread({3, 4})}}, {{spread({1, 2}, 0.5, 2)}}}; }, Gradient::exact,
     "How far rows are from orthogonal ones of equal length.", "bn_without_explosion"},
    {"shaped_activation",
     [](const Inputs& x, Keywords& o) { return Tensors{shaped_activation(x[0], o.word("activation", "tanh"), o.integer("layer"), o.real("exponent", -0.4))}; },
     [] {
       return std::vector<FunctionSample>{{{spread({2, 3})}, with({{"layer", 3}})}, {{spread({4})}, with({{"activation", "sin"}, {"layer", 1}})}};
     },
     Gradient::exact, "An activation of the layer^exponent-fold input.", "bn_without_explosion"},
    {"subln_gain", call_subln_gain, nullptr, Gradient::none, "Magneto's gains of encoder and decoder."},
};

}  // namespace

std::span<const Function> norm() { return kNormFunctions; }

}  // namespace tare::nn::tables
