// CRMSNorm, of Pre-RMSNorm and Pre-CRMSNorm Transformers (Jiang et al., 2023, arXiv:2305.14858).
//
//     y = x / sqrt((sum x^2 + (sum x)^2) / (d + 1) + eps)
//
// The d numbers stand for d + 1 with sum 0, the last of which, -sum x, is left out: y is the first d of RMSNorm (and of LayerNorm) of all d + 1. No
// parameters, no state; an affine map is taken in by the linear layer that follows. Gradients flow through the divisor.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct CRMSNormOptions {
  Shape normalized_shape{};  ///< the compressed sizes d of the trailing dimensions; JSON also takes one integer
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};

/// x (*, normalized_shape) -> the same shape.
class CRMSNorm : public Layer<CRMSNorm> {
 public:
  static constexpr std::string_view type = "CRMSNorm";
  using Options = CRMSNormOptions;
  explicit CRMSNorm(Options options);
  explicit CRMSNorm(int64_t normalized_shape);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<CRMSNorm>;

}  // namespace tare::nn
