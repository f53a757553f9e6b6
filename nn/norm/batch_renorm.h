// Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models (Ioffe, 2017, arXiv:1702.03275).
//
//     s = sqrt(var + eps),   r = clip(s / running_std, 1 / rmax, rmax),   d = clip((mean - running_mean) / running_std, -dmax, dmax)
//     y = ((x - mean) / s r + d) weight + bias
//
// mean and biased var of the batch, through which the gradient flows; r and d are detached and come from the buffers as they were before the
// step. Then running_mean and running_std take in mean and s (biased, eps inside). Evaluation: (x - running_mean) / running_std, eps is not added
// again. While nothing is clipped training and evaluation give the same outputs; rmax = 1 with dmax = 0 is batch norm.
// warmup "paper" (its section 4) lets rmax grow from 1 over the steps 5000 to 40000 and dmax from 0 over the steps 5000 to 25000.
#pragma once

#include "nn/layer.h"
#include "nn/norm/channels.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {

struct BatchRenormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  double momentum = 0.01;    ///< weight of the new value
  double rmax = 3;           ///< at least 1
  double dmax = 5;           ///< at least 0
  enum class Warmup { none, paper } warmup = Warmup::none;
  void visit(Visitor& v);
};

/// BatchRenorm1d takes (N, C) or (N, C, L), BatchRenorm2d (N, C, H, W). weight (C) from 1, bias (C) from 0; buffers running_mean (0), running_std
/// (1), num_batches_tracked. Throws ValueError in training when a batch has one value per channel.
template <int D>
class BatchRenormNd : public Layer<BatchRenormNd<D>>, public Affine {
 public:
  static constexpr std::string_view type = D == 1 ? "BatchRenorm1d" : "BatchRenorm2d";
  using Options = BatchRenormOptions;
  explicit BatchRenormNd(Options options);
  explicit BatchRenormNd(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer running_mean, running_std, num_batches_tracked;
};
using BatchRenorm1d = BatchRenormNd<1>;
using BatchRenorm2d = BatchRenormNd<2>;

extern template class BatchRenormNd<1>;
extern template class BatchRenormNd<2>;
extern template class Layer<BatchRenorm1d>;
extern template class Layer<BatchRenorm2d>;

}  // namespace tare::nn
