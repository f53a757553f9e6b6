// Normalizations inside attention and under a condition.
//
// QKNorm, of queries and keys (B, H, T, D) before their product:
//     l2    (Henry et al., Query-Key Normalization for Transformers, 2020, arXiv:2010.04245): scale_h q / max(||q||, eps), k / max(||k||, eps); scale (H)
//           starts at 1, the paper's value is log2(L^2 - L) for sequences of length L; the logits are not divided by sqrt(D) afterwards
//     rms, layer (Dehghani et al., Scaling Vision Transformers to 22 Billion Parameters, 2023, arXiv:2302.05442): RMSNorm or LayerNorm over D
//     ngpt  (Loshchilov et al., nGPT, 2024, arXiv:2410.01131): s q / ||q|| and s k / ||k|| with s = scale sqrt(H D), scale (H D) starts at
//           1 / sqrt(H D); the logits are then multiplied by sqrt(D)
// MultiheadRMSNorm (as in lucidrains' x-transformers): x / max(||x||, eps) sqrt(D) (gamma + 1), gamma (H, 1, D) from 0
// AdaLayerNorm (Perez et al., FiLM, 2017, arXiv:1709.07871; Peebles and Xie, DiT, 2022, arXiv:2212.09748):
//     [shift, scale] = linear(silu(c)),   y = LN(x) (1 + scale) + shift;   linear starts at 0, the layer as LN without weights
// AdaNorm (Xu et al., Understanding and Improving Layer Normalization, 2019, arXiv:1911.07013), z = (x - mean) / sqrt(var + eps):
//     y = C (1 - k z) z,   C (1 - k z) detached, as the paper has it: the gradient is not the derivative
//
// No state; training and evaluation are the same.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct QKNormOptions {
  int64_t num_heads = 0;          ///< H
  int64_t head_dim = 0;           ///< D
  enum class Mode { l2, rms, layer, ngpt } mode = Mode::l2;
  std::optional<double> eps{};    ///< null: l2 and ngpt 1e-12, rms 1e-6, layer 1e-5
  void visit(Visitor& v);
};
struct QKNormOutput {
  Tensor q, k;
  Tensors flatten() const { return {q, k}; }
};
/// q (..., H, T, D), k (..., H, S, D) -> the same shapes. scale; or q_norm.weight, k_norm.weight (D) from 1, and with mode "layer" the biases from 0.
class QKNorm : public Layer<QKNorm> {
 public:
  static constexpr std::string_view type = "QKNorm";
  using Options = QKNormOptions;
  explicit QKNorm(Options options);
  QKNormOutput forward(const Tensor& q, const Tensor& k);
  void visit(Visitor& v) override;

  Options options;
  Parameter scale, q_weight, q_bias, k_weight, k_bias;

 private:
  Tensor one(const Tensor& x, const Parameter& weight, const Parameter& bias, bool query, double eps) const;
};

struct MultiheadRMSNormOptions {
  int64_t num_heads = 0;  ///< H
  int64_t head_dim = 0;   ///< D
  void visit(Visitor& v);
};
/// x (..., H, T, D) -> the same shape.
class MultiheadRMSNorm : public Layer<MultiheadRMSNorm> {
 public:
  static constexpr std::string_view type = "MultiheadRMSNorm";
  using Options = MultiheadRMSNormOptions;
  explicit MultiheadRMSNorm(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter gamma;
};

struct AdaLayerNormOptions {
  int64_t dim = 0;       ///< of x
  int64_t cond_dim = 0;  ///< of the condition
  double eps = 1e-6;     ///< inside the root
  void visit(Visitor& v);
};
/// x (B, ..., dim), c (B, cond_dim) -> x's shape. Child linear (cond_dim to 2 dim).
class AdaLayerNorm : public Layer<AdaLayerNorm> {
 public:
  static constexpr std::string_view type = "AdaLayerNorm";
  using Options = AdaLayerNormOptions;
  explicit AdaLayerNorm(Options options);
  Tensor forward(const Tensor& x, const Tensor& c);
  void visit(Visitor& v) override;

  Options options;
  Linear linear;
};

struct AdaNormOptions {
  Shape normalized_shape{};  ///< sizes of the trailing dimensions; JSON also takes one integer
  double C = 1;
  double k = 0.1;
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};
/// x (*, normalized_shape) -> the same shape. No parameters.
class AdaNorm : public Layer<AdaNorm> {
 public:
  static constexpr std::string_view type = "AdaNorm";
  using Options = AdaNormOptions;
  explicit AdaNorm(Options options);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<QKNorm>;
extern template class Layer<MultiheadRMSNorm>;
extern template class Layer<AdaLayerNorm>;
extern template class Layer<AdaNorm>;

}  // namespace tare::nn
