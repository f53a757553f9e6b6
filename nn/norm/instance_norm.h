// Instance Normalization: The Missing Ingredient for Fast Stylization (Ulyanov, Vedaldi and Lempitsky, 2016, arXiv:1607.08022).
//
//     y = weight_c (x - mean_nc) / sqrt(var_nc + eps) + bias_c,   mean and biased variance of channel c of sample n over its positions
//
// Without running statistics training and evaluation are the same. With them training still normalises by the instance; the buffers take in
// the averages over the batch of the instances' means and UNBIASED variances, off the tape, and evaluation uses them.
#pragma once

#include "nn/layer.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct InstanceNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  bool affine = false;                    ///< weight and bias
  bool track_running_stats = false;
  void visit(Visitor& v);
};

/// InstanceNorm1d takes (N, C, L), InstanceNorm2d (N, C, H, W), InstanceNorm3d (N, C, D, H, W), or the same without N. weight (C) starts
/// at 1, bias at 0. Throws ValueError where a channel has one position.
template <int D>
class InstanceNormNd : public Layer<InstanceNormNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "InstanceNorm1d" : D == 2 ? "InstanceNorm2d" : "InstanceNorm3d";
  using Options = InstanceNormOptions;
  explicit InstanceNormNd(Options options);
  explicit InstanceNormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
  RunningStatistics running;
};
using InstanceNorm1d = InstanceNormNd<1>;
using InstanceNorm2d = InstanceNormNd<2>;
using InstanceNorm3d = InstanceNormNd<3>;

extern template class InstanceNormNd<1>;
extern template class InstanceNormNd<2>;
extern template class InstanceNormNd<3>;
extern template class Layer<InstanceNorm1d>;
extern template class Layer<InstanceNorm2d>;
extern template class Layer<InstanceNorm3d>;

}  // namespace tare::nn
