// Filters in place of attention: Filter-enhanced MLP is All You Need for Sequential Recommendation (Zhou et al., 2022, arXiv:2202.13556).
//
//     FilterLayer: y = F^-1 (W F x),  out = LayerNorm(dropout(y) + x)      F the orthonormal Fourier transform along the sequence, W complex, one number for each
//     FMLPLayer:   z = dense_2(act(dense_1(h))),  out = LayerNorm(dropout(z) + h),  h = FilterLayer(x)                                   frequency and channel
//
// A circular convolution over time in each channel: not causal, and it wraps around, so that a model trained on it predicts from the last position alone. The imaginary
// parts of W at frequency 0 (and at L / 2 for even L) have no influence and no gradient. Padding is filtered like everything else. Nothing is detached; evaluation differs
// by dropout only.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/layer_norm.h"

namespace tare::nn {

struct FilterLayerOptions {
  int64_t max_seq_length = 0;      ///< L, the length of every sequence
  int64_t hidden_size = 0;         ///< D
  double dropout = 0.5;
  double layer_norm_eps = 1e-12;   ///< inside the root
  void visit(Visitor& v);
};

/// x (B, L, D) -> the same shape. complex_weight (1, L / 2 + 1, D, 2): real and imaginary parts, from N(0, 0.02^2); LayerNorm (D).
class FilterLayer : public Layer<FilterLayer> {
 public:
  static constexpr std::string_view type = "FilterLayer";
  using Options = FilterLayerOptions;
  explicit FilterLayer(Options options);
  Tensor forward(const Tensor& x);
  /// y alone, without residual and norm.
  Tensor filter(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter complex_weight;
  LayerNorm norm;
};

struct FMLPLayerOptions {
  int64_t max_seq_length = 0;
  int64_t hidden_size = 0;
  double dropout = 0.5;
  double layer_norm_eps = 1e-12;
  std::string hidden_act = "gelu";  ///< gelu, relu or swish
  void visit(Visitor& v);
};

/// x (B, L, D) -> the same shape. filterlayer; intermediate.dense_1 (D -> 4 D), intermediate.dense_2 (4 D -> D) and intermediate.LayerNorm; weights of the dense layers from N(0, 0.02^2),
/// biases 0.
class FMLPLayer : public Layer<FMLPLayer> {
 public:
  static constexpr std::string_view type = "FMLPLayer";
  using Options = FMLPLayerOptions;
  explicit FMLPLayer(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  FilterLayer filterlayer;
  Linear dense_1, dense_2;
  LayerNorm norm;
};

extern template class Layer<FilterLayer>;
extern template class Layer<FMLPLayer>;

}  // namespace tare::nn
