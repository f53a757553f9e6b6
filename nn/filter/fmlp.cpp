#include "nn/filter/fmlp.h"

#include <algorithm>

#include "autograd/ops/activation.h"
#include "autograd/ops/complex.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/fft.h"
#include "nn/init/init.h"

namespace tare::nn {

void FilterLayerOptions::visit(Visitor& v) {
  v.option("max_seq_length", max_seq_length);
  v.option("hidden_size", hidden_size);
  v.option("dropout", dropout);
  v.option("layer_norm_eps", layer_norm_eps);
}

FilterLayer::FilterLayer(Options o) : options(o), norm({.normalized_shape = {std::max<int64_t>(o.hidden_size, 1)}, .eps = o.layer_norm_eps}) {
  check<ConfigError>(o.max_seq_length >= 1 && o.hidden_size >= 1, type, ": max_seq_length and hidden_size must be at least 1, not ", o.max_seq_length, " and ", o.hidden_size);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, type, ": expected dropout between 0 and 1, not ", o.dropout);
  complex_weight = Parameter(init::normal({1, o.max_seq_length / 2 + 1, o.hidden_size, 2}, 0, 0.02));
}

void FilterLayer::visit(Visitor& v) {
  v.parameter("complex_weight", complex_weight);
  v.child("LayerNorm", norm);
}

Tensor FilterLayer::filter(const Tensor& x) {
  check<ShapeError>(x.dim() == 3 && x.size(1) == options.max_seq_length && x.size(2) == options.hidden_size, type, ": expected (B, ", options.max_seq_length, ", ",
                    options.hidden_size, ") (max_seq_length, hidden_size) but the input is ", x.shape(), "; pad shorter sequences on the left");
  return irfft(complex_mul(rfft(x, {}, 1, "ortho"), complex_weight()), options.max_seq_length, 1, "ortho");
}

Tensor FilterLayer::forward(const Tensor& x) { return norm(dropout(filter(x), options.dropout, training()) + x); }

void FMLPLayerOptions::visit(Visitor& v) {
  v.option("max_seq_length", max_seq_length);
  v.option("hidden_size", hidden_size);
  v.option("dropout", dropout);
  v.option("layer_norm_eps", layer_norm_eps);
  v.option("hidden_act", hidden_act);
}

FMLPLayer::FMLPLayer(Options o)
    : options(o),
      filterlayer({.max_seq_length = o.max_seq_length, .hidden_size = o.hidden_size, .dropout = o.dropout, .layer_norm_eps = o.layer_norm_eps}),
      dense_1(o.hidden_size, 4 * o.hidden_size),
      dense_2(4 * o.hidden_size, o.hidden_size),
      norm(filterlayer.norm.options) {
  check<ConfigError>(o.hidden_act == "gelu" || o.hidden_act == "relu" || o.hidden_act == "swish", type, ": hidden_act must be \"gelu\", \"relu\" or \"swish\", not \"",
                     o.hidden_act, "\"");
  for (Linear* dense : {&dense_1, &dense_2}) {
    init::normal_(dense->weight(), 0, 0.02);
    init::zeros_(dense->bias());
  }
}

void FMLPLayer::visit(Visitor& v) {
  v.child("filterlayer", filterlayer);
  v.child("intermediate.dense_1", dense_1);
  v.child("intermediate.dense_2", dense_2);
  v.child("intermediate.LayerNorm", norm);
}

Tensor FMLPLayer::forward(const Tensor& x) {
  Tensor h = filterlayer(x), z;
  if (options.hidden_act == "relu") z = dense_1.forward_relu(h);
  else z = options.hidden_act == "gelu" ? gelu(dense_1(h)) : silu(dense_1(h));
  return norm(dropout(dense_2(z), options.dropout, training()) + h);
}

template class Layer<FilterLayer>;
template class Layer<FMLPLayer>;

}  // namespace tare::nn
