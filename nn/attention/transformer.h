// Transformer layers and stacks: Attention Is All You Need (Vaswani et al. 2017, arXiv:1706.03762).
//
//   post-norm (the paper):       x = norm1(x + attention(x));  x = norm2(x + feed_forward(x))
//   pre-norm (norm_first, Xiong et al. 2020, arXiv:2002.04745):  x = x + attention(norm1(x));  x = x + feed_forward(norm2(x))
//   feed_forward(x) = linear2(dropout(activation(linear1(x)))); the decoder's layer has attention to the encoder's memory between the two.
#pragma once

#include "nn/any_module.h"
#include "nn/attention/multihead_attention.h"
#include "nn/layer.h"

namespace tare::nn {

struct TransformerLayerOptions {
  int64_t d_model = 0;              ///< a multiple of nhead
  int64_t nhead = 0;
  int64_t dim_feedforward = 2048;
  double dropout = 0.1;             ///< of the attention weights, inside the feed-forward part and before each sum
  std::string activation = "relu";  ///< relu, gelu, or the name of an activation of the catalogue
  double layer_norm_eps = 1e-5;
  bool batch_first = false;         ///< (N, T, d_model) instead of (T, N, d_model)
  bool norm_first = false;
  bool bias = true;
  AnyModule norm{};                 ///< copied for each norm of the layer; null: LayerNorm(d_model) with layer_norm_eps
  void visit(Visitor& v);
};

/// The activation of this name: relu, gelu, or a type of the catalogue. `type` is the layer it belongs to.
AnyModule layer_activation(std::string_view type, const std::string& name);

struct TransformerEncoderLayerArguments {
  Tensor src_mask{};              ///< (T, T) or (N h, T, T), as attn_mask of MultiheadAttention
  Tensor src_key_padding_mask{};  ///< (N, T)
  bool is_causal = false;
  void visit(Visitor& v);
};

/// src (T, N, d_model) -> the same shape.
class TransformerEncoderLayer : public Layer<TransformerEncoderLayer> {
 public:
  static constexpr std::string_view type = "TransformerEncoderLayer";
  using Options = TransformerLayerOptions;
  explicit TransformerEncoderLayer(Options options);
  Tensor forward(const Tensor& src, const TransformerEncoderLayerArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  MultiheadAttention self_attn;
  Linear linear1, linear2;
  AnyModule norm1, norm2, activation;
};

struct TransformerDecoderLayerArguments {
  Tensor tgt_mask{}, memory_mask{};
  Tensor tgt_key_padding_mask{}, memory_key_padding_mask{};
  bool tgt_is_causal = false, memory_is_causal = false;
  void visit(Visitor& v);
};

/// tgt (T, N, d_model), memory (S, N, d_model) -> tgt's shape.
class TransformerDecoderLayer : public Layer<TransformerDecoderLayer> {
 public:
  static constexpr std::string_view type = "TransformerDecoderLayer";
  using Options = TransformerLayerOptions;
  explicit TransformerDecoderLayer(Options options);
  Tensor forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderLayerArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  MultiheadAttention self_attn, multihead_attn;
  Linear linear1, linear2;
  AnyModule norm1, norm2, norm3, activation;
};

struct TransformerEncoderOptions {
  AnyModule encoder_layer{};  ///< num_layers copies of it
  int64_t num_layers = 0;
  AnyModule norm{};           ///< after the last layer; null: none
  void visit(Visitor& v);
};
struct TransformerEncoderArguments {
  Tensor mask{};
  Tensor src_key_padding_mask{};
  bool is_causal = false;
  void visit(Visitor& v);
};

class TransformerEncoder : public Layer<TransformerEncoder> {
 public:
  static constexpr std::string_view type = "TransformerEncoder";
  using Options = TransformerEncoderOptions;
  explicit TransformerEncoder(Options options);
  Tensor forward(const Tensor& src, const TransformerEncoderArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  ModuleVector layers;
  AnyModule norm;
};

struct TransformerDecoderOptions {
  AnyModule decoder_layer{};
  int64_t num_layers = 0;
  AnyModule norm{};
  void visit(Visitor& v);
};

class TransformerDecoder : public Layer<TransformerDecoder> {
 public:
  static constexpr std::string_view type = "TransformerDecoder";
  using Options = TransformerDecoderOptions;
  explicit TransformerDecoder(Options options);
  Tensor forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderLayerArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  ModuleVector layers;
  AnyModule norm;
};

struct TransformerOptions {
  int64_t d_model = 512;
  int64_t nhead = 8;
  int64_t num_encoder_layers = 6;
  int64_t num_decoder_layers = 6;
  int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  std::string activation = "relu";
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;
  bool bias = true;
  void visit(Visitor& v);
};
struct TransformerArguments {
  Tensor src_mask{}, tgt_mask{}, memory_mask{};
  Tensor src_key_padding_mask{}, tgt_key_padding_mask{}, memory_key_padding_mask{};
  bool src_is_causal = false, tgt_is_causal = false, memory_is_causal = false;
  void visit(Visitor& v);
};

/// Encoder and decoder: src (S, N, d_model), tgt (T, N, d_model) -> tgt's shape. Every weight with two axes starts by xavier_uniform.
class Transformer : public Layer<Transformer> {
 public:
  static constexpr std::string_view type = "Transformer";
  using Options = TransformerOptions;
  explicit Transformer(Options options = {});
  Tensor forward(const Tensor& src, const Tensor& tgt, const TransformerArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  TransformerEncoder encoder;
  TransformerDecoder decoder;
};

extern template class Layer<TransformerEncoderLayer>;
extern template class Layer<TransformerDecoderLayer>;
extern template class Layer<TransformerEncoder>;
extern template class Layer<TransformerDecoder>;
extern template class Layer<Transformer>;

}  // namespace tare::nn
