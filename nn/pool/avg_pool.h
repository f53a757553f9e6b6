// Average and power-average pooling.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct AvgPoolOptions {
  Sizes kernel_size{};
  Sizes stride{};    ///< not given: kernel_size
  Sizes padding{0};  ///< at most half the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;                   ///< padding counts as zeros; otherwise only what lies inside is averaged
  std::optional<int64_t> divisor_override{};       ///< divides every sum instead of the window's size
  void visit(Visitor& v);
};

/// AvgPool1d, 2d, 3d: pools the last 1, 2, 3 axes of (N, C, *) or (C, *).
template <int D>
class AvgPoolNd : public Layer<AvgPoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "AvgPool1d" : D == 2 ? "AvgPool2d" : "AvgPool3d";
  using Options = AvgPoolOptions;
  explicit AvgPoolNd(Options options);
  explicit AvgPoolNd(Sizes kernel_size);
  Tensor forward(const Tensor& x);

  Options options;
};
using AvgPool1d = AvgPoolNd<1>;
using AvgPool2d = AvgPoolNd<2>;
using AvgPool3d = AvgPoolNd<3>;

struct LPPoolOptions {
  double norm_type = 2;  ///< p
  Sizes kernel_size{};
  Sizes stride{};  ///< not given: kernel_size
  bool ceil_mode = false;
  void visit(Visitor& v);
};

/// LPPool1d, 2d, 3d: (sum of x^p over the window)^(1/p). p = 1 is sum pooling, p to infinity max pooling.
template <int D>
class LPPoolNd : public Layer<LPPoolNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "LPPool1d" : D == 2 ? "LPPool2d" : "LPPool3d";
  using Options = LPPoolOptions;
  explicit LPPoolNd(Options options);
  LPPoolNd(double norm_type, Sizes kernel_size);
  Tensor forward(const Tensor& x);

  Options options;
};
using LPPool1d = LPPoolNd<1>;
using LPPool2d = LPPoolNd<2>;
using LPPool3d = LPPoolNd<3>;

extern template class AvgPoolNd<1>;
extern template class AvgPoolNd<2>;
extern template class AvgPoolNd<3>;
extern template class LPPoolNd<1>;
extern template class LPPoolNd<2>;
extern template class LPPoolNd<3>;
extern template class Layer<AvgPool1d>;
extern template class Layer<AvgPool2d>;
extern template class Layer<AvgPool3d>;
extern template class Layer<LPPool1d>;
extern template class Layer<LPPool2d>;
extern template class Layer<LPPool3d>;

}  // namespace tare::nn
