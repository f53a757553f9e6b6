// Elementwise maps that stand where a normalization stood: no statistics, training and evaluation are the same.
//
// DyT (Zhu, Chen, He, LeCun and Liu, Transformers without Normalization, 2025, arXiv:2503.10622):
//     y = weight tanh(alpha x) + bias
// Derf (Chen et al., Stronger Normalization-Free Transformers, 2025, arXiv:2512.10938):
//     y = weight erf(alpha x + shift) + bias
// DyISRU (Stollenwerk, The Mathematical Relationship Between Layer Normalization and Dynamic Activation Functions, 2025, arXiv:2503.21708):
//     z = alpha x + shift,   y = weight z / sqrt(1 + z^2) + bias
// LayerScale (Touvron et al., Going Deeper with Image Transformers, 2021, arXiv:2103.17239):
//     y = gamma x
//
// alpha and shift are one trained number each, weight, bias and gamma one for each channel. channels_first: the channels are axis 1, not the last.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct DyTOptions {
  int64_t num_features = 0;     ///< C, at least 1
  double alpha_init = 0.5;
  bool channels_first = false;  ///< x (N, C, ...) instead of (..., C)
  void visit(Visitor& v);
};
struct ShiftedDynamicOptions {
  int64_t num_features = 0;     ///< C, at least 1
  double alpha_init = 0.5;
  double shift_init = 0;
  bool channels_first = false;  ///< x (N, C, ...) instead of (..., C)
  void visit(Visitor& v);
};
struct LayerScaleOptions {
  int64_t num_features = 0;     ///< C, at least 1
  double init = 1e-5;           ///< where gamma starts
  bool channels_first = false;  ///< x (N, C, ...) instead of (..., C)
  void visit(Visitor& v);
};

/// alpha (1), weight (C) from 1, bias (C) from 0.
class DyT : public Layer<DyT>, public Affine {
 public:
  static constexpr std::string_view type = "DyT";
  using Options = DyTOptions;
  explicit DyT(Options options);
  explicit DyT(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter alpha;
};

enum class DynamicMap { erf, isru };

/// alpha (1), shift (1), weight (C) from 1, bias (C) from 0.
template <DynamicMap M>
class ShiftedDynamic : public Layer<ShiftedDynamic<M>>, public Affine {
 public:
  static constexpr std::string_view type = M == DynamicMap::erf ? "Derf" : "DyISRU";
  using Options = ShiftedDynamicOptions;
  explicit ShiftedDynamic(Options options);
  explicit ShiftedDynamic(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter alpha, shift;
};
using Derf = ShiftedDynamic<DynamicMap::erf>;
using DyISRU = ShiftedDynamic<DynamicMap::isru>;

/// gamma (C).
class LayerScale : public Layer<LayerScale> {
 public:
  static constexpr std::string_view type = "LayerScale";
  using Options = LayerScaleOptions;
  explicit LayerScale(Options options);
  explicit LayerScale(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter gamma;
};

extern template class Layer<DyT>;
extern template class ShiftedDynamic<DynamicMap::erf>;
extern template class ShiftedDynamic<DynamicMap::isru>;
extern template class Layer<Derf>;
extern template class Layer<DyISRU>;
extern template class Layer<LayerScale>;

}  // namespace tare::nn
