// Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift (Ioffe and Szegedy, 2015,
// arXiv:1502.03167).
//
//     y = weight_c (x - mean_c) / sqrt(var_c + eps) + bias_c,   mean and biased variance of channel c over the batch and all positions
//
// Training normalises by the batch, and the gradient flows through its statistics; the running averages (of the mean and of the UNBIASED
// variance) are off the tape and serve in evaluation. momentum is the weight of the NEW value; null averages all batches equally.
// Without running statistics evaluation uses the batch too. The paper averages at the end of training; the moving average is PyTorch's.
#pragma once

#include "nn/layer.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct BatchNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  bool affine = true;                     ///< weight and bias
  bool track_running_stats = true;
  void visit(Visitor& v);
};

/// BatchNorm1d takes (N, C) or (N, C, L), BatchNorm2d (N, C, H, W), BatchNorm3d (N, C, D, H, W). weight (C) starts at 1, bias at 0.
/// Throws ValueError in training when a batch has one value per channel.
template <int D>
class BatchNormNd : public Layer<BatchNormNd<D>> {
 public:
  static constexpr std::string_view type = D == 1 ? "BatchNorm1d" : D == 2 ? "BatchNorm2d" : "BatchNorm3d";
  using Options = BatchNormOptions;
  explicit BatchNormNd(Options options);
  explicit BatchNormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  /// relu(forward(x)) in one pass: what Sequential calls for such a pair.
  Tensor forward_relu(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
  RunningStatistics running;

 private:
  Tensor normalised(const Tensor& x, bool relu);
};
using BatchNorm1d = BatchNormNd<1>;
using BatchNorm2d = BatchNormNd<2>;
using BatchNorm3d = BatchNormNd<3>;

extern template class BatchNormNd<1>;
extern template class BatchNormNd<2>;
extern template class BatchNormNd<3>;
extern template class Layer<BatchNorm1d>;
extern template class Layer<BatchNorm2d>;
extern template class Layer<BatchNorm3d>;

}  // namespace tare::nn
