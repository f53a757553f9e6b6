// Linear: y = x weight^T + bias.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct LinearOptions {
  int64_t in_features = 0;   ///< at least 1
  int64_t out_features = 0;  ///< at least 1
  bool bias = true;
  void visit(Visitor& v);
};

/// x (*, in_features) -> (*, out_features). weight (out_features, in_features), bias (out_features), both from
/// U(-1/sqrt(in_features), 1/sqrt(in_features)).
class Linear : public Layer<Linear> {
 public:
  static constexpr std::string_view type = "Linear";
  using Options = LinearOptions;
  explicit Linear(Options options);
  Linear(int64_t in_features, int64_t out_features);
  Tensor forward(const Tensor& x);
  /// relu(forward(x)) in one pass: what Sequential calls for such a pair.
  Tensor forward_relu(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;

 private:
  Tensor product(const Tensor& x, bool relu);
};

extern template class Layer<Linear>;

}  // namespace tare::nn
