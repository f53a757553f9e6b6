// What the normalization of attention can and cannot do: Limitations of Normalization in Attention Mechanism (Mudarisov et al., 2025, arXiv:2508.17821).
//
// Weights alpha = N(l) of L tokens share a budget of 1. If |l_i| <= D, softmax at temperature T gives e^(-2D/T) / L <= alpha_i <= e^(2D/T) / L: attention vanishes as L
// grows, and the tokens selected by the N largest weights come close to the others. A low T sharpens it, but the Jacobian (diag(alpha) - alpha alpha^T) / T has norm up to
// 1 / (2T), which two tied tokens attain. (A secondary source states 1 / (4T) for the norm: that holds for single diagonal entries only.)
//
// Logits l stand along the last axis of (*, L), the values of tokens in x (*, L, d). The set of the N largest weights is a constant to the tape; of equal weights those
// of lower index are taken.
#pragma once

#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::nn {

struct AttentionNormalizeOptions {
  enum class Kind {
    softmax,   ///< e^(l / T) / sum
    ssmax,     ///< softmax(scale log(L) l): its sharpness follows the length
    sparsemax  ///< the point of the simplex nearest to l / T, most of whose numbers are 0 (Martins and Astudillo 2016, arXiv:1602.02068)
  };
  Kind kind = Kind::softmax;
  double temperature = 1;  ///< T of softmax and sparsemax
  double scale = 0.43;     ///< of ssmax
  void visit(Visitor& v);
};
/// Throws ConfigError unless temperature > 0.
Tensor attention_normalize(const Tensor& l, const AttentionNormalizeOptions& options = {});

/// s (*, d), the weighted sum of the top_n selected tokens, and the distance d (*) from it to that of the others. Throws ValueError unless 1 <= top_n <= L.
struct SelectionDistance {
  Tensor distance, selected;
};
SelectionDistance selection_distance(const Tensor& l, const Tensor& x, int64_t top_n, double temperature = 1);
/// Share (*) of the selected tokens whose weighted value is nearer to s than that of every other token. No gradient.
Tensor separable_fraction(const Tensor& l, const Tensor& x, int64_t top_n, double temperature = 1);
/// Spectral norm (*) of the Jacobian of softmax(l / T). Costs O(L^3).
Tensor softmax_jacobian_norm(const Tensor& l, double temperature = 1);

}  // namespace tare::nn
