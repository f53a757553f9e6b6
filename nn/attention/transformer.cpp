#include "nn/attention/transformer.h"

#include <algorithm>

#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "nn/init/init.h"
#include "nn/norm/layer_norm.h"
#include "nn/save.h"

namespace tare::nn {
namespace {

void check_transformer_layer(std::string_view type, const TransformerLayerOptions& o) {
  check<ConfigError>(o.d_model >= 1 && o.nhead >= 1 && o.d_model % o.nhead == 0, type, ": expected d_model to be a multiple of nhead, both at least 1, but they are ",
                     o.d_model, " and ", o.nhead);
  check<ConfigError>(o.dim_feedforward >= 1, type, ": expected dim_feedforward of at least 1, not ", o.dim_feedforward);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, type, ": expected dropout between 0 and 1, not ", o.dropout);
}

MultiheadAttention layer_attention(std::string_view type, const TransformerLayerOptions& o) {
  check_transformer_layer(type, o);
  return MultiheadAttention({.embed_dim = o.d_model, .num_heads = o.nhead, .dropout = o.dropout, .bias = o.bias, .batch_first = o.batch_first});
}

AnyModule layer_norm_of(const TransformerLayerOptions& o) {
  if (o.norm) return o.norm;
  return LayerNorm({.normalized_shape = {o.d_model}, .eps = o.layer_norm_eps, .bias = o.bias});
}

Tensor feed_forward(const TransformerLayerOptions& o, Linear& first, AnyModule& activation, Linear& second, const Tensor& x, bool training) {
  return dropout(second(dropout(activation(first(x)), o.dropout, training)), o.dropout, training);
}

// The named arguments that are given, for a layer behind a box.
void pass(Json& extras, std::string_view name, const Tensor& t) {
  if (t.defined()) extras.set(name, t);
}
void pass(Json& extras, std::string_view name, bool on) {
  if (on) extras.set(name, true);
}

ModuleVector copies_of(std::string_view type, std::string_view option, const AnyModule& layer, int64_t count) {
  check<ConfigError>(bool(layer), type, ": ", option, " must be given");
  check<ConfigError>(count >= 0, type, ": expected num_layers of at least 0, not ", count);
  ModuleVector all;
  for (int64_t i = 0; i < count; i++) all.items.push_back(layer);
  return all;
}

void visit_layers(Visitor& v, ModuleVector& layers, AnyModule& norm) {
  layers.visit(v, "layers.");
  v.exchangeable("norm", norm);
}

TransformerLayerOptions layer_options(const TransformerOptions& o) {
  return {.d_model = o.d_model, .nhead = o.nhead, .dim_feedforward = o.dim_feedforward, .dropout = o.dropout, .activation = o.activation,
          .layer_norm_eps = o.layer_norm_eps, .batch_first = o.batch_first, .norm_first = o.norm_first, .bias = o.bias, .norm = {}};
}
AnyModule final_norm(const TransformerOptions& o) { return LayerNorm({.normalized_shape = {o.d_model}, .eps = o.layer_norm_eps, .bias = o.bias}); }

}  // namespace

AnyModule layer_activation(std::string_view type, const std::string& name) {
  Json json = Json::object();
  json.set("type", name == "relu" ? "ReLU" : name == "gelu" ? "GELU" : name.c_str());
  return AnyModule(build_module(json, text(type, ".activation")));
}

void TransformerLayerOptions::visit(Visitor& v) {
  v.option("d_model", d_model);
  v.option("nhead", nhead);
  v.option("dim_feedforward", dim_feedforward);
  v.option("dropout", dropout);
  v.option("activation", activation);
  v.option("layer_norm_eps", layer_norm_eps);
  v.option("batch_first", batch_first);
  v.option("norm_first", norm_first);
  v.option("bias", bias);
  v.option("norm", norm);
}
void TransformerEncoderLayerArguments::visit(Visitor& v) {
  v.option("src_mask", src_mask);
  v.option("src_key_padding_mask", src_key_padding_mask);
  v.option("is_causal", is_causal);
}
void TransformerDecoderLayerArguments::visit(Visitor& v) {
  v.option("tgt_mask", tgt_mask);
  v.option("memory_mask", memory_mask);
  v.option("tgt_key_padding_mask", tgt_key_padding_mask);
  v.option("memory_key_padding_mask", memory_key_padding_mask);
  v.option("tgt_is_causal", tgt_is_causal);
  v.option("memory_is_causal", memory_is_causal);
}
void TransformerEncoderOptions::visit(Visitor& v) {
  v.option("encoder_layer", encoder_layer);
  v.option("num_layers", num_layers);
  v.option("norm", norm);
}
void TransformerEncoderArguments::visit(Visitor& v) {
  v.option("mask", mask);
  v.option("src_key_padding_mask", src_key_padding_mask);
  v.option("is_causal", is_causal);
}
void TransformerDecoderOptions::visit(Visitor& v) {
  v.option("decoder_layer", decoder_layer);
  v.option("num_layers", num_layers);
  v.option("norm", norm);
}
void TransformerOptions::visit(Visitor& v) {
  v.option("d_model", d_model);
  v.option("nhead", nhead);
  v.option("num_encoder_layers", num_encoder_layers);
  v.option("num_decoder_layers", num_decoder_layers);
  v.option("dim_feedforward", dim_feedforward);
  v.option("dropout", dropout);
  v.option("activation", activation);
  v.option("layer_norm_eps", layer_norm_eps);
  v.option("batch_first", batch_first);
  v.option("norm_first", norm_first);
  v.option("bias", bias);
}
void TransformerArguments::visit(Visitor& v) {
  v.option("src_mask", src_mask);
  v.option("tgt_mask", tgt_mask);
  v.option("memory_mask", memory_mask);
  v.option("src_key_padding_mask", src_key_padding_mask);
  v.option("tgt_key_padding_mask", tgt_key_padding_mask);
  v.option("memory_key_padding_mask", memory_key_padding_mask);
  v.option("src_is_causal", src_is_causal);
  v.option("tgt_is_causal", tgt_is_causal);
  v.option("memory_is_causal", memory_is_causal);
}

// ---- the encoder's layer

TransformerEncoderLayer::TransformerEncoderLayer(Options o)
    : options(std::move(o)),
      self_attn(layer_attention(type, options)),
      linear1({.in_features = options.d_model, .out_features = options.dim_feedforward, .bias = options.bias}),
      linear2({.in_features = options.dim_feedforward, .out_features = options.d_model, .bias = options.bias}),
      norm1(layer_norm_of(options)),
      norm2(layer_norm_of(options)),
      activation(layer_activation(type, options.activation)) {}

void TransformerEncoderLayer::visit(Visitor& v) {
  v.child("self_attn", self_attn);
  v.child("linear1", linear1);
  v.child("linear2", linear2);
  v.exchangeable("norm1", norm1);
  v.exchangeable("norm2", norm2);
  v.exchangeable("activation", activation);
}

Tensor TransformerEncoderLayer::forward(const Tensor& src, const TransformerEncoderLayerArguments& a) {
  auto attend = [&](const Tensor& x) {
    MultiheadAttentionArguments m{.key_padding_mask = a.src_key_padding_mask, .need_weights = false, .attn_mask = a.src_mask, .is_causal = a.is_causal};
    return dropout(self_attn(x, x, x, m).output, options.dropout, training());
  };
  auto feed = [&](const Tensor& x) { return feed_forward(options, linear1, activation, linear2, x, training()); };
  if (options.norm_first) {
    Tensor x = src + attend(norm1(src));
    return x + feed(norm2(x));
  }
  Tensor x = norm1(src + attend(src));
  return norm2(x + feed(x));
}

// ---- the decoder's layer

TransformerDecoderLayer::TransformerDecoderLayer(Options o)
    : options(std::move(o)),
      self_attn(layer_attention(type, options)),
      multihead_attn(layer_attention(type, options)),
      linear1({.in_features = options.d_model, .out_features = options.dim_feedforward, .bias = options.bias}),
      linear2({.in_features = options.dim_feedforward, .out_features = options.d_model, .bias = options.bias}),
      norm1(layer_norm_of(options)),
      norm2(layer_norm_of(options)),
      norm3(layer_norm_of(options)),
      activation(layer_activation(type, options.activation)) {}

void TransformerDecoderLayer::visit(Visitor& v) {
  v.child("self_attn", self_attn);
  v.child("multihead_attn", multihead_attn);
  v.child("linear1", linear1);
  v.child("linear2", linear2);
  v.exchangeable("norm1", norm1);
  v.exchangeable("norm2", norm2);
  v.exchangeable("norm3", norm3);
  v.exchangeable("activation", activation);
}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderLayerArguments& a) {
  auto attend = [&](const Tensor& x) {
    MultiheadAttentionArguments m{.key_padding_mask = a.tgt_key_padding_mask, .need_weights = false, .attn_mask = a.tgt_mask, .is_causal = a.tgt_is_causal};
    return dropout(self_attn(x, x, x, m).output, options.dropout, training());
  };
  auto look_back = [&](const Tensor& x) {
    MultiheadAttentionArguments m{.key_padding_mask = a.memory_key_padding_mask, .need_weights = false, .attn_mask = a.memory_mask, .is_causal = a.memory_is_causal};
    return dropout(multihead_attn(x, memory, memory, m).output, options.dropout, training());
  };
  auto feed = [&](const Tensor& x) { return feed_forward(options, linear1, activation, linear2, x, training()); };
  if (options.norm_first) {
    Tensor x = tgt + attend(norm1(tgt));
    x = x + look_back(norm2(x));
    return x + feed(norm3(x));
  }
  Tensor x = norm1(tgt + attend(tgt));
  x = norm2(x + look_back(x));
  return norm3(x + feed(x));
}

// ---- stacks

TransformerEncoder::TransformerEncoder(Options o)
    : options(std::move(o)), layers(copies_of(type, "encoder_layer", options.encoder_layer, options.num_layers)), norm(options.norm) {}
void TransformerEncoder::visit(Visitor& v) { visit_layers(v, layers, norm); }
Tensor TransformerEncoder::forward(const Tensor& src, const TransformerEncoderArguments& a) {
  Json extras = Json::object();
  pass(extras, "src_mask", a.mask);
  pass(extras, "src_key_padding_mask", a.src_key_padding_mask);
  pass(extras, "is_causal", a.is_causal);
  Tensor x = src;
  for (size_t i = 0; i < layers.size(); i++) at_path(text("layers.", i), *layers[i], [&] { x = layers[i].call({&x, 1}, extras.size() ? &extras : nullptr)[0]; });
  return norm ? norm(x) : x;
}

TransformerDecoder::TransformerDecoder(Options o)
    : options(std::move(o)), layers(copies_of(type, "decoder_layer", options.decoder_layer, options.num_layers)), norm(options.norm) {}
void TransformerDecoder::visit(Visitor& v) { visit_layers(v, layers, norm); }
Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderLayerArguments& a) {
  Json extras = Json::object();
  pass(extras, "tgt_mask", a.tgt_mask);
  pass(extras, "memory_mask", a.memory_mask);
  pass(extras, "tgt_key_padding_mask", a.tgt_key_padding_mask);
  pass(extras, "memory_key_padding_mask", a.memory_key_padding_mask);
  pass(extras, "tgt_is_causal", a.tgt_is_causal);
  pass(extras, "memory_is_causal", a.memory_is_causal);
  Tensor both[] = {tgt, memory};
  for (size_t i = 0; i < layers.size(); i++)
    at_path(text("layers.", i), *layers[i], [&] { both[0] = layers[i].call(both, extras.size() ? &extras : nullptr)[0]; });
  return norm ? norm(both[0]) : both[0];
}

Transformer::Transformer(Options o)
    : options(std::move(o)),
      encoder({.encoder_layer = TransformerEncoderLayer(layer_options(options)), .num_layers = options.num_encoder_layers, .norm = final_norm(options)}),
      decoder({.decoder_layer = TransformerDecoderLayer(layer_options(options)), .num_layers = options.num_decoder_layers, .norm = final_norm(options)}) {
  if (context().no_init) return;
  for (auto& p : parameters())
    if (p.tensor.dim() > 1) init::xavier_uniform_(p.tensor);
}
void Transformer::visit(Visitor& v) {
  v.child("encoder", encoder);
  v.child("decoder", decoder);
}
Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const TransformerArguments& a) {
  Tensor memory = encoder(src, TransformerEncoderArguments{a.src_mask, a.src_key_padding_mask, a.src_is_causal});
  return decoder(tgt, memory,
                 TransformerDecoderLayerArguments{a.tgt_mask, a.memory_mask, a.tgt_key_padding_mask, a.memory_key_padding_mask, a.tgt_is_causal, a.memory_is_causal});
}

template class Layer<TransformerEncoderLayer>;
template class Layer<TransformerDecoderLayer>;
template class Layer<TransformerEncoder>;
template class Layer<TransformerDecoder>;
template class Layer<Transformer>;

}  // namespace tare::nn
