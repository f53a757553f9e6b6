// Scaled dot-product attention, blockwise: softmax(scale q k^T + mask) v without a T x T matrix in memory.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

struct AttentionResult {
  Tensor out;        ///< (B, H, Tq, Dv); laid out in memory as q is, heads before time or inside it
  Tensor logsumexp;  ///< (B, H, Tq): of each query's scores; -inf where every key was masked (out is 0 there)
};

struct AttentionGrads {
  Tensor dq, dk, dv;
};

/// q (B, H, Tq, D), k (B, H, Tk, D), v (B, H, Tk, Dv). `mask` may be undefined, bool (true: take part) or of q's dtype
/// (added to the scores), broadcastable to (B, H, Tq, Tk). With `is_causal` query i sees keys j <= i only.
AttentionResult attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool is_causal, double scale);
AttentionGrads attention_backward(const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool is_causal,
                                  double scale, const AttentionResult& saved);

}  // namespace tare::kernels
