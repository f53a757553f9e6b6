#include "nn/attention/pre_rms.h"

#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/edit.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/rms_norm.h"
#include "nn/reparam/zero_mean_output.h"
#include "nn/sequential.h"

namespace tare::nn {
namespace {

PreCRMSEncoderLayerOptions checked_crms(PreCRMSEncoderLayerOptions o) {
  check<ConfigError>(o.d_model >= 2 && o.nhead >= 1 && o.d_model % o.nhead == 0,
                     "PreCRMSEncoderLayer: expected d_model to be a multiple of nhead and at least 2, but they are ", o.d_model, " and ", o.nhead);
  check<ConfigError>(o.dim_feedforward >= 1, "PreCRMSEncoderLayer: expected dim_feedforward of at least 1, not ", o.dim_feedforward);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, "PreCRMSEncoderLayer: expected dropout between 0 and 1, not ", o.dropout);
  return o;
}
Linear map(int64_t in, int64_t out, bool bias) { return Linear({.in_features = in, .out_features = out, .bias = bias}); }

// The layer's LayerNorm; anything else cannot be converted.
LayerNorm& layer_norm_in(const AnyModule& box, const std::string& path) {
  auto* ln = box.as<LayerNorm>();
  check<ConfigError>(ln != nullptr, "convert_pre_ln: ", path, " is ", box ? box->type_name() : std::string_view("missing"),
                     "; expected a LayerNorm: only pre-norm encoders with LayerNorms throughout and behind the last layer can be converted");
  return *ln;
}

TransformerEncoderLayer& pre_norm_layer(TransformerEncoder& encoder, size_t i) {
  auto* layer = encoder.layers[i].as<TransformerEncoderLayer>();
  check<ConfigError>(layer && layer->options.norm_first, "convert_pre_ln: layers.", i, " is ", layer ? "a post-norm layer (norm_first = false)" : encoder.layers[i]->type_name(),
                     "; expected a TransformerEncoderLayer with norm_first = true");
  return *layer;
}

AnyModule rms_like(const LayerNorm& ln) {
  RMSNorm rms({.normalized_shape = ln.options.normalized_shape, .eps = ln.options.eps, .elementwise_affine = ln.weight.defined(), .bias = ln.bias.defined()});
  if (ln.weight.defined()) rms.weight = Parameter(clone(ln.weight()).detach());
  if (ln.bias.defined()) rms.bias = Parameter(clone(ln.bias()).detach());
  return rms;
}

ZeroMeanEncoder to_pre_rms(TransformerEncoder encoder) {
  for (size_t i = 0; i < encoder.layers.size(); i++) {
    TransformerEncoderLayer& layer = pre_norm_layer(encoder, i);
    std::string at = text("layers.", i, ".");
    replace(encoder, at + "norm1", rms_like(layer_norm_in(layer.norm1, at + "norm1")));
    replace(encoder, at + "norm2", rms_like(layer_norm_in(layer.norm2, at + "norm2")));
    for (const char* output : {"self_attn.out_proj.", "linear2."})
      for (const char* slot : {"weight", "bias"})
        if (layer.options.bias || slot[0] == 'w') reparametrize(encoder, at + output + slot, ZeroMeanOutput{});
  }
  replace(encoder, "norm", rms_like(layer_norm_in(encoder.norm, "norm")));
  return ZeroMeanEncoder({.encoder = std::move(encoder), .compress = false});
}

struct AffineMap {
  Tensor weight, bias;  // bias may be undefined
};
// The map behind a LayerNorm, with the norm's affine map taken in.
AffineMap behind(const LayerNorm& ln, AffineMap m) {
  if (ln.bias.defined()) m.bias = m.bias.defined() ? m.bias + mv(m.weight, ln.bias()) : mv(m.weight, ln.bias());
  if (ln.weight.defined()) m.weight = m.weight * ln.weight();
  return m;
}
// A map that reads d numbers with sum 0, from the first d - 1.
AffineMap reading_compressed(AffineMap m) {
  int64_t last = m.weight.shape()[1] - 1;
  m.weight = narrow(m.weight, 1, 0, last) - narrow(m.weight, 1, last, 1);
  return m;
}
// A map that writes d numbers, with their mean removed and the last one left out.
AffineMap writing_compressed(AffineMap m) {
  int64_t last = m.weight.shape()[0] - 1;
  m.weight = narrow(m.weight - mean(m.weight, {0}, true), 0, 0, last);
  if (m.bias.defined()) m.bias = narrow(m.bias - mean(m.bias), 0, 0, last);
  return m;
}
void put(Linear& into, const AffineMap& m) {
  into.weight = Parameter(clone(m.weight).detach());
  if (m.bias.defined()) into.bias = Parameter(clone(m.bias).detach());
}

ZeroMeanEncoder to_pre_crms(TransformerEncoder& encoder) {
  check<ConfigError>(encoder.layers.size() >= 1, "convert_pre_ln_to_pre_crms: the encoder has no layers");
  NoGrad off;
  LayerNorm& last = layer_norm_in(encoder.norm, "norm");
  int64_t d = last.options.normalized_shape.back();
  // Back to d numbers: those that are kept, and minus their sum.
  Linear expansion = map(d - 1, d, last.bias.defined());
  Tensor identity = cat({eye(d - 1, d - 1, encoder.parameters()[0].tensor.dtype()), full({1, d - 1}, -1.0, encoder.parameters()[0].tensor.dtype())}, 0);
  put(expansion, {last.weight.defined() ? identity * unsqueeze(last.weight(), 1) : identity, last.bias()});
  TransformerEncoderOptions o{.encoder_layer = {}, .num_layers = int64_t(encoder.layers.size()),
                              .norm = Sequential(CRMSNorm({.normalized_shape = {d - 1}, .eps = last.options.eps}), std::move(expansion))};
  std::vector<PreCRMSEncoderLayer> layers;
  for (size_t i = 0; i < encoder.layers.size(); i++) {
    TransformerEncoderLayer& layer = pre_norm_layer(encoder, i);
    const TransformerLayerOptions& from = layer.options;
    LayerNorm &ln1 = layer_norm_in(layer.norm1, text("layers.", i, ".norm1")), &ln2 = layer_norm_in(layer.norm2, text("layers.", i, ".norm2"));
    check<ConfigError>(ln1.options.eps == ln2.options.eps, "convert_pre_ln_to_pre_crms: layers.", i, " has two norms with eps ", ln1.options.eps, " and ",
                       ln2.options.eps, "; expected one");
    bool bias = from.bias || ln1.bias.defined() || ln2.bias.defined();
    PreCRMSEncoderLayer to({.d_model = d, .nhead = from.nhead, .dim_feedforward = from.dim_feedforward, .dropout = from.dropout, .activation = from.activation,
                            .layer_norm_eps = ln1.options.eps, .batch_first = from.batch_first, .bias = bias});
    to.to(layer.linear1.weight.dtype());
    for (Linear* l : {&to.in_proj, &to.out_proj, &to.linear1, &to.linear2})
      if (bias) l->bias = Parameter(zeros_like(l->bias()));
    put(to.in_proj, reading_compressed(behind(ln1, {layer.self_attn.in_proj_weight(), layer.self_attn.in_proj_bias()})));
    put(to.out_proj, writing_compressed({layer.self_attn.out_proj.weight(), layer.self_attn.out_proj.bias()}));
    put(to.linear1, reading_compressed(behind(ln2, {layer.linear1.weight(), layer.linear1.bias()})));
    put(to.linear2, writing_compressed({layer.linear2.weight(), layer.linear2.bias()}));
    to.activation = layer.activation;
    layers.push_back(std::move(to));
  }
  o.encoder_layer = layers[0];
  TransformerEncoder converted(o);
  for (size_t i = 0; i < layers.size(); i++) converted.layers[i] = std::move(layers[i]);
  converted.train(encoder.training());
  return ZeroMeanEncoder({.encoder = std::move(converted), .compress = true});
}

template <class Convert>
AnyModule convert_encoders(const char* call, const Module& model, Convert convert) {
  AnyModule copy(model.clone());
  if (auto* encoder = copy.as<TransformerEncoder>()) return convert(*encoder);
  std::vector<std::string> paths;
  for (auto& [path, m] : copy->modules())
    if (dynamic_cast<TransformerEncoder*>(m)) paths.push_back(path);
  check<ConfigError>(!paths.empty(), call, ": there is no TransformerEncoder in ", copy->type_name());
  for (const std::string& path : paths) replace(*copy, path, convert(dynamic_cast<TransformerEncoder&>(copy->at(path))));
  return copy;
}

}  // namespace

void ZeroMeanEncoderOptions::visit(Visitor& v) {
  v.option("encoder", encoder);
  v.option("compress", compress);
}
void PreCRMSEncoderLayerOptions::visit(Visitor& v) {
  v.option("d_model", d_model);
  v.option("nhead", nhead);
  v.option("dim_feedforward", dim_feedforward);
  v.option("dropout", dropout);
  v.option("activation", activation);
  v.option("layer_norm_eps", layer_norm_eps);
  v.option("batch_first", batch_first);
  v.option("bias", bias);
}

ZeroMeanEncoder::ZeroMeanEncoder(Options o) : options(std::move(o)) {
  check<ConfigError>(options.encoder.as<TransformerEncoder>() != nullptr, "ZeroMeanEncoder: encoder must be a TransformerEncoder");
}
void ZeroMeanEncoder::visit(Visitor& v) { v.child("encoder", *options.encoder); }

Tensor ZeroMeanEncoder::forward(const Tensor& src, const TransformerEncoderArguments& arguments) {
  check<ShapeError>(src.dim() >= 1 && src.shape().back() >= 2, "ZeroMeanEncoder: expected an input (*, d) with d of at least 2 but it is ", src.shape());
  Tensor x = src - mean(src, {-1}, true);
  return (*options.encoder.as<TransformerEncoder>())(options.compress ? narrow(x, -1, 0, src.shape().back() - 1) : x, arguments);
}

PreCRMSEncoderLayer::PreCRMSEncoderLayer(Options o)
    : options(checked_crms(std::move(o))),
      in_proj(map(options.d_model - 1, 3 * options.d_model, options.bias)),
      out_proj(map(options.d_model, options.d_model - 1, options.bias)),
      linear1(map(options.d_model - 1, options.dim_feedforward, options.bias)),
      linear2(map(options.dim_feedforward, options.d_model - 1, options.bias)),
      norm1({.normalized_shape = {options.d_model - 1}, .eps = options.layer_norm_eps}),
      norm2({.normalized_shape = {options.d_model - 1}, .eps = options.layer_norm_eps}),
      activation(layer_activation(type, options.activation)) {}

void PreCRMSEncoderLayer::visit(Visitor& v) {
  v.child("in_proj", in_proj);
  v.child("out_proj", out_proj);
  v.child("linear1", linear1);
  v.child("linear2", linear2);
  v.child("norm1", norm1);
  v.child("norm2", norm2);
  v.exchangeable("activation", activation);
}

Tensor PreCRMSEncoderLayer::forward(const Tensor& src, const TransformerEncoderLayerArguments& a) {
  bool first = options.batch_first;
  check<ShapeError>(src.dim() == 3 && src.shape()[2] == options.d_model - 1, "PreCRMSEncoderLayer: expected an input ", first ? "(N, T, " : "(T, N, ",
                    options.d_model - 1, ") (d_model - 1) but it is ", src.shape());
  int64_t n = src.shape()[first ? 0 : 1], steps = src.shape()[first ? 1 : 0];
  AttentionParams params = attention_masks(type, {.key_padding_mask = a.src_key_padding_mask, .need_weights = false, .attn_mask = a.src_mask, .is_causal = a.is_causal}, n,
                                           options.nhead, steps, steps, src.dtype());
  params.dropout = training() ? options.dropout : 0;
  Tensors p;
  for (const Tensor& part : chunk(in_proj(norm1(src)), 3, -1)) p.push_back(heads_of(part, options.nhead, first));
  auto thin = [&](const Tensor& t) { return dropout(t, options.dropout, training()); };
  Tensor x = src + thin(out_proj(join_heads(scaled_dot_product_attention(p[0], p[1], p[2], params), first)));
  return x + thin(linear2(thin(activation(linear1(norm2(x))))));
}

AnyModule convert_pre_ln_to_pre_rms(const Module& model) {
  return convert_encoders("convert_pre_ln_to_pre_rms", model, [](TransformerEncoder& e) { return to_pre_rms(e); });
}
AnyModule convert_pre_ln_to_pre_crms(const Module& model) {
  return convert_encoders("convert_pre_ln_to_pre_crms", model, [](TransformerEncoder& e) { return to_pre_crms(e); });
}

template class Layer<ZeroMeanEncoder>;
template class Layer<PreCRMSEncoderLayer>;

}  // namespace tare::nn
