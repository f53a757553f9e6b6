// The rows of the normalizations' functions.
#include "autograd/functions.h"

#include "autograd/ops/factory.h"
#include "nn/norm/residual_norm.h"

namespace tare::nn::tables {
namespace {

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
    {"deepnorm_constants", call_deepnorm_constants, nullptr, Gradient::none, "DeepNorm's residual scales and gains of encoder and decoder."},
    {"subln_gain", call_subln_gain, nullptr, Gradient::none, "Magneto's gains of encoder and decoder."},
};

}  // namespace

std::span<const Function> norm() { return kNormFunctions; }

}  // namespace tare::nn::tables
