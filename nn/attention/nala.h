// Norm-aware linear attention: NaLaFormer (Meng et al., 2025, arXiv:2506.21137), as in the authors' released layer.
//
//     p_i = power_scale (1/2 + tanh |q_i|)                                   one exponent a query, greater for longer ones: their attention is sharper
//     Q_i = [relu(q_i / |q_i|)^p_i, relu(-q_i / |q_i|)^p_i]                  positive and negative parts stand in channels of their own, so that numbers of
//     K_j = [relu(k_j)^key_power, relu(-k_j)^key_power]                      opposite sign contribute nothing
//     out_i = Q_i (sum_j K_j^T v_j / N) / (Q_i . mean_j K_j + eps)           O(N) for N tokens; weights are at least 0 and sum to 1 up to eps
//
// With rope the products with values use Q and K turned by their places on the H x W grid, the denominator does not. 0^p counts as 0 with derivative 0, a query of
// zeros gives 0 (the paper leaves both open). Keys are not normalized. Nothing is detached; training and evaluation are the same.
#pragma once

#include "nn/conv/conv.h"
#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/layer_norm.h"

namespace tare::nn {

struct NalaAttentionOptions {
  double power_scale = 3;  ///< at least 0
  int64_t key_power = 3;   ///< odd, so that signs stay
  double eps = 1e-6;
  void visit(Visitor& v);
};
/// q (B, h, N, d), k and v (B, h, M, d) -> (B, h, N, d). `angles` (N, d / 2), with M = N, turns pairs of features of queries and keys. Throws ShapeError, ConfigError.
Tensor nala_attention(const Tensor& q, const Tensor& k, const Tensor& v, const NalaAttentionOptions& options = {}, const Tensor& angles = {});

struct NormAwareLinearAttentionOptions {
  int64_t dim = 0;
  int64_t num_heads = 0;  ///< dim / num_heads must be a multiple of 4 with rope
  double power_scale = 3;
  int64_t key_power = 3;
  double eps = 1e-6;
  bool rope = true;
  void visit(Visitor& v);
};

/// x (B, dim, H, W) -> the same shape: attention among pixels, beside it a depthwise 5 x 5 convolution of the values (lepe), then out_proj(LayerNorm(.) silu(g)). qkvg
/// (4 dim, dim): queries, keys, values, gates; lepe (dim, 1, 5, 5), ln (dim), out_proj (dim, dim), all with biases.
class NormAwareLinearAttention : public Layer<NormAwareLinearAttention> {
 public:
  static constexpr std::string_view type = "NormAwareLinearAttention";
  using Options = NormAwareLinearAttentionOptions;
  explicit NormAwareLinearAttention(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Linear qkvg;
  Conv2d lepe;
  LayerNorm ln;
  Linear out_proj;
};

extern template class Layer<NormAwareLinearAttention>;

}  // namespace tare::nn
