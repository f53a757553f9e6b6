// Normalized attention guidance: negative prompts for diffusion models of few steps (Chen et al., 2025, arXiv:2505.21179).
//
//     Zg = Z+ + (s - 1) (Z+ - Z-)                extrapolated: Z+ and Z- are what one query attends to in the positive and in the negative prompt
//     Zg <- Zg min(1, tau |Z+|_p / |Zg|_p)       for each token, the norm over all heads
//     Z = Z+ + alpha (Zg - Z+)
//
// before the output projection. It holds |Z| <= (alpha tau + 1 - alpha) |Z+| for every input. The paper's norm is L1; the authors' code for Flux takes L2. s counts
// from 1 (the paper's phi is s - 1); at s <= 1 nothing is guided. Where Z+ = 0 the ratio is infinite, and Z+ is returned. No training is needed, but gradients exist.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct NAGOptions {
  double scale = 5;     ///< s
  double tau = 2.5;     ///< at least 1: below, Z+ itself would shrink
  double alpha = 0.25;  ///< in [0, 1]
  double p = 1;         ///< of the norm, at least 1
  void visit(Visitor& v);
};
/// z_pos, z_neg (*, D) -> the same shape. Throws ShapeError, ConfigError.
Tensor normalized_attention_guidance(const Tensor& z_pos, const Tensor& z_neg, const NAGOptions& options = {});

struct NAGCrossAttentionOptions {
  int64_t embed_dim = 0;  ///< D, a multiple of num_heads
  int64_t num_heads = 0;
  double scale = 5;
  double tau = 2.5;
  double alpha = 0.25;
  double p = 1;
  void visit(Visitor& v);
};

/// x (B, L, D), context_pos (B, M, D), context_neg (B, M', D) or left out (no guidance) -> (B, L, D). to_q, to_k, to_v, to_out (D, D) with biases.
class NAGCrossAttention : public Layer<NAGCrossAttention> {
 public:
  static constexpr std::string_view type = "NAGCrossAttention";
  using Options = NAGCrossAttentionOptions;
  explicit NAGCrossAttention(Options options);
  Tensor forward(const Tensor& x, const Tensor& context_pos, const Tensor& context_neg = {});
  /// What x attends to in one context, heads joined, before to_out: (B, L, D).
  Tensor attend(const Tensor& x, const Tensor& context);
  void visit(Visitor& v) override;

  Options options;
  Linear to_q, to_k, to_v, to_out;
};

extern template class Layer<NAGCrossAttention>;

}  // namespace tare::nn
