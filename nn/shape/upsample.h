// Upsample: signals, images and volumes in another size.
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct UpsampleOptions {
  Sizes size{};                         ///< either this or scale_factor
  std::vector<double> scale_factor{};   ///< one number, or one for each spatial axis
  std::string mode = "nearest";         ///< nearest, nearest-exact, linear, bilinear, bicubic, trilinear
  std::optional<bool> align_corners{};  ///< corner pixels keep their centres
  std::optional<bool> recompute_scale_factor{};
  void visit(Visitor& v);
};

/// x (N, C, *space) -> (N, C, *size).
class Upsample : public Layer<Upsample> {
 public:
  static constexpr std::string_view type = "Upsample";
  using Options = UpsampleOptions;
  explicit Upsample(Options options);
  explicit Upsample(double scale_factor);
  Tensor forward(const Tensor& x);

  Options options;
};

struct Upsampling2dOptions {
  Sizes size{};
  std::vector<double> scale_factor{};
  void visit(Visitor& v);
};

/// Upsample of mode nearest.
class UpsamplingNearest2d : public Layer<UpsamplingNearest2d> {
 public:
  static constexpr std::string_view type = "UpsamplingNearest2d";
  using Options = Upsampling2dOptions;
  explicit UpsamplingNearest2d(Options options);
  Tensor forward(const Tensor& x);

  Options options;
};

/// Upsample of mode bilinear with aligned corners.
class UpsamplingBilinear2d : public Layer<UpsamplingBilinear2d> {
 public:
  static constexpr std::string_view type = "UpsamplingBilinear2d";
  using Options = Upsampling2dOptions;
  explicit UpsamplingBilinear2d(Options options);
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<Upsample>;
extern template class Layer<UpsamplingNearest2d>;
extern template class Layer<UpsamplingBilinear2d>;

}  // namespace tare::nn
