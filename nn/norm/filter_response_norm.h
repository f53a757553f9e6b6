// Filter Response Normalization with the thresholded linear unit (Singh and Krishnan, 2019, arXiv:1911.09737).
//
//     nu = mean over the positions of x^2 for each sample and channel,   y = max(weight x / sqrt(nu + eps) + bias, tau)
//
// No mean is removed and no batch is looked at: training and evaluation are the same. Gradients flow through nu. With learnable_eps, for maps of
// one position where x / sqrt(x^2) would be a sign, eps grows by |eps_l|, a trained number that starts at 1e-4.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct FilterResponseNormOptions {
  int64_t num_features = 0;    ///< C, at least 1
  double eps = 1e-6;           ///< inside the root
  bool learnable_eps = false;  ///< eps + |eps_l|
  void visit(Visitor& v);
};

/// x (N, C, H, W), or any number of spatial axes -> the same shape. weight (C) from 1, bias (C) and tau (C) from 0, eps_l (1).
class FilterResponseNorm : public Layer<FilterResponseNorm>, public Affine {
 public:
  static constexpr std::string_view type = "FilterResponseNorm";
  using Options = FilterResponseNormOptions;
  explicit FilterResponseNorm(Options options);
  explicit FilterResponseNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter tau, eps_l;
};

extern template class Layer<FilterResponseNorm>;

}  // namespace tare::nn
