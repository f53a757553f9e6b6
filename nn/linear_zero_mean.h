// Linear layer whose outputs sum to 0, of Pre-RMSNorm and Pre-CRMSNorm Transformers (Jiang et al., 2023, arXiv:2305.14858).
//
//     y = x (W - mean of W over its rows)^T + (b - mean b)
//
// It is Linear followed by removing the mean of y; the gradient passes through the centring, so that training goes as it would with the mean removed behind it.
#pragma once

#include "nn/linear.h"

namespace tare::nn {

/// Options, shapes and start as in Linear.
class LinearZeroMeanOutput : public Layer<LinearZeroMeanOutput> {
 public:
  static constexpr std::string_view type = "LinearZeroMeanOutput";
  using Options = LinearOptions;
  explicit LinearZeroMeanOutput(Options options);
  LinearZeroMeanOutput(int64_t in_features, int64_t out_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<LinearZeroMeanOutput>;

}  // namespace tare::nn
