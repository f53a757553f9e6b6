#include "nn/functions.h"

#include "autograd/ops/factory.h"
#include "nn/norm/residual_norm.h"

/// The tables of this floor, each in functions.cpp of the folder it is named after.
namespace tables {
std::span<const Function> init();
std::span<const Function> reparam();
}  // namespace tables

std::vector<Function> functions() {
  using namespace tables;
  std::vector<Function> all;
  for (auto part : {
           init(),
           reparam(),
       })
    all.insert(all.end(), part.begin(), part.end());
  return all;
}
namespace tare::nn {
namespace {

Tensors numbers(std::initializer_list<double> values) {
  Tensors all;
  for (double v : values) all.push_back(scalar(v, DType::float64));
  return all;
}
Tensors call_deepnorm_constants(const Inputs&, Keywords& o) {
  DeepNormConstants c = deepnorm_constants(o.integer("encoder_layers", 0), o.integer("decoder_layers", 0));
  return numbers({c.alpha_encoder, c.beta_encoder, c.alpha_decoder, c.beta_decoder});
}
Tensors call_subln_gain(const Inputs&, Keywords& o) {
  SubLNGain g = subln_gain(o.integer("encoder_layers", 0), o.integer("decoder_layers", 0));
  return numbers({g.encoder, g.decoder});
}

}  // namespace

std::vector<Function> functions() {
  return {
      {"deepnorm_constants", call_deepnorm_constants, nullptr, Gradient::none, "DeepNorm's residual scales and gains of encoder and decoder."},
      {"subln_gain", call_subln_gain, nullptr, Gradient::none, "Magneto's gains of encoder and decoder."},
  };
}

}  // namespace tare::nn
