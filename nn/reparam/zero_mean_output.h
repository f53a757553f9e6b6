// ZeroMeanOutput: the weight or bias of a layer whose outputs are to sum to 0, of Pre-RMSNorm and Pre-CRMSNorm Transformers (Jiang et al., 2023,
// arXiv:2305.14858).
//
//     weight = weight_orig - mean of weight_orig over axis 0, the outputs
//
// On weight and bias of a linear layer it is the layer with the mean of its output removed. The gradient passes through the centring, so that training goes as
// it would with the mean removed behind the layer. Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

class ZeroMeanOutput : public Reparam<ZeroMeanOutput, RawWeight> {
 public:
  static constexpr std::string_view type = "ZeroMeanOutput";
  Tensor weight() override;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

extern template class Reparam<ZeroMeanOutput, RawWeight>;

}  // namespace tare::nn
