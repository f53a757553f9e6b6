// Scaled dot-product attention: softmax(scale q k^T + mask) v.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace tare {

struct AttentionParams {
  Tensor mask{};                  ///< broadcastable to (*, Tq, Tk): bool (true takes part) or added to the scores
  double dropout = 0;             ///< of the weights; wants the whole matrix of them in memory
  bool is_causal = false;         ///< query i sees keys j <= i only; not together with a mask
  std::optional<double> scale{};  ///< 1 / sqrt(D) when not given
};

/// q (*, Tq, D), k (*, Tk, D), v (*, Tk, Dv), leading axes broadcast: (*, Tq, Dv). A query that sees no key gives 0. The weights are never
/// stored unless dropout or a gradient of the mask asks for it. As F.scaled_dot_product_attention in PyTorch.
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionParams& params = {});

struct AttentionWithWeights {
  Tensor out;      ///< (*, Tq, Dv)
  Tensor weights;  ///< (*, Tq, Tk), after dropout; NaN in the row of a query that sees no key, as in PyTorch
};
/// The same, step by step, with its weights.
AttentionWithWeights attention_with_weights(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionParams& params = {});

}  // namespace tare
