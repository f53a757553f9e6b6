// Multi-head attention: Attention Is All You Need (Vaswani et al. 2017, arXiv:1706.03762).
//
//     head_i = softmax(q_i k_i^T / sqrt(d)) v_i,  q, k, v = W_q query + b_q, W_k key + b_k, W_v value + b_v cut into heads of size d,
//     output = out_proj(head_1, ..., head_h)
//
// Without weights asked for (need_weights = false) attention runs in one fused operation that never stores them.
#pragma once

#include "autograd/ops/attention.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct MultiheadAttentionOptions {
  int64_t embed_dim = 0;          ///< a multiple of num_heads
  int64_t num_heads = 0;
  double dropout = 0;             ///< of the weights, in training
  bool bias = true;
  bool add_bias_kv = false;       ///< one more trained key and value at the end of every sequence
  bool add_zero_attn = false;     ///< one more key and value of zeros
  std::optional<int64_t> kdim{};  ///< size of the keys; null: embed_dim
  std::optional<int64_t> vdim{};
  bool batch_first = false;       ///< (N, T, E) instead of (T, N, E)
  void visit(Visitor& v);
};

struct MultiheadAttentionArguments {
  Tensor key_padding_mask{};  ///< (N, Tk): bool, true for keys to leave out, or added to their scores
  bool need_weights = true;
  Tensor attn_mask{};         ///< (Tq, Tk) or (N h, Tq, Tk): bool, true for pairs to leave out, or added to the scores
  bool average_attn_weights = true;
  bool is_causal = false;     ///< query i sees keys j <= i; PyTorch wants attn_mask beside it, here it may stand alone
  void visit(Visitor& v);
};

/// The masks of a call over (n samples, queries, keys), checked and merged into what scaled_dot_product_attention takes. `more` keys behind the others are seen
/// by every query. Throws ShapeError naming `type`.
AttentionParams attention_masks(std::string_view type, const MultiheadAttentionArguments& a, int64_t n, int64_t heads, int64_t queries, int64_t keys, DType dtype,
                                int64_t more = 0);
/// (N, T, E) when batch_first, else (T, N, E), as views (N, heads, T, E / heads), and back.
Tensor heads_of(const Tensor& x, int64_t heads, bool batch_first);
Tensor join_heads(const Tensor& x, bool batch_first);

struct MultiheadAttentionOutput {
  Tensor output;   ///< query's shape
  Tensor weights;  ///< (N, Tq, Tk), or (N, h, Tq, Tk) when not averaged; undefined when not needed
  Tensors flatten() const;
};

/// query (Tq, N, E), key (Tk, N, kdim), value (Tk, N, vdim), or with N first, or without N. in_proj_weight (3 E, E), or q_proj_weight (E, E),
/// k_proj_weight (E, kdim), v_proj_weight (E, vdim) when keys or values have another size; in_proj_bias (3 E); bias_k, bias_v (1, 1, E); out_proj.
class MultiheadAttention : public Layer<MultiheadAttention> {
 public:
  static constexpr std::string_view type = "MultiheadAttention";
  using Options = MultiheadAttentionOptions;
  explicit MultiheadAttention(Options options);
  MultiheadAttention(int64_t embed_dim, int64_t num_heads);
  MultiheadAttentionOutput forward(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadAttentionArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  Parameter q_proj_weight, k_proj_weight, v_proj_weight, in_proj_weight, in_proj_bias, bias_k, bias_v;
  Linear out_proj;

 private:
  bool packed() const;  // one projection for queries, keys and values
  Tensors project(const Tensor& query, const Tensor& key, const Tensor& value);
};

extern template class Layer<MultiheadAttention>;

}  // namespace tare::nn
