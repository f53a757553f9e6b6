// ScaleNorm, of Transformers without Tears: Improving the Normalization of Self-Attention (Nguyen and Salazar, 2019, arXiv:1910.05895).
//
//     y = scale x / max(||x||_2, eps) over the last dimension, with ONE trained number
//
// Gradients flow through the norm; a row shorter than eps is multiplied by the constant scale / eps. No state. The paper starts scale at sqrt(d), so that
// y has the size that LayerNorm would give it.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct ScaleNormOptions {
  double scale = 1;    ///< initial value
  double eps = 1e-5;   ///< the least norm that is divided by
  void visit(Visitor& v);
};

/// x (*, d) -> the same shape. scale has rank 0.
class ScaleNorm : public Layer<ScaleNorm> {
 public:
  static constexpr std::string_view type = "ScaleNorm";
  using Options = ScaleNormOptions;
  explicit ScaleNorm(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter scale;
};

extern template class Layer<ScaleNorm>;

}  // namespace tare::nn
