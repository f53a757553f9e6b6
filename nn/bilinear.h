// Bilinear: y_o = x1^T weight_o x2 + bias_o.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct BilinearOptions {
  int64_t in1_features = 0;
  int64_t in2_features = 0;
  int64_t out_features = 0;
  bool bias = true;
  void visit(Visitor& v);
};

/// x1 (*, in1_features), x2 (*, in2_features) -> (*, out_features). weight (out_features, in1_features, in2_features), bias (out_features), from U(-k, k) with
/// k = 1 / sqrt(in1_features).
class Bilinear : public Layer<Bilinear> {
 public:
  static constexpr std::string_view type = "Bilinear";
  using Options = BilinearOptions;
  explicit Bilinear(Options options);
  Bilinear(int64_t in1_features, int64_t in2_features, int64_t out_features);
  Tensor forward(const Tensor& x1, const Tensor& x2);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<Bilinear>;

}  // namespace tare::nn
