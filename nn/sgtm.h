// Selective gradient masking: Beyond Data Filtering: Knowledge Localization for Capability Removal in LLMs (Shilov et al., 2025, arXiv:2512.05648). A block's
// last units and heads (the "forget" part) are reserved for a target domain; zeroing them after training takes the capability away.
//
//   default:  as usual, every parameter trained
//   retain:   the forget units and heads are switched off in the forward pass, and so get no gradient
//   forget:   the forward pass as usual; only the forget part is trained: the retain slices of every weight, and the biases of the output projections, are
//             constants, through which the error still flows to the input
//
// One mode for a whole batch. The authors set gradients to zero after the backward pass in forget mode; here those slices are detached, which is the same as long as
// nothing else contributes to a gradient. adjust_gradients() is the authors' way, for penalties on the weights, and for gradients from several batches. A zero gradient
// still moves Adam's momenta: step optimizers of the two parts separately, as the authors do.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct SgtmMLPOptions {
  int64_t hidden_size = 0;        ///< H
  int64_t intermediate_size = 0;  ///< I
  int64_t retain_mlp_dim = 0;     ///< r: units 0 .. r - 1 retain, the others forget
  std::string activation = "gelu_tanh";  ///< or "relu"
  std::string sgtm_mode = "default";     ///< "default", "retain" or "forget"
  int64_t output_size = 0;               ///< O; 0: hidden_size, as in a block
  void visit(Visitor& v);
};

/// (*, H) -> (*, O). c_fc (I, H), c_proj (O, I), with biases.
class SgtmMLP : public Layer<SgtmMLP> {
 public:
  static constexpr std::string_view type = "SgtmMLP";
  using Options = SgtmMLPOptions;
  explicit SgtmMLP(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  /// Throws ConfigError for an unknown mode.
  void set_mode(std::string mode);
  /// After the backward pass, before the step: in forget mode zeroes the gradients of what retains; in other modes nothing.
  void adjust_gradients();
  /// Zeroes the forget part; `trainable`: draws it anew with the deviation of the retain part.
  void ablate(bool trainable = false);

  Options options;
  Linear c_fc, c_proj;
};

struct SgtmSelfAttentionOptions {
  int64_t embed_dim = 0;          ///< D, a multiple of num_heads
  int64_t num_heads = 0;
  int64_t retain_attn_heads = 0;  ///< the first heads, which retain
  bool causal = true;
  bool scale = false;             ///< divide scores by sqrt(D / num_heads); GPT-Neo does not
  std::string sgtm_mode = "default";
  void visit(Visitor& v);
};

/// (B, L, D) -> (B, L, D). q_proj, k_proj, v_proj (D, D) without bias, out_proj (D, D) with one.
class SgtmSelfAttention : public Layer<SgtmSelfAttention> {
 public:
  static constexpr std::string_view type = "SgtmSelfAttention";
  using Options = SgtmSelfAttentionOptions;
  explicit SgtmSelfAttention(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  void set_mode(std::string mode);
  void adjust_gradients();
  void ablate(bool trainable = false);

  Options options;
  Linear q_proj, k_proj, v_proj, out_proj;
};

extern template class Layer<SgtmMLP>;
extern template class Layer<SgtmSelfAttention>;

}  // namespace tare::nn
