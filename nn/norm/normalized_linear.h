// Linear maps that normalise their weights' rows.
//
// CosineLinear (Luo et al., Cosine Normalization, 2017, arXiv:1702.05870; Gidaris and Komodakis, 2018, arXiv:1804.09458):
//     y_i = scale (x / ||x||) . (w_i / ||w_i||)
// NormPropLinear (Arpit et al., Normalization Propagation, 2016, arXiv:1603.01431): with a rectifier whose output is brought back to mean 0 and
// variance 1 for x from N(0, I), by the moments of a rectified normal number, 1 / sqrt(2 pi) and (1 - 1/pi) / 2:
//     o_i = gamma_i x . w_i / ||w_i|| + bias_i,   y = (relu(o) - 1 / sqrt(2 pi)) / sqrt((1 - 1/pi) / 2);   gamma starts at 1 / 1.21
//
// No statistics of data; training and evaluation are the same. Lengths count as 1e-12 at least.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct CosineLinearOptions {
  int64_t in_features = 0;   ///< at least 1
  int64_t out_features = 0;  ///< at least 1
  double scale = 1;
  bool learn_scale = false;  ///< a parameter scale (1) that starts there
  void visit(Visitor& v);
};
/// x (*, in_features) -> (*, out_features). weight (out_features, in_features) as Linear's.
class CosineLinear : public Layer<CosineLinear> {
 public:
  static constexpr std::string_view type = "CosineLinear";
  using Options = CosineLinearOptions;
  explicit CosineLinear(Options options);
  CosineLinear(int64_t in_features, int64_t out_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, scale;
};

struct NormPropLinearOptions {
  int64_t in_features = 0;   ///< at least 1
  int64_t out_features = 0;  ///< at least 1
  void visit(Visitor& v);
};
/// x (*, in_features) -> (*, out_features). weight (out_features, in_features) as Linear's, gamma (out_features), bias (out_features) from 0.
class NormPropLinear : public Layer<NormPropLinear> {
 public:
  static constexpr std::string_view type = "NormPropLinear";
  using Options = NormPropLinearOptions;
  explicit NormPropLinear(Options options);
  NormPropLinear(int64_t in_features, int64_t out_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, gamma, bias;
};

extern template class Layer<CosineLinear>;
extern template class Layer<NormPropLinear>;

}  // namespace tare::nn
