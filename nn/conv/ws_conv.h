// WSConv2d, WSLinear: Conv2d and Linear whose filters are standardized and scaled (Brock, De and Smith 2021, arXiv:2101.08692): the layers of nets without
// normalization. The same as ScaledWeightStandardization on the weight, with the authors' names in the state: weight, gain (1), bias (0).
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

struct WSConv2dOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Sizes kernel_size{};
  Sizes stride = 1;
  Sizes padding = 0;
  int64_t groups = 1;
  bool bias = true;
  double eps = 1e-4;   ///< floor of a filter's sum of squares
  double gamma = 1.0;  ///< the constant of the activation before it, unless the activation is scaled itself
  void visit(Visitor& v);
};

class WSConv2d : public Layer<WSConv2d> {
 public:
  static constexpr std::string_view type = "WSConv2d";
  using Options = WSConv2dOptions;
  explicit WSConv2d(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, gain, bias;

 private:
  Shape stride_, padding_;
};

struct WSLinearOptions {
  int64_t in_features = 0;
  int64_t out_features = 0;
  bool bias = true;
  double eps = 1e-4;
  double gamma = 1.0;
  void visit(Visitor& v);
};

class WSLinear : public Layer<WSLinear> {
 public:
  static constexpr std::string_view type = "WSLinear";
  using Options = WSLinearOptions;
  explicit WSLinear(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, gain, bias;
};

extern template class Layer<WSConv2d>;
extern template class Layer<WSLinear>;

}  // namespace tare::nn
