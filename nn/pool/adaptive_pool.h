// Adaptive pooling: whatever the input's size, the output has the size asked for. Window i of n over m inputs is [floor(i m / n), ceil((i + 1) m / n)).
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct AdaptiveAvgPoolOptions {
  Sizes output_size{};  ///< null in a list: the input's size
  void visit(Visitor& v);
};

/// AdaptiveAvgPool1d, 2d, 3d over the last axes of (N, C, *) or (C, *). output_size 1 is global average pooling.
template <int D>
class AdaptiveAvgPoolNd : public Layer<AdaptiveAvgPoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "AdaptiveAvgPool1d" : D == 2 ? "AdaptiveAvgPool2d" : "AdaptiveAvgPool3d";
  using Options = AdaptiveAvgPoolOptions;
  explicit AdaptiveAvgPoolNd(Options options);
  explicit AdaptiveAvgPoolNd(Sizes output_size);
  Tensor forward(const Tensor& x);

  Options options;
};
using AdaptiveAvgPool1d = AdaptiveAvgPoolNd<1>;
using AdaptiveAvgPool2d = AdaptiveAvgPoolNd<2>;
using AdaptiveAvgPool3d = AdaptiveAvgPoolNd<3>;

struct AdaptiveMaxPoolOptions {
  Sizes output_size{};
  bool return_indices = false;  ///< the generic call also returns where each maximum was
  void visit(Visitor& v);
};

template <int D>
class AdaptiveMaxPoolNd : public Layer<AdaptiveMaxPoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "AdaptiveMaxPool1d" : D == 2 ? "AdaptiveMaxPool2d" : "AdaptiveMaxPool3d";
  using Options = AdaptiveMaxPoolOptions;
  explicit AdaptiveMaxPoolNd(Options options);
  explicit AdaptiveMaxPoolNd(Sizes output_size);
  Tensor forward(const Tensor& x);
  Tensors call(std::span<const Tensor> inputs, const Json* extras = nullptr) override;

  Options options;
};
using AdaptiveMaxPool1d = AdaptiveMaxPoolNd<1>;
using AdaptiveMaxPool2d = AdaptiveMaxPoolNd<2>;
using AdaptiveMaxPool3d = AdaptiveMaxPoolNd<3>;

extern template class AdaptiveAvgPoolNd<1>;
extern template class AdaptiveAvgPoolNd<2>;
extern template class AdaptiveAvgPoolNd<3>;
extern template class AdaptiveMaxPoolNd<1>;
extern template class AdaptiveMaxPoolNd<2>;
extern template class AdaptiveMaxPoolNd<3>;
extern template class Layer<AdaptiveAvgPool1d>;
extern template class Layer<AdaptiveAvgPool2d>;
extern template class Layer<AdaptiveAvgPool3d>;
extern template class Layer<AdaptiveMaxPool1d>;
extern template class Layer<AdaptiveMaxPool2d>;
extern template class Layer<AdaptiveMaxPool3d>;

}  // namespace tare::nn
