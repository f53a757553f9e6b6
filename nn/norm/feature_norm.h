// Feature normalization, of Normalization Is All You Need: Understanding Layer-Normalized Federated Learning under Extreme Label Shift
// (Zhang et al., 2023, arXiv:2308.09565).
//
//     y = h / max(||h||_2, eps), times sqrt(d) with scale_sqrt_dim; the norm of each sample over all its d numbers
//
// Stands after the last activation, before the classifier. Gradients flow through the norm: they are orthogonal to h. A sample shorter than eps (dead
// features) is divided by the constant eps, and so is its gradient. No mean, no parameters, no state.
//
// fedavg is the server's step of McMahan et al. (2017, arXiv:1602.05629): the average of the clients' parameters, weighted by their sample counts.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct FeatureNormOptions {
  bool scale_sqrt_dim = false;  ///< length sqrt(d) instead of 1
  double eps = 1e-12;           ///< the least norm that is divided by
  void visit(Visitor& v);
};

/// h (N, ...) -> the same shape.
class FeatureNorm : public Layer<FeatureNorm> {
 public:
  static constexpr std::string_view type = "FeatureNorm";
  using Options = FeatureNormOptions;
  explicit FeatureNorm(Options options = {});
  Tensor forward(const Tensor& h);

  Options options;
};

/// params (clients, P), counts (clients) -> sum_k counts_k / sum(counts) params_k, (P). Throws ValueError for negative counts or when all are 0.
Tensor fedavg(const Tensor& params, const Tensor& counts);

extern template class Layer<FeatureNorm>;

}  // namespace tare::nn
